import { skipBlank } from "./split-array.ts";

const LINE_FEED = 0x0a;

/**
 * Start and end of the first line from `at` on that is not blank; undefined if there is none. Blank
 * lines are passed over at once: a search in each of millions would take half a second.
 */
export function nextLine(
  bytes: Buffer,
  at: number,
): readonly [start: number, end: number] | undefined {
  const start = skipBlank(bytes, at, bytes.length);
  if (start === bytes.length) return undefined;
  const end = bytes.indexOf(LINE_FEED, start);
  return [start, end === -1 ? bytes.length : end];
}
