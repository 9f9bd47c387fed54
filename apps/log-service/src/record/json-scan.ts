import { RECORD_LIMITS } from "../limits.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** What `scanJson` answers for text nested deeper than allowed, or of more parts. */
export const SCAN_TOO_DEEP = -1;
export const SCAN_TOO_MANY = -2;

/**
 * One pass over JSON bytes before they are parsed. Answers how many object members the text has
 * (colons outside strings), SCAN_TOO_DEEP or SCAN_TOO_MANY. JSON.parse keeps the last of two equal keys, so text
 * with more members than the parsed value has keys named a key twice. Text that is not JSON gets
 * some number: parsing refuses it.
 * @param bytes UTF-8; no byte of a longer character looks like a quote, brace or backslash.
 * @param maxDepth Containers inside each other, the outermost included.
 * @param maxSeparators Colons and commas outside strings: what parsing makes grows with them.
 */
export function scanJson(
  bytes: Uint8Array,
  start: number,
  end: number,
  maxDepth: number,
  maxSeparators: number = RECORD_LIMITS.separators,
): number {
  let members = 0;
  let commas = 0;
  let depth = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at += 1;
      while (at < end) {
        const inside = bytes[at];
        if (inside === QUOTE) break;
        at += inside === BACKSLASH ? 2 : 1;
      }
    } else if (byte === COLON) {
      members += 1;
    } else if (byte === COMMA) {
      commas += 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
      if (depth > maxDepth) return SCAN_TOO_DEEP;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
    }
  }
  return members + commas > maxSeparators ? SCAN_TOO_MANY : members;
}
