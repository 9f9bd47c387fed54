// What CI runs: every suite one after the other, also after one has failed, and one line for all of them.
import { existsSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { runInForeground } from "../foreground.ts";
import { root } from "../root.ts";
import { main, say } from "../say.ts";
import { closeWith, COUNTS_FILE, toldIn } from "./close.ts";
import { add, type Counts, exitCode, nothing } from "./counts.ts";

/** npm's name of each suite, and its entry. */
const SUITES = {
  test: "tools/test/run.ts",
  "test:cluster": "tools/test/cluster.ts",
  "test:node": "tools/test/node.ts",
};

async function runSuite(name: string, entry: string, folder: string): Promise<Counts> {
  const file = join(folder, `${name.replace(":", "-")}.json`);
  const started = Date.now();
  say(`npm run ${name} ...`);
  const code = await runInForeground(process.execPath, [join(root, entry)], {
    cwd: root,
    env: { ...process.env, [COUNTS_FILE]: file },
  });
  const counts = toldIn(file);
  const minutes = ((Date.now() - started) / 60_000).toFixed(1);
  say(`npm run ${name}: exit code ${code} after ${minutes} minutes`);
  // Whatever made it end with an error counts, though it told of none.
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

await main(async () => {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-ci-"));
  try {
    let all = nothing;
    for (const [name, entry] of Object.entries(SUITES)) {
      if (existsSync(join(root, entry))) all = add(all, await runSuite(name, entry, folder));
    }
    closeWith(all);
    return exitCode(all, all);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
