import { chmodSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { root } from "../root.ts";
import { add, nothing, type Counts } from "./counts.ts";
import { endLeftovers } from "./leftovers.ts";
import { readResults } from "./results.ts";

/** Runs a command in the foreground; returns its exit code. */
export type Run = (
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
) => Promise<number>;

/**
 * Runs vitest with these arguments, and counts its tests and what it left running.
 * @param tell gets a line for each process that was left
 */
export async function runVitest(
  args: readonly string[],
  run: Run,
  tell: (line: string) => void = console.log,
): Promise<Counts> {
  // All of the tests' temporary files, so that whatever a killed test leaves goes with the run.
  const folder = mkdtempSync(join(tmpdir(), "neurallog-test-"));
  // Where we are root, PostgreSQL runs as another account, and its data folder lies in here.
  chmodSync(folder, 0o711);
  const report = join(folder, "report.json");
  // Every process that a test starts inherits the mark, by which the ones left over are found.
  const mark = `NEURALLOG_TEST_RUN=${process.pid}-${Date.now()}`;
  const [name = "", value] = mark.split("=");
  try {
    const code = await run(
      process.execPath,
      [
        join(root, "node_modules", "vitest", "vitest.mjs"),
        "run",
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${report}`,
        ...args,
      ],
      { ...process.env, TMPDIR: folder, [name]: value },
    );
    const left = await endLeftovers(mark);
    for (const line of left) tell(`FAILED left running after the tests: ${line}`);
    return add(readResults(report, code), { ...nothing, failed: left.length });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
