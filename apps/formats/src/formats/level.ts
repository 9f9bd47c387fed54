import { LEVELS, type Level } from "@neurallog/client";

export type { Level };

const words: Record<Level, string> = {
  TRACE: "trace trc finest finer verbose trace1 trace2 trace3 trace4 trace5 trace6 trace7 trace8",
  DEBUG: "debug dbg fine",
  INFO: "info inf information informational notice note config",
  WARN: "warn warning wrn",
  ERROR: "error err severe",
  FATAL: "fatal ftl critical crit alert emerg emergency panic dpanic failure",
};
const byWord = new Map(
  LEVELS.flatMap((level) => words[level].split(" ").map((word) => [word, level] as const)),
);

/** The level that a word means in any common logging library; undefined for a word that means none. */
export function levelOf(word: string): Level | undefined {
  return byWord.get(word.toLowerCase());
}

/** Syslog's severities 0 to 7. */
const severities = ["FATAL", "FATAL", "FATAL", "ERROR", "WARN", "INFO", "INFO", "DEBUG"] as const;

export function levelOfSeverity(severity: number): Level | undefined {
  return severities[severity];
}

// pino and bunyan write 10 to 60, winston and syslog-like libraries write 0 to 7.
export function levelOfNumber(value: number): Level | undefined {
  if (Number.isInteger(value) && value >= 0 && value <= 7) return severities[value];
  if (value >= 10 && value <= 69) return LEVELS[Math.floor(value / 10) - 1];
  return undefined;
}

/** `[warn] text`, `<Error> text`, `ERROR: text`, `WARN text`, at the start of a text. */
const leading =
  /^(?:\[ ?([A-Za-z]{3,13}) ?\]:?|<([A-Za-z]{3,13})>:?|([A-Za-z]{3,13}):|([A-Z]{3,13}))(?=\s|$)\s*-?\s*/;

/** A level that stands at the start of a text, and what follows it. A word in a sentence is no level. */
export function leadingLevel(
  text: string,
): { word: string; level: Level; rest: string } | undefined {
  const match = leading.exec(text);
  if (match === null) return undefined;
  const word = match[1] ?? match[2] ?? match[3] ?? match[4] ?? "";
  const level = levelOf(word);
  return level === undefined ? undefined : { word, level, rest: text.slice(match[0].length) };
}
