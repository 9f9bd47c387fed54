import { FNV_BASIS, FNV_PRIME } from "./hash.ts";

/** What a variable token is made of: bits, as the values of one place in a template are joined by OR. */
export const DIGITS = 1;
export const HEX = 2;
export const TEXT = 4;
export const ODD_LENGTH = 8;

/** Variable tokens of one message; later tokens with digits count as fixed text. */
const MOST_VARIABLES = 250;

// Classes of bytes. A token's classes joined by OR are 1 for digits alone, 3 for digits with a-f.
const DIGIT = 1;
const HEX_LETTER = 2;
const OTHER_LETTER = 4;
const STOP = 8;

/** For plain text, in which nothing stops the scan, and for the inside of a JSON string. */
export const PLAIN = classTable(false);
export const JSON_STRING = classTable(true);
const LOWER = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte,
);

/** FNV's next state for a place where a variable stands. */
const VARIABLE = 0x1f7;

function classTable(inJson: boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => {
    if (byte >= 0x30 && byte <= 0x39) return DIGIT;
    if (byte >= 0x61 && byte <= 0x66) return HEX_LETTER;
    const letter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x67 && byte <= 0x7a);
    if (letter || byte === 0x5f || byte >= 0x80) return OTHER_LETTER;
    // A quote ends the string; an escape or a control character needs another reader.
    return inJson && (byte === 0x22 || byte === 0x5c || byte < 0x20) ? STOP : 0;
  });
}

/**
 * The tokens of one message, found in one pass over its UTF-8. A token with a digit is variable, the
 * rest of the message is its template. Reused from message to message: it allocates nothing.
 */
export class MessageScan {
  /** Variable tokens: where each starts, its length, `hashBytes` in lower case, and what it is made of. */
  variables = 0;
  starts = new Uint32Array(64);
  lengths = new Uint32Array(64);
  hashes = new Int32Array(64);
  kinds = new Uint8Array(64);
  /** Hashes of the other tokens. */
  fixed = 0;
  fixedHashes = new Int32Array(256);
  /** Of the template: equal templates have equal hashes. */
  templateHash = 0;
  start = 0;
  end = 0;

  /**
   * Scans from `start` to `end`, or to the first byte that the class table stops at.
   * @returns Where the scan ended.
   */
  scan(bytes: Uint8Array, start: number, end: number, classes: Uint8Array): number {
    const lower = LOWER;
    let hash = FNV_BASIS;
    let variables = 0;
    let fixed = 0;
    let at = start;
    while (at < end) {
      const byte = bytes[at] ?? 0;
      const kind = classes[byte] ?? 0;
      if (kind === 0) {
        hash = Math.imul(hash ^ byte, FNV_PRIME);
        at += 1;
        continue;
      }
      if (kind === STOP) break;
      const from = at;
      let token = Math.imul(FNV_BASIS ^ (lower[byte] ?? 0), FNV_PRIME);
      let kinds = kind;
      for (at += 1; at < end; at += 1) {
        const next = bytes[at] ?? 0;
        const nextKind = classes[next] ?? 0;
        if (nextKind === 0 || nextKind === STOP) break;
        token = Math.imul(token ^ (lower[next] ?? 0), FNV_PRIME);
        kinds |= nextKind;
      }
      if ((kinds & DIGIT) === 0 || variables === MOST_VARIABLES) {
        if (fixed === this.fixedHashes.length) this.#growFixed();
        this.fixedHashes[fixed++] = token;
        hash = Math.imul(hash ^ token, FNV_PRIME);
      } else {
        if (variables === this.starts.length) this.#growVariables();
        const length = at - from;
        this.starts[variables] = from;
        this.lengths[variables] = length;
        this.hashes[variables] = token;
        this.kinds[variables++] = kindOf(kinds) | ((length & 1) * ODD_LENGTH);
        hash = Math.imul(hash ^ VARIABLE, FNV_PRIME);
      }
    }
    this.variables = variables;
    this.fixed = fixed;
    this.templateHash = hash;
    this.start = start;
    this.end = at;
    return at;
  }

  #growVariables(): void {
    this.starts = doubled(this.starts, new Uint32Array(this.starts.length * 2));
    this.lengths = doubled(this.lengths, new Uint32Array(this.lengths.length * 2));
    this.hashes = doubled(this.hashes, new Int32Array(this.hashes.length * 2));
    this.kinds = doubled(this.kinds, new Uint8Array(this.kinds.length * 2));
  }

  #growFixed(): void {
    this.fixedHashes = doubled(this.fixedHashes, new Int32Array(this.fixedHashes.length * 2));
  }
}

function kindOf(classes: number): number {
  if (classes === DIGIT) return DIGITS;
  return classes === (DIGIT | HEX_LETTER) ? HEX : TEXT;
}

function doubled<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}
