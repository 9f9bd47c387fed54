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
const LETTER = DIGIT | HEX_LETTER | OTHER_LETTER;
/** A table's entry has the byte in lower case below its class, so that one look-up tells both. */
const CLASS_SHIFT = 8;
const BYTE = 0xff;

const CLASSES = Uint16Array.from({ length: 256 }, (_, byte) => {
  const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
  return (classOf(byte) << CLASS_SHIFT) | lower;
});

/** FNV's next state for a place where a variable stands. */
const VARIABLE = 0x1f7;

function classOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return DIGIT;
  if (byte >= 0x61 && byte <= 0x66) return HEX_LETTER;
  const letter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x67 && byte <= 0x7a);
  return letter || byte === 0x5f || byte >= 0x80 ? OTHER_LETTER : 0;
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

  scan(bytes: Uint8Array, start: number, end: number): void {
    const classes = CLASSES;
    let { starts, lengths, hashes, kinds, fixedHashes } = this;
    let hash = FNV_BASIS;
    let variables = 0;
    let fixed = 0;
    let at = start;
    while (at < end) {
      let entry = classes[bytes[at] ?? 0] ?? 0;
      let kind = entry >> CLASS_SHIFT;
      if (kind === 0) {
        hash = Math.imul(hash ^ entry, FNV_PRIME);
        at += 1;
        continue;
      }
      const from = at;
      let token = FNV_BASIS;
      let seen = 0;
      do {
        token = Math.imul(token ^ (entry & BYTE), FNV_PRIME);
        seen |= kind;
        at += 1;
        if (at === end) break;
        entry = classes[bytes[at] ?? 0] ?? 0;
        kind = entry >> CLASS_SHIFT;
      } while ((kind & LETTER) !== 0);
      if ((seen & DIGIT) === 0 || variables === MOST_VARIABLES) {
        if (fixed === fixedHashes.length) {
          this.#growFixed();
          ({ fixedHashes } = this);
        }
        fixedHashes[fixed++] = token;
        hash = Math.imul(hash ^ token, FNV_PRIME);
      } else {
        if (variables === starts.length) {
          this.#growVariables();
          ({ starts, lengths, hashes, kinds } = this);
        }
        const length = at - from;
        starts[variables] = from;
        lengths[variables] = length;
        hashes[variables] = token;
        kinds[variables++] = (KIND_OF[seen] ?? 0) | ((length & 1) * ODD_LENGTH);
        hash = Math.imul(hash ^ VARIABLE, FNV_PRIME);
      }
      // What ends a token is most often one such byte, with the next token behind it.
      if (at < end && kind === 0) {
        hash = Math.imul(hash ^ entry, FNV_PRIME);
        at += 1;
      }
    }
    this.variables = variables;
    this.fixed = fixed;
    this.templateHash = hash;
    this.start = start;
    this.end = end;
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

/** What a token is made of by its classes, of which one is a digit. */
const KIND_OF = Uint8Array.from({ length: LETTER + 1 }, (_, classes) => {
  if (classes === DIGIT) return DIGITS;
  return classes === (DIGIT | HEX_LETTER) ? HEX : TEXT;
});

function doubled<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}
