// What CI runs: every suite one after the other, and one line for all of them.
import { main } from "../say.ts";
import { closeWith } from "./close.ts";
import { exitCode } from "./counts.ts";
import { runSuites } from "./suites.ts";

await main(async () => {
  const all = await runSuites({
    test: "tools/test/run.ts",
    "test:cluster": "tools/test/cluster.ts",
    "test:node": "tools/test/node.ts",
  });
  closeWith(all);
  return exitCode(all, all);
});
