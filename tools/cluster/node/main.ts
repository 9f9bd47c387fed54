// npm run test:node: a tenant's overlay on a real node of this machine, and what it keeps when things break.
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { root } from "../../root.ts";
import { main, say, ToolError } from "../../say.ts";
import { closingLine, type Counts, exitCode, nothing } from "../../test/counts.ts";
import { readResults } from "../../test/results.ts";
import { whyNoEnclosure } from "../enclosure.ts";
import { type Hierarchies, thisMachinesHierarchies, tryCgroup } from "./cgroups.ts";
import { type Options, parseOptions } from "./options.ts";
import { findKit, type Kit, runOnNode } from "./run.ts";

/** What this machine can't do is said and counted as skipped; everything else that goes wrong has failed. */
async function whyNot(): Promise<string | Hierarchies> {
  const why = await whyNoEnclosure();
  if (why !== undefined) return why;
  try {
    const hierarchies = thisMachinesHierarchies();
    tryCgroup(hierarchies);
    return hierarchies;
  } catch (error) {
    if (error instanceof ToolError) return error.message;
    throw error;
  }
}

async function kitOrWhyNot(): Promise<string | Kit> {
  try {
    return await findKit();
  } catch (error) {
    if (error instanceof ToolError) return error.message;
    throw error;
  }
}

/** vitest in the enclosure; its report outlives it in a folder of ours. */
async function test(kit: Kit, hierarchies: Hierarchies, options: Options): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-node-report-"));
  const report = join(folder, "report.json");
  const vitest = [
    process.execPath,
    join(root, "node_modules", "vitest", "vitest.mjs"),
    "run",
    "--config=test/node/vitest.config.ts",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...options.words,
  ];
  try {
    const { code, left } = await runOnNode(kit, hierarchies, { ...options, command: vitest });
    for (const path of left) console.log(`FAILED left behind by the node: ${path}`);
    const counts = readResults(report, code);
    return { ...counts, failed: counts.failed + left.length };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await main(async () => {
  const options = parseOptions(process.argv.slice(2));
  const hierarchies = await whyNot();
  const kit = typeof hierarchies === "string" ? hierarchies : await kitOrWhyNot();
  if (typeof hierarchies === "string" || typeof kit === "string") {
    say(`no node can be started here, so nothing is tested on one: ${String(kit)}`);
    console.log(closingLine({ ...nothing, skipped: 1 }));
    return 0;
  }
  if (options.shell) {
    const shell = process.env["SHELL"] ?? "/bin/sh";
    return (await runOnNode(kit, hierarchies, { ...options, command: [shell] })).code;
  }
  if (options.engine === undefined) {
    say("no --policy-engine: packet filters are not tried here; the reachability proof stands in");
  }
  const counts = await test(kit, hierarchies, options);
  if (counts.skipped > 0) say("a skipped test counts as failed where a node can be started");
  const all = { ...counts, failed: counts.failed + counts.skipped, skipped: 0 };
  console.log(closingLine(all));
  return exitCode(all, all);
});
