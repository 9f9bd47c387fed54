// npm run test:cluster: the suites that need a control plane, beside some of their own or a brought one.
import { globSync } from "node:fs";
import { join } from "node:path";

import { findBinaries } from "../cluster/binaries.ts";
import { whyNoEnclosure } from "../cluster/enclosure.ts";
import { runEnclosed } from "../cluster/run-enclosed.ts";
import { findRedis } from "../redis/find.ts";
import { root } from "../root.ts";
import { main, say, ToolError } from "../say.ts";
import { closeAfter } from "./close.ts";
import { clusterFiles, CONFIG } from "./cluster-files.ts";
import { readClusterOptions } from "./cluster-options.ts";
import { type Counts, nothing } from "./counts.ts";
import { openLane } from "./lane.ts";
import { lanesFor, runInLanes } from "./lanes.ts";
import { inBlocks } from "./lanes-report.ts";
import { noSkips } from "./skips.ts";
import { runVitest } from "./vitest.ts";

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
  const { harness, logs, lanes, vitest, named } = readClusterOptions(process.argv.slice(2));
  const why = await whyNot();
  if (why !== undefined) return skipped(why);
  const binaries = await findBinaries();
  await findRedis();
  const files = lanes === 1 ? [] : await clusterFiles(vitest);
  const count = Math.min(files.length, lanes ?? lanesFor(files.length));
  const words = [...CONFIG, ...vitest];
  if (count > 1) return judged(await inLanes(files, count));
  const keep = logs === undefined ? [] : ["--logs", logs];
  const counts = await runVitest(words, (command, args, env) =>
    runEnclosed(binaries, [...harness, ...keep, command, ...args], { cwd: root, env }),
  );
  return judged(counts);

  function judged(all: Counts): Counts {
    return named ? all : noSkips(all, say);
  }

  async function inLanes(names: readonly string[], number: number): Promise<Counts> {
    say(`${names.length} files in ${number} lanes, each beside a control plane of its own`);
    const open = Array.from({ length: number }, (_, index) => {
      const lane = `lane ${index + 1}`;
      const kept = logs === undefined ? [] : ["--logs", join(logs, lane.replace(" ", "-"))];
      return openLane(
        (command, attach) =>
          runEnclosed(binaries, [...harness, ...kept, ...command], { cwd: root, attach }),
        words,
        (line) => say(`${lane}: ${line.replace(/^neurallog: /, "")}`),
      );
    });
    return await runInLanes(names, open, inBlocks(console.log, say));
  }
}

await main(() => closeAfter(run));
