/** A block's bytes that cannot be what was written. */
export class DamagedBlockError extends Error {
  override readonly name: string = "DamagedBlockError";
}

/** One that a newer version of the service wrote: whole, and read again once that version is back. */
export class NewerBlockError extends DamagedBlockError {
  override readonly name = "NewerBlockError";
}

const MAX_VARINT_BYTES = 8;

/** Appends numbers and texts to a buffer that grows. */
export class ByteWriter {
  #bytes: Buffer;
  #at = 0;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = value;
  }

  /** @param value A whole number from 0 to 2^32 - 1. */
  uint32(value: number): void {
    this.#room(4);
    this.#at = this.#bytes.writeUInt32LE(value, this.#at);
  }

  /** @param value A whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    this.#room(MAX_VARINT_BYTES);
    let rest = value;
    while (rest >= 0x80) {
      // Not a bit operation: those cut numbers to 32 bits.
      this.#bytes[this.#at++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#at++] = rest;
  }

  /** A whole number of either sign, up to 2^52. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Bytes whose length the reader knows. */
  bytes(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Bytes with their length before them. */
  sized(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Text as UTF-8 with its length in bytes before it. */
  text(text: string): void {
    const length = Buffer.byteLength(text);
    this.varint(length);
    this.#room(length);
    this.#at += this.#bytes.write(text, this.#at, length);
  }

  /** What was written; shares memory with the writer. */
  done(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + bytes));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** Reads what a ByteWriter wrote; throws DamagedBlockError instead of reading past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get ended(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new DamagedBlockError("a byte is missing");
    this.#at += 1;
    return value;
  }

  uint32(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.bytes(4);
    return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  }

  varint(): number {
    // Almost all numbers of a block are one byte.
    const first = this.#bytes[this.#at];
    if (first !== undefined && first < 0x80) {
      this.#at += 1;
      return first;
    }
    let value = 0;
    let scale = 1;
    for (let count = 0; count < MAX_VARINT_BYTES; count += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 0x80;
    }
    throw new DamagedBlockError("a number is too long");
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A view of the next bytes, whose length stands before them. */
  sized(): Uint8Array {
    return this.bytes(this.varint());
  }

  /** A view of so many bytes. */
  bytes(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new DamagedBlockError("bytes are missing");
    const view = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return view;
  }
}

/**
 * A column of one varint a row, and nothing else.
 * @param most What none may exceed.
 */
export function readNumbers(bytes: Uint8Array, count: number, most: number): Uint32Array {
  const input = new ByteReader(bytes);
  const values = new Uint32Array(count);
  for (let row = 0; row < count; row += 1) {
    const value = input.varint();
    if (value > most) throw new DamagedBlockError("a number is too large for its column");
    values[row] = value;
  }
  if (!input.ended) throw new DamagedBlockError("a column of numbers is too long");
  return values;
}
