import { skipBlank } from "./json/split-array.ts";
import type { Turn } from "./turn.ts";

/** Bytes that are passed over before others may have their turn: a tenth of a millisecond. */
const PIECE = 64 * 1024;

const NULL = Buffer.from("null");
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Where a value stands in the bytes. */
export type Span = readonly [start: number, end: number];

/** The text is not JSON where the cursor stands. The message never quotes it. */
export class JsonCursorError extends Error {
  override readonly name = "JsonCursorError";
}

/**
 * Walks the outer levels of a JSON text and leaves the inner ones unparsed: a body of many records is
 * read record by record, so that one JSON.parse of 16 MB neither holds the process up nor fills it.
 */
export class JsonCursor {
  /** The byte where it stands. */
  at = 0;
  readonly #bytes: Buffer;
  // True right after a value: a comma or the end of the container has to follow.
  #afterValue = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Enters an object; `null` counts as none. @throws JsonCursorError for any other value. */
  openObject(): boolean {
    return this.#open(OPEN_BRACE, "an object");
  }

  /** Enters an array; `null` counts as none. @throws JsonCursorError for any other value. */
  openArray(): boolean {
    return this.#open(OPEN_BRACKET, "an array");
  }

  /** The next member's name, the cursor then standing before its value; undefined at the object's end. */
  nextKey(): string | undefined {
    if (!this.#next(CLOSE_BRACE)) return undefined;
    if (this.#bytes[this.at] !== QUOTE) throw this.#wrong("a member's name");
    const start = this.at;
    this.#skipString();
    const end = this.at;
    this.#blank();
    if (this.#bytes[this.at] !== COLON) throw this.#wrong("a colon");
    this.at += 1;
    return this.#textOf(start, end);
  }

  /** Whether there is a next element, the cursor then standing before it. */
  nextElement(): boolean {
    return this.#next(CLOSE_BRACKET);
  }

  /** Passes over one value, whatever it holds, and answers where it starts and ends. */
  skipValue(): Span {
    this.#blank();
    const start = this.at;
    this.#skipPart(0, Infinity);
    return [start, this.at];
  }

  /** Passes over a value that may be as long as a body, in turns; at once where it is short. */
  passOver(turn: Pick<Turn, "isOver" | "next">): Span | Promise<Span> {
    this.#blank();
    const start = this.at;
    const depth = this.#skipPart(0, PIECE);
    return depth === 0 ? [start, this.at] : this.#passOn(start, depth, turn);
  }

  async #passOn(start: number, inside: number, turn: Pick<Turn, "isOver" | "next">): Promise<Span> {
    for (let depth = inside; depth > 0; depth = this.#skipPart(depth, PIECE)) {
      if (turn.isOver()) await turn.next();
    }
    return [start, this.at];
  }

  /** Stands before each element of an array, in turns; `null` has none. @throws JsonCursorError for any other value. */
  async each(turn: Pick<Turn, "isOver" | "next">, take: () => Promise<void>): Promise<void> {
    if (!this.openArray()) return;
    while (this.nextElement()) {
      await take();
      if (turn.isOver()) await turn.next();
    }
  }

  /** Goes on in a value for about so many bytes; answers how deep inside it is then, 0 at its end. */
  #skipPart(depth: number, length: number): number {
    const bytes = this.#bytes;
    const until = this.at + length;
    let inside = depth;
    do {
      if (this.at >= bytes.length) throw this.#wrong("the end of a value");
      const byte = bytes[this.at];
      if (byte === QUOTE) this.#skipString();
      else {
        if (byte === OPEN_BRACE || byte === OPEN_BRACKET) inside += 1;
        else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) inside -= 1;
        else if (inside === 0) this.#skipScalar();
        if (inside < 0) throw this.#wrong("a value");
        if (inside > 0 || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.at += 1;
      }
    } while (inside > 0 && this.at < until);
    this.#afterValue = inside === 0;
    return inside;
  }

  /** Goes back to a value that was passed over, to read it after all. */
  returnTo(start: number): void {
    this.at = start;
    this.#afterValue = false;
  }

  /** Goes on behind a value that was read or passed over before. */
  returnBehind(end: number): void {
    this.at = end;
    this.#afterValue = true;
  }

  /** @throws JsonCursorError when something follows. */
  end(): void {
    this.#blank();
    if (this.at < this.#bytes.length) throw this.#wrong("the end of the text");
  }

  #open(bracket: number, what: string): boolean {
    this.#blank();
    if (this.#bytes[this.at] === bracket) {
      this.at += 1;
      this.#afterValue = false;
      return true;
    }
    const end = this.at + NULL.length;
    if (!this.#bytes.subarray(this.at, end).equals(NULL)) throw this.#wrong(what);
    this.at = end;
    this.#afterValue = true;
    return false;
  }

  #next(close: number): boolean {
    this.#blank();
    const comma = this.#bytes[this.at] === COMMA;
    if (comma !== this.#afterValue && this.#bytes[this.at] !== close) throw this.#wrong("a comma");
    if (this.#bytes[this.at] === close) {
      this.at += 1;
      this.#afterValue = true;
      return false;
    }
    if (comma) {
      this.at += 1;
      this.#blank();
      if (this.#bytes[this.at] === close) throw this.#wrong("a value after the comma");
    }
    this.#afterValue = false;
    return true;
  }

  #blank(): void {
    this.at = skipBlank(this.#bytes, this.at, this.#bytes.length);
  }

  /** From an opening quote to behind the closing one. */
  #skipString(): void {
    const bytes = this.#bytes;
    // indexOf runs at memory speed, which counts for messages of many kilobytes.
    const quote = bytes.indexOf(QUOTE, this.at + 1);
    if (quote === -1) throw this.#wrong("the end of a string");
    if (bytes[quote - 1] !== BACKSLASH) {
      this.at = quote + 1;
      return;
    }
    // Escapes go in pairs. A call for each quote would take ten times as long where all are escaped.
    let at = this.at + 1;
    while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    if (at >= bytes.length) throw this.#wrong("the end of a string");
    this.at = at + 1;
  }

  #skipScalar(): void {
    const bytes = this.#bytes;
    const start = this.at;
    while (this.at < bytes.length && isScalar(bytes[this.at] ?? 0)) this.at += 1;
    if (this.at === start) throw this.#wrong("a value");
  }

  #textOf(start: number, end: number): string {
    try {
      return String(JSON.parse(this.#bytes.toString("utf8", start, end)));
    } catch {
      throw this.#wrong("a member's name");
    }
  }

  #wrong(expected: string): JsonCursorError {
    return new JsonCursorError(`The body is not JSON: ${expected} is missing at byte ${this.at}`);
  }
}

/** Bytes of numbers, true, false and null; whether they form one, parsing says. */
function isScalar(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x2e ||
    byte === 0x45
  );
}
