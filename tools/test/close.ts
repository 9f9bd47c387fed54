import { readFileSync, writeFileSync } from "node:fs";

import { say, ToolError } from "../say.ts";
import { closingLine, type Counts, exitCode, nothing } from "./counts.ts";

/** Names the file that a suite's counts go to when it is one of several. */
export const COUNTS_FILE = "NEURALLOG_TEST_COUNTS";

/** Ends a run with its line; as one of several suites it tells who sums them up, and prints none. */
export function closeWith(counts: Counts): void {
  const file = process.env[COUNTS_FILE];
  if (file === undefined) console.log(closingLine(counts));
  else writeFileSync(file, JSON.stringify(counts));
}

/**
 * Runs a suite that a machine may not be able to: what is missing fails it with its advice, and skipping it is no failure.
 * @returns the exit code
 */
export async function closeAfter(run: () => Promise<Counts>): Promise<number> {
  let counts: Counts;
  try {
    counts = await run();
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    say(error.message);
    counts = { ...nothing, failed: 1 };
  }
  closeWith(counts);
  return counts.skipped > 0 && counts.failed === 0 ? 0 : exitCode(counts, counts);
}

/** What a suite told; one failure where it ended before it could. */
export function toldIn(file: string): Counts {
  try {
    const { passed, failed, skipped }: Counts = JSON.parse(readFileSync(file, "utf8"));
    return { passed, failed, skipped };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
