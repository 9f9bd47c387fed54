import type { Counts } from "./counts.ts";

/** Where everything that a suite needs is there, a test that did not run has failed. */
export function noSkips(counts: Counts, say: (message: string) => void): Counts {
  if (counts.skipped === 0) return counts;
  say(`FAILED ${counts.skipped} tests were skipped, though nothing is missing here`);
  return { passed: counts.passed, failed: counts.failed + counts.skipped, skipped: 0 };
}
