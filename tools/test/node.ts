// npm run test:node: a tenant's overlay on a real node of this machine, and what it keeps when things break.
import { globSync } from "node:fs";

import { findBinaries } from "../cluster/binaries.ts";
import { whyNoEnclosure } from "../cluster/enclosure.ts";
import { thisMachinesHierarchies, tryCgroup } from "../cluster/node/cgroups.ts";
import { type NodeOptions, parseNodeOptions } from "../cluster/node/options.ts";
import { findRuntime } from "../cluster/node/packages.ts";
import { findKit, runOnNode } from "../cluster/node/run.ts";
import { onPath, thisMachine } from "../machine.ts";
import { root } from "../root.ts";
import { main, say, ToolError } from "../say.ts";
import { closeAfter } from "./close.ts";
import { add, type Counts, nothing } from "./counts.ts";
import { noSkips } from "./skips.ts";
import { runVitest } from "./vitest.ts";

const CONFIG = "test/node/vitest.config.ts";

/** What this machine has not: namespaces, control groups, Go, or a container runtime and no way to get one. */
async function whyNot(): Promise<string | undefined> {
  const enclosure = await whyNoEnclosure();
  if (enclosure !== undefined) return enclosure;
  const machine = thisMachine();
  if (onPath("go", machine.path).length === 0) return "Go is not installed (https://go.dev/dl)";
  try {
    tryCgroup(thisMachinesHierarchies());
    await findRuntime(machine);
    return undefined;
  } catch (error) {
    if (error instanceof ToolError) return error.message;
    throw error;
  }
}

function skipped(why: string): Counts {
  const files = globSync("test/node/*.test.ts", { cwd: root }).length;
  say(`SKIPPED the suite on a node (${files} files): ${why}`);
  return { ...nothing, skipped: files };
}

async function run(options: NodeOptions): Promise<Counts> {
  const kit = await findKit(await findBinaries());
  const hierarchies = thisMachinesHierarchies();
  if (options.engine === undefined) {
    say("no --policy-engine: packet filters are not tried here; the reachability proof stands in");
  }
  let left: string[] = [];
  const counts = await runVitest(
    ["--config", CONFIG, ...options.words],
    async (command, args, env) => {
      const ended = await runOnNode(kit, hierarchies, {
        ...options,
        command: [command, ...args],
        env,
      });
      left = ended.left;
      return ended.code;
    },
  );
  for (const path of left) console.log(`FAILED left behind by the node: ${path}`);
  return noSkips(add(counts, { ...nothing, failed: left.length }), say);
}

await main(async () => {
  const options = parseNodeOptions(process.argv.slice(2));
  return await closeAfter(async () => {
    const why = await whyNot();
    return why === undefined ? await run(options) : skipped(why);
  });
});
