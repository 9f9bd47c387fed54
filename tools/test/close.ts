import { readFileSync, writeFileSync } from "node:fs";

import { closingLine, type Counts } from "./counts.ts";

/** Names the file that a suite's counts go to when it is one of several. */
export const COUNTS_FILE = "NEURALLOG_TEST_COUNTS";

/** Ends a run with its line; as one of several suites it tells who sums them up, and prints none. */
export function closeWith(counts: Counts): void {
  const file = process.env[COUNTS_FILE];
  if (file === undefined) console.log(closingLine(counts));
  else writeFileSync(file, JSON.stringify(counts));
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
