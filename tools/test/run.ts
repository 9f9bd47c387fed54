// npm test: gets what the tests need, checks the sources, runs the tests, and closes with one line
// that says how many passed. With arguments (npm test -- redis) they go to vitest, checks apart.
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { checks, runChecks } from "../check/checks.ts";
import { runInForeground } from "../foreground.ts";
import { findTool } from "../manifests/find.ts";
import { findRedis } from "../redis/find.ts";
import { root } from "../root.ts";
import { main, say, ToolError } from "../say.ts";
import { add, closingLine, exitCode, nothing, type Counts } from "./counts.ts";
import { endLeftovers } from "./leftovers.ts";
import { readResults } from "./results.ts";

async function getTools(): Promise<void> {
  const redis = await findRedis();
  say(`Redis ${redis.version}: ${redis.path}`);
  for (const tool of ["kustomize", "kubeconform"] as const) {
    say(`${tool}: ${await findTool(tool)}`);
  }
}

async function runVitest(args: string[]): Promise<Counts> {
  // All of the tests' temporary files, so that whatever a killed test leaves goes with the run.
  const folder = mkdtempSync(join(tmpdir(), "neurallog-test-"));
  const report = join(folder, "report.json");
  // Every process that a test starts inherits the mark, by which the ones left over are found.
  const mark = `NEURALLOG_TEST_RUN=${process.pid}-${Date.now()}`;
  const [name = "", value] = mark.split("=");
  try {
    const code = await runInForeground(
      process.execPath,
      [
        join(root, "node_modules", "vitest", "vitest.mjs"),
        "run",
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${report}`,
        ...args,
      ],
      { cwd: root, env: { ...process.env, TMPDIR: folder, [name]: value } },
    );
    const left = await endLeftovers(mark);
    for (const line of left) console.log(`FAILED left running after the tests: ${line}`);
    return add(readResults(report, code), { ...nothing, failed: left.length });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function check(): Promise<Counts> {
  const failed = await runChecks(console.log);
  return { ...nothing, passed: checks.length - failed, failed };
}

async function test(args: string[]): Promise<Counts> {
  try {
    await getTools();
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    say(error.message);
    return { ...nothing, failed: 1 };
  }
  return await runVitest(args);
}

await main(async () => {
  const args = process.argv.slice(2);
  const checked = args.length === 0 ? await check() : nothing;
  const tested = await test(args);
  const counts = add(checked, tested);
  console.log(closingLine(counts));
  return exitCode(tested, counts);
});
