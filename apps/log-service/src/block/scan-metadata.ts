import { BLOCK_LIMITS, RECORD_LIMITS } from "../limits.ts";
import { FNV_BASIS, FNV_PRIME } from "./hash.ts";
import { VALUE } from "./shape.ts";

/** Values of one object; one with more is stored whole. */
const MOST_VALUES = 64;
const FAILED = -1;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** More digits may be more than a JSON number keeps. */
const EXACT_DIGITS = 15;

/** A value's text is a whole number from 0 up, of at most 15 digits. */
export const WHOLE_NUMBER = 1;

/**
 * One metadata object, cut into its shape (keys, nesting, punctuation) and its values (scalars, and
 * arrays as a whole) in one pass over its UTF-8. Reused from object to object.
 */
export class MetadataScan {
  /** The shape's bytes, and their `hashBytes`. */
  readonly shape = Buffer.alloc(BLOCK_LIMITS.shapeBytes);
  shapeLength = 0;
  shapeHash = 0;
  /** Each value's text in the source. */
  values = 0;
  readonly starts = new Uint32Array(MOST_VALUES);
  readonly ends = new Uint32Array(MOST_VALUES);
  readonly kinds = new Uint8Array(MOST_VALUES);

  #bytes: Uint8Array = new Uint8Array();
  #end = 0;

  /**
   * Scans the object that starts at `start`, as `JSON.stringify` wrote it.
   * @returns Where the object ends, or -1 if it must be read in another way.
   */
  scan(bytes: Uint8Array, start: number, end: number): number {
    this.#bytes = bytes;
    this.#end = end;
    this.values = 0;
    this.shapeLength = 0;
    this.shapeHash = FNV_BASIS;
    if (bytes[start] !== OPEN_BRACE) return FAILED;
    return this.#object(start, 1);
  }

  /** @param at Of the opening brace. */
  #object(at: number, depth: number): number {
    if (depth >= RECORD_LIMITS.depth) return FAILED;
    const bytes = this.#bytes;
    this.#put(OPEN_BRACE);
    let next = at + 1;
    if (bytes[next] === CLOSE_BRACE) {
      this.#put(CLOSE_BRACE);
      return next + 1;
    }
    for (;;) {
      if (bytes[next] !== QUOTE) return FAILED;
      const keyEnd = this.#string(next);
      if (keyEnd === FAILED) return FAILED;
      if (this.shapeLength + keyEnd - next + depth + 4 > BLOCK_LIMITS.shapeBytes) return FAILED;
      for (; next < keyEnd; next += 1) this.#put(bytes[next] ?? 0);
      if (bytes[next] !== COLON) return FAILED;
      this.#put(COLON);
      next += 1;
      next = bytes[next] === OPEN_BRACE ? this.#object(next, depth + 1) : this.#leaf(next);
      if (next === FAILED) return FAILED;
      const after = bytes[next];
      if (after === CLOSE_BRACE) {
        this.#put(CLOSE_BRACE);
        return next + 1;
      }
      if (after !== COMMA) return FAILED;
      this.#put(COMMA);
      next += 1;
    }
  }

  #leaf(at: number): number {
    if (this.values === MOST_VALUES) return FAILED;
    this.#kind = 0;
    const end = this.#value(at);
    if (end === FAILED) return FAILED;
    this.starts[this.values] = at;
    this.ends[this.values] = end;
    this.kinds[this.values++] = this.#kind;
    this.#put(VALUE);
    return end;
  }

  #kind = 0;

  #value(at: number): number {
    const byte = this.#bytes[at] ?? 0;
    if (byte === QUOTE) return this.#string(at);
    if (byte === MINUS || (byte >= ZERO && byte <= NINE)) return this.#number(at);
    if (byte === OPEN_BRACKET) return this.#array(at);
    if (byte === 0x74) return this.#word(at, TRUE);
    if (byte === 0x66) return this.#word(at, FALSE);
    if (byte === 0x6e) return this.#word(at, NULL);
    return FAILED;
  }

  /** An array as it stands. */
  #array(start: number): number {
    const bytes = this.#bytes;
    let depth = 0;
    for (let at = start; at < this.#end; at += 1) {
      const byte = bytes[at];
      if (byte === QUOTE) {
        const end = this.#string(at);
        if (end === FAILED) return FAILED;
        at = end - 1;
      } else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
        depth += 1;
      } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) {
        depth -= 1;
        if (depth === 0) return at + 1;
      }
    }
    return FAILED;
  }

  /** @param at Of the opening quote. @returns After the closing one. */
  #string(at: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    for (let next = at + 1; next < end; next += 1) {
      const byte = bytes[next] ?? 0;
      if (byte === QUOTE) return next + 1;
      if (byte < 0x20) return FAILED;
      if (byte === BACKSLASH) next += 1;
    }
    return FAILED;
  }

  #number(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    while (isNumberByte(bytes[at] ?? 0)) at += 1;
    this.#kind = isWhole(bytes, start, at) ? WHOLE_NUMBER : 0;
    return at;
  }

  #word(at: number, word: readonly number[]): number {
    for (let index = 0; index < word.length; index += 1) {
      if (this.#bytes[at + index] !== word[index]) return FAILED;
    }
    return at + word.length;
  }

  #put(byte: number): void {
    this.shape[this.shapeLength++] = byte;
    this.shapeHash = Math.imul(this.shapeHash ^ byte, FNV_PRIME);
  }
}

const TRUE = [...Buffer.from("true")];
const FALSE = [...Buffer.from("false")];
const NULL = [...Buffer.from("null")];

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function isNumberByte(byte: number): boolean {
  return isDigit(byte) || byte === MINUS || byte === DOT || byte === 0x2b || isExponent(byte);
}

function isExponent(byte: number | undefined): boolean {
  return byte === 0x65 || byte === 0x45;
}

function isWhole(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > EXACT_DIGITS || end === start) return false;
  if (bytes[start] === ZERO && end - start > 1) return false;
  for (let at = start; at < end; at += 1) if (!isDigit(bytes[at] ?? 0)) return false;
  return true;
}
