import { LEVELS } from "../../../record/level.ts";
import type { LevelCounts } from "../questions.ts";

/** @param counts In the order of LEVELS, from `at` on. */
export function levelCounts(counts: ArrayLike<number>, at = 0): LevelCounts {
  const [TRACE = 0, DEBUG = 0, INFO = 0, WARN = 0, ERROR = 0, FATAL = 0] = LEVELS.map(
    (_, level) => counts[at + level] ?? 0,
  );
  return { TRACE, DEBUG, INFO, WARN, ERROR, FATAL };
}

export function sumOf(counts: ArrayLike<number>, at = 0): number {
  let sum = 0;
  for (let level = 0; level < LEVELS.length; level += 1) sum += counts[at + level] ?? 0;
  return sum;
}
