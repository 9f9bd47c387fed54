import { ByteTable } from "./byte-table.ts";
import { ByteWriter } from "./bytes.ts";

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
  hashes(): Int32Array {
    return this.#table.hashes;
  }

  /** @param hexDigits Of an id whose usual form is hex digits alone. */
  done(hexDigits: number): IdColumns {
    if (!this.#any) return { form: IDS_NONE, rows: Buffer.alloc(0), ids: Buffer.alloc(0) };
    const { bytes, count } = this.#table;
    const rows = this.#rows.done();
    const length = this.#table.commonLength;
    if (length === hexDigits || length === UUID_LENGTH) {
      const text = bytes.toString("latin1");
      if (length === hexDigits && HEX.test(text)) {
        return { form: IDS_HEX, rows, ids: Buffer.from(text, "hex") };
      }
      if (length === UUID_LENGTH && UUIDS.test(text)) {
        return { form: IDS_UUID, rows, ids: Buffer.from(text.replaceAll("-", ""), "hex") };
      }
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

const UUID_LENGTH = 36;
const HEX = /^[0-9a-f]+$/;
const UUIDS = /^(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})+$/;
