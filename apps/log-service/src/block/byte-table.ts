import { hashBytes } from "./hash.ts";

/** Beyond so many others in its way a value is kept a second time: equal hashes must not cost. */
const LONGEST_PROBE = 32;

/** Distinct byte strings, numbered in the order in which they first came. */
export class ByteTable {
  count = 0;
  #bytes: Buffer;
  #ends: Uint32Array;
  #hashes: Int32Array;
  /** Index + 1 of the value; 0 where there is none. */
  #places: Uint32Array;

  /** @param expected Values; more make the table grow. */
  constructor(expected: number, bytes: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(8, expected * 2)));
    this.#bytes = Buffer.allocUnsafe(Math.max(64, bytes));
    this.#ends = new Uint32Array(size >> 1);
    this.#hashes = new Int32Array(size >> 1);
    this.#places = new Uint32Array(size);
  }

  /** The values' bytes, one after the other. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.endOf(this.count - 1));
  }

  /** As `intern` was given them, value by value. */
  get hashes(): Int32Array {
    return this.#hashes.subarray(0, this.count);
  }

  /** The length of each value, if it is the same for all; else -1. */
  get commonLength(): number {
    const length = this.endOf(0);
    for (let index = 1; index < this.count; index += 1) {
      if (this.endOf(index) - this.endOf(index - 1) !== length) return -1;
    }
    return length;
  }

  startOf(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] ?? 0);
  }

  endOf(index: number): number {
    return index < 0 ? 0 : (this.#ends[index] ?? 0);
  }

  text(index: number): string {
    return this.#bytes.toString("utf8", this.startOf(index), this.endOf(index));
  }

  /**
   * The value's number; a new one if it was not there.
   * @param hash Any hash of the value, the same each time.
   */
  intern(source: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#places.length - 1;
    let at = (hash ^ (hash >>> 15)) & mask;
    for (let probe = 0; probe < LONGEST_PROBE; probe += 1) {
      const known = (this.#places[at] ?? 0) - 1;
      if (known === -1) break;
      if (this.#hashes[known] === hash && this.#equals(known, source, start, end)) return known;
      at = (at + 1) & mask;
    }
    return this.#add(source, start, end, hash, at);
  }

  internText(text: string): number {
    const bytes = Buffer.from(text);
    return this.intern(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length));
  }

  #equals(index: number, source: Uint8Array, start: number, end: number): boolean {
    const bytes = this.#bytes;
    let at = this.startOf(index);
    if (this.endOf(index) - at !== end - start) return false;
    for (let from = start; from < end; from += 1) {
      if (bytes[at] !== source[from]) return false;
      at += 1;
    }
    return true;
  }

  #add(source: Uint8Array, start: number, end: number, hash: number, place: number): number {
    const index = this.count;
    let to = this.endOf(index - 1);
    this.#bytes = withRoom(this.#bytes, to, end - start);
    const bytes = this.#bytes;
    for (let from = start; from < end; from += 1) bytes[to++] = source[from] ?? 0;
    if (index === this.#ends.length) this.#grow();
    this.#ends[index] = to;
    this.#hashes[index] = hash;
    this.count = index + 1;
    // After growing the place found is one of another table.
    if (this.#places[place] === 0 && this.count * 2 <= this.#places.length) {
      this.#places[place] = index + 1;
    }
    if (this.count * 2 > this.#places.length) this.#rehash();
    return index;
  }

  #grow(): void {
    const ends = new Uint32Array(this.#ends.length * 2);
    ends.set(this.#ends);
    this.#ends = ends;
    const hashes = new Int32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
  }

  #rehash(): void {
    this.#places = new Uint32Array(this.#places.length * 2);
    const mask = this.#places.length - 1;
    for (let index = 0; index < this.count; index += 1) {
      const hash = this.#hashes[index] ?? 0;
      let at = (hash ^ (hash >>> 15)) & mask;
      for (let probe = 0; probe < LONGEST_PROBE; probe += 1) {
        if (this.#places[at] === 0) {
          this.#places[at] = index + 1;
          break;
        }
        at = (at + 1) & mask;
      }
    }
  }
}

/** The same buffer, or a larger one with its first bytes, that has room for so many more. */
export function withRoom(bytes: Buffer, used: number, more: number): Buffer {
  if (used + more <= bytes.length) return bytes;
  const larger = Buffer.allocUnsafe(Math.max(bytes.length * 2, used + more));
  bytes.copy(larger, 0, 0, used);
  return larger;
}
