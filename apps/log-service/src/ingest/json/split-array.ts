const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Bytes between two pauses: some tenths of a millisecond. */
const PIECE = 64 * 1024;

/**
 * Finds where each element of a JSON array starts and ends, without parsing: elements are then
 * parsed one by one, so that a bad one costs its own place only.
 * @param start Index of the opening bracket.
 * @param visit Gets each element's bytes; white space around it is left to the parser.
 * Pauses now and then, for others to have their turn: 16 MiB take 40 ms, and as blanks 100.
 * @returns False when brackets or quotes do not close, or something follows the array. Elements
 * visited until then are no part of a JSON text: the caller drops them.
 */
export function* splitArray(
  bytes: Uint8Array,
  start: number,
  end: number,
  visit: (start: number, end: number) => void,
): Generator<void, boolean> {
  let depth = 0;
  let from = start + 1;
  let pause = start + PIECE;
  for (let at = start; at < end; at += 1) {
    if (at >= pause) {
      yield;
      pause = at + PIECE;
    }
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = closingQuote(bytes, at + 1, end);
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) {
        if (byte !== CLOSE_BRACKET || !isBlank(bytes, at + 1, end)) return false;
        if (from > start + 1 || !isBlank(bytes, from, at)) visit(from, at);
        return true;
      }
    } else if (byte === COMMA && depth === 1) {
      visit(from, at);
      from = at + 1;
    }
  }
  return false;
}

function closingQuote(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

/** JSON's white space: space, tab, line feed, carriage return. */
export function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  return skipBlank(bytes, start, end) === end;
}

/** Index of the first byte that is no white space, or `end`. */
export function skipBlank(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at += 1;
  }
  return end;
}
