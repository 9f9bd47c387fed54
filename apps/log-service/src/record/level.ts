/** Levels in order of severity; a level's index is what blocks store. */
export const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] as const;

export type Level = (typeof LEVELS)[number];

export const LEVEL_OF_SILENCE = 2; // INFO: what a record without a level gets

const NAMES: ReadonlyMap<string, number> = new Map(
  [
    ["TRACE", "VERBOSE"],
    ["DEBUG"],
    ["INFO", "INFORMATION", "INFORMATIONAL", "NOTICE"],
    ["WARN", "WARNING"],
    ["ERROR", "ERR", "SEVERE"],
    ["FATAL", "CRITICAL", "CRIT", "ALERT", "EMERG", "EMERGENCY", "PANIC"],
  ].flatMap((names, index) =>
    names.flatMap((name): [string, number][] => [
      [name, index],
      [name.toLowerCase(), index],
    ]),
  ),
);

/** Syslog severities 0-7, and the numbers of bunyan and pino; the two ranges do not meet. */
const NUMBERS: ReadonlyMap<number, number> = new Map([
  [0, 5],
  [1, 5],
  [2, 5],
  [3, 4],
  [4, 3],
  [5, 2],
  [6, 2],
  [7, 1],
  [10, 0],
  [20, 1],
  [30, 2],
  [40, 3],
  [50, 4],
  [60, 5],
]);

const LONGEST_NAME = 16;

/** The index in `LEVELS` that a name (any case) or number means; -1 if none. */
export function levelIndex(value: unknown): number {
  if (typeof value === "string") {
    const known = NAMES.get(value);
    if (known !== undefined) return known;
    if (value.length > LONGEST_NAME) return -1;
    return NAMES.get(value.trim().toUpperCase()) ?? -1;
  }
  return typeof value === "number" ? (NUMBERS.get(value) ?? -1) : -1;
}

/** @param index 0 to 5, as stored. */
export function levelName(index: number): Level {
  const name = LEVELS[index];
  if (name === undefined) throw new RangeError(`no level has the index ${index}`);
  return name;
}
