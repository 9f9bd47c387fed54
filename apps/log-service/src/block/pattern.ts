import { isTokenUnit } from "./tokens.ts";

/** Text that a message has, its ASCII letters in any case. */
export interface TextPattern {
  /** As `asciiLower` makes it; not empty. */
  readonly text: string;
  /** `word`: a token begins where the text begins, so that `or` is not found in `error`. */
  readonly start: "word" | "any";
  readonly end: "word" | "any";
}

/** One byte for each row: 1 if it is in, 0 if not. */
export type RowMask = Uint8Array;

/** @param text A message as `asciiLower` makes it. */
export function hasPattern(text: string, { text: wanted, start, end }: TextPattern): boolean {
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + 1)) {
    const after = at + wanted.length;
    const begins = start === "any" || at === 0 || !joins(text, at);
    if (begins && (end === "any" || after === text.length || !joins(text, after))) return true;
  }
  return false;
}

/** Whether the units around a place belong to one token. */
function joins(text: string, at: number): boolean {
  return isTokenUnit(text.charCodeAt(at - 1)) && isTokenUnit(text.charCodeAt(at));
}
