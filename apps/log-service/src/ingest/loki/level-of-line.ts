import { levelIndex } from "../../record/level.ts";

/** How much of a line is looked at: a level stands at its start, or in a field near it. */
const HEAD = 256;
const FIELD = /(?:^|[^a-z])(?:level|lvl|severity|loglevel)"?[ \t]?[=:][ \t]?"?([a-z]{3,13})/i;
const WORD =
  /(?:^|[^A-Za-z])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|FATAL|CRITICAL)(?![A-Za-z])/;
const BRACKETED =
  /[[(<](trace|debug|info|notice|warn|warning|error|err|fatal|crit|critical)[\])>]/i;

/**
 * The level that a line itself names, as its index in `LEVELS`; -1 for none. Agents that tail files
 * send none with the line, and readers colour and count by it.
 */
export function levelOfLine(line: string): number {
  const head = line.length > HEAD ? line.slice(0, HEAD) : line;
  const field = FIELD.exec(head)?.[1];
  const named = field === undefined ? -1 : levelIndex(field);
  if (named >= 0) return named;
  return levelIndex(WORD.exec(head)?.[1] ?? BRACKETED.exec(head)?.[1]);
}
