import { ByteTable, withRoom } from "./byte-table.ts";
import type { ByteWriter } from "./bytes.ts";
import { hashBytes } from "./hash.ts";
import { WHOLE_NUMBER } from "./scan-metadata.ts";

/** How a column's values are stored. */
export const VALUES_LISTED = 0;
export const VALUES_WHOLE = 1;
export const VALUES_TEXT = 2;

/** Distinct values that are listed, so that a row takes one byte. */
export const MOST_LISTED = 256;

/** One metadata path's values as JSON texts, in the form that fits them. */
export class ValueWriter {
  readonly index: number;
  readonly #capacity: number;
  #form = VALUES_LISTED;
  #count = 0;
  // Listed: each value's index in the table.
  #table: ByteTable | undefined;
  #listed: Uint8Array;
  #allWhole = true;
  // Whole numbers.
  #numbers: Float64Array | undefined;
  #largest = 0;
  // Texts, each ended by NUL.
  #texts: Buffer = Buffer.alloc(0);
  #used = 0;

  /** @param index The column's number in the block. */
  constructor(index: number, capacity: number) {
    this.index = index;
    this.#capacity = capacity;
    this.#listed = new Uint8Array(capacity);
    this.#table = new ByteTable(Math.min(capacity, MOST_LISTED), 1_024);
  }

  /** @param kind Of a MetadataScan: whether the text is a whole number. */
  add(bytes: Uint8Array, start: number, end: number, kind: number): void {
    if (this.#form === VALUES_LISTED) {
      this.#allWhole &&= kind === WHOLE_NUMBER;
      this.#addListed(bytes, start, end);
    } else if (this.#form === VALUES_WHOLE && kind === WHOLE_NUMBER) {
      this.#addNumber(this.#count, bytes, start, end);
    } else {
      if (this.#form === VALUES_WHOLE) this.#numbersToTexts();
      this.#addText(bytes, start, end);
    }
    this.#count += 1;
  }

  #addListed(bytes: Uint8Array, start: number, end: number): void {
    const table = this.#table;
    if (table === undefined) return;
    const index = table.intern(bytes, start, end, hashBytes(bytes, start, end));
    if (index < MOST_LISTED) {
      this.#listed[this.#count] = index;
      return;
    }
    // Too many to list: all of them again in the other form.
    const listed = this.#listed.subarray(0, this.#count);
    const source = table.bytes;
    this.#table = undefined;
    if (this.#allWhole) {
      this.#form = VALUES_WHOLE;
      this.#numbers = new Float64Array(this.#capacity);
      for (let row = 0; row < listed.length; row += 1) {
        const known = listed[row] ?? 0;
        this.#addNumber(row, source, table.startOf(known), table.endOf(known));
      }
      this.#addNumber(this.#count, bytes, start, end);
    } else {
      this.#form = VALUES_TEXT;
      for (const known of listed) this.#addText(source, table.startOf(known), table.endOf(known));
      this.#addText(bytes, start, end);
    }
  }

  #addNumber(row: number, bytes: Uint8Array, start: number, end: number): void {
    let value = 0;
    for (let at = start; at < end; at += 1) value = value * 10 + ((bytes[at] ?? 0) & 0x0f);
    if (this.#numbers !== undefined) this.#numbers[row] = value;
    if (value > this.#largest) this.#largest = value;
  }

  #numbersToTexts(): void {
    this.#form = VALUES_TEXT;
    const numbers = this.#numbers?.subarray(0, this.#count) ?? [];
    for (const value of numbers) {
      const text = Buffer.from(String(value));
      this.#addText(text, 0, text.length);
    }
    this.#numbers = undefined;
  }

  #addText(bytes: Uint8Array, start: number, end: number): void {
    this.#texts = withRoom(this.#texts, this.#used, end - start + 1);
    const texts = this.#texts;
    let to = this.#used;
    for (let at = start; at < end; at += 1) texts[to++] = bytes[at] ?? 0;
    texts[to++] = 0;
    this.#used = to;
  }

  write(out: ByteWriter): void {
    const form = this.#form;
    out.byte(form);
    if (form === VALUES_LISTED && this.#table !== undefined) {
      const table = this.#table;
      out.varint(table.count);
      for (let index = 0; index < table.count; index += 1) {
        out.sized(table.bytes.subarray(table.startOf(index), table.endOf(index)));
      }
      out.bytes(this.#listed.subarray(0, this.#count));
    } else if (form === VALUES_WHOLE && this.#numbers !== undefined) {
      this.#writeNumbers(out, this.#numbers.subarray(0, this.#count));
    } else {
      out.sized(this.#texts.subarray(0, this.#used));
    }
  }

  /** The lowest bytes of all numbers, then the next: the higher ones repeat. */
  #writeNumbers(out: ByteWriter, numbers: Float64Array): void {
    let width = 1;
    while (256 ** width <= this.#largest) width += 1;
    out.byte(width);
    const planes = new Uint8Array(width * numbers.length);
    for (let row = 0; row < numbers.length; row += 1) {
      let rest = numbers[row] ?? 0;
      for (let plane = 0; plane < width; plane += 1) {
        const higher = Math.floor(rest / 256);
        planes[plane * numbers.length + row] = rest - higher * 256;
        rest = higher;
      }
    }
    out.bytes(planes);
  }
}
