// npm run test:cluster: the suites that need a control plane, beside one of their own or a brought one.
import { globSync } from "node:fs";

import { findBinaries } from "../cluster/binaries.ts";
import { whyNoEnclosure } from "../cluster/enclosure.ts";
import { runEnclosed } from "../cluster/run-enclosed.ts";
import { findRedis } from "../redis/find.ts";
import { root } from "../root.ts";
import { main, say, ToolError } from "../say.ts";
import { closeAfter } from "./close.ts";
import { readClusterOptions } from "./cluster-options.ts";
import { type Counts, nothing } from "./counts.ts";
import { noSkips } from "./skips.ts";
import { runVitest } from "./vitest.ts";

const CONFIG = "test/cluster/vitest.config.ts";

/** Without them the suites are skipped, and said to be: they are what a machine has or has not. */
async function whyNot(): Promise<string | undefined> {
  const enclosure = await whyNoEnclosure();
  if (enclosure !== undefined) return enclosure;
  try {
    await findBinaries();
    return undefined;
  } catch (error) {
    // Go that is there and cannot build them is a failure, not a reason to skip.
    if (error instanceof ToolError && error.message.startsWith("Go is not installed")) {
      return error.message;
    }
    throw error;
  }
}

function skipped(why: string): Counts {
  const files = globSync("test/cluster/**/*.test.ts", { cwd: root }).length;
  say(`SKIPPED the suites beside a control plane (${files} files): ${why}`);
  return { ...nothing, skipped: files };
}

async function run(): Promise<Counts> {
  const { harness, vitest } = readClusterOptions(process.argv.slice(2));
  const why = await whyNot();
  if (why !== undefined) return skipped(why);
  const binaries = await findBinaries();
  await findRedis();
  const counts = await runVitest(["--config", CONFIG, ...vitest], (command, args, env) =>
    runEnclosed(binaries, [...harness, command, ...args], { cwd: root, env }),
  );
  return noSkips(counts, say);
}

await main(() => closeAfter(run));
