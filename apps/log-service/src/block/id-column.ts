import { ByteTable } from "./byte-table.ts";
import { ByteWriter } from "./bytes.ts";
import { hashBytes } from "./hash.ts";

/** How a block's ids are stored. */
export const IDS_NONE = 0;
export const IDS_TEXT = 1;
export const IDS_HEX = 2;
export const IDS_UUID = 3;

/** Each row's number in the column of ids: none, the next new one, or from 2 on so many before it. */
export const ROW_NONE = 0;
export const ROW_NEW = 1;

export interface IdColumns {
  readonly form: number;
  readonly rows: Buffer;
  /** The distinct ids: binary one after the other, or texts each ended by NUL. */
  readonly ids: Buffer;
}

/** Collects one id a row; "" for none. Rows of one trace lie near each other, so most refer back a little. */
export class IdWriter {
  readonly #table: ByteTable;
  readonly #rows: ByteWriter;
  #any = false;

  constructor(capacity: number) {
    this.#table = new ByteTable(Math.max(8, capacity >> 1), capacity * 16);
    this.#rows = new ByteWriter(capacity + 16);
  }

  /** @param hash `hashBytes` of the id. */
  add(bytes: Uint8Array, start: number, end: number, hash: number): void {
    if (start === end) {
      this.#rows.varint(ROW_NONE);
      return;
    }
    this.#any = true;
    const before = this.#table.count;
    const index = this.#table.intern(bytes, start, end, hash);
    this.#rows.varint(index === before ? ROW_NEW : before - index + ROW_NEW);
  }

  /** `hashBytes` of each distinct id. */
  hashes(): number[] {
    const { bytes } = this.#table;
    return Array.from({ length: this.#table.count }, (_, index) =>
      hashBytes(bytes, this.#table.startOf(index), this.#table.endOf(index)),
    );
  }

  /** @param hexDigits Of an id whose usual form is hex digits alone. */
  done(hexDigits: number): IdColumns {
    if (!this.#any) return { form: IDS_NONE, rows: Buffer.alloc(0), ids: Buffer.alloc(0) };
    const { bytes, count } = this.#table;
    const text = bytes.toString("latin1");
    const isEach = (length: number, dashes: readonly number[]) =>
      bytes.length === count * length && isHexEach(this.#table, bytes, length, dashes);
    const rows = this.#rows.done();
    if (isEach(hexDigits, [])) return { form: IDS_HEX, rows, ids: Buffer.from(text, "hex") };
    if (isEach(36, UUID_DASHES)) {
      return { form: IDS_UUID, rows, ids: Buffer.from(text.replaceAll("-", ""), "hex") };
    }
    const out = Buffer.allocUnsafe(bytes.length + count);
    let to = 0;
    for (let index = 0; index < count; index += 1) {
      to += bytes.copy(out, to, this.#table.startOf(index), this.#table.endOf(index));
      out[to++] = 0;
    }
    return { form: IDS_TEXT, rows, ids: out };
  }
}

const UUID_DASHES = [8, 13, 18, 23];

/** Whether each id has this length, lower-case hex digits, and dashes at these places. */
function isHexEach(
  table: ByteTable,
  bytes: Buffer,
  length: number,
  dashes: readonly number[],
): boolean {
  for (let index = 0; index < table.count; index += 1) {
    if (table.endOf(index) - table.startOf(index) !== length) return false;
  }
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    const hex = (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66);
    if (hex === dashes.includes(at % length)) return false;
    if (!hex && byte !== 0x2d) return false;
  }
  return true;
}
