import { RECORD_LIMITS } from "../limits.ts";
import { ByteReader, DamagedBlockError } from "./bytes.ts";
import { IDS_HEX, IDS_NONE, IDS_TEXT, IDS_UUID, ROW_NEW, ROW_NONE } from "./id-column.ts";
import type { RowMask } from "./pattern.ts";

/** UTF-8 takes at most three bytes for a UTF-16 unit. */
const LONGEST_BYTES = Math.max(RECORD_LIMITS.traceIdUnits, RECORD_LIMITS.spanIdUnits) * 3;
const NO_ID = 0xffff_ffff;

export interface IdParts {
  readonly count: number;
  readonly form: number;
  readonly rows: Uint8Array;
  /** Digits of an id whose usual form is hex digits alone. */
  readonly hexDigits: number;
  ids(): Uint8Array;
}

/** A column of trace or span ids; compared as bytes, made into text only for rows that are shown. */
export class IdReader {
  readonly #parts: IdParts;
  readonly #form: number;
  #indexes: Uint32Array | undefined;
  #distinct = 0;
  #ids: Buffer | undefined;
  #texts: readonly string[] | undefined;

  constructor(parts: IdParts) {
    if (parts.form > IDS_UUID) throw new DamagedBlockError("a form of ids is not known");
    this.#parts = parts;
    this.#form = parts.form;
  }

  text(row: number): string {
    if (this.#form === IDS_NONE) return "";
    const index = this.#rows()[row] ?? NO_ID;
    if (index === NO_ID) return "";
    if (this.#form === IDS_TEXT) return this.#list()[index] ?? "";
    const bytes = this.#binary();
    const width = this.#width;
    const hex = bytes.toString("hex", index * width, index * width + width);
    return this.#form === IDS_HEX ? hex : dashed(hex);
  }

  /** The rows that have this id. */
  mask(id: string): RowMask {
    const mask = new Uint8Array(this.#parts.count);
    const wanted = id === "" ? NO_ID : this.#find(id);
    if (wanted === -1) return mask;
    if (this.#form === IDS_NONE) return id === "" ? mask.fill(1) : mask;
    const rows = this.#rows();
    for (let row = 0; row < mask.length; row += 1) if (rows[row] === wanted) mask[row] = 1;
    return mask;
  }

  /** The number of an id in the block; -1 if it has none. */
  #find(id: string): number {
    if (this.#form === IDS_NONE) return -1;
    if (this.#form === IDS_TEXT) return this.#list().indexOf(id);
    const width = this.#width;
    const hex = this.#form === IDS_UUID ? id.replaceAll("-", "") : id;
    if (hex.length !== width * 2 || !/^[0-9a-f]+$/.test(hex)) return -1;
    if (this.#form === IDS_UUID && dashed(hex) !== id) return -1;
    const wanted = Buffer.from(hex, "hex");
    const bytes = this.#binary();
    for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + 1)) {
      if (at % width === 0) return at / width;
    }
    return -1;
  }

  get #width(): number {
    return this.#form === IDS_UUID ? 16 : this.#parts.hexDigits / 2;
  }

  /** For each row the number of its id. */
  #rows(): Uint32Array {
    if (this.#indexes !== undefined) return this.#indexes;
    const input = new ByteReader(this.#parts.rows);
    const indexes = new Uint32Array(this.#parts.count);
    let distinct = 0;
    for (let row = 0; row < indexes.length; row += 1) {
      const value = input.varint();
      if (value === ROW_NONE) {
        indexes[row] = NO_ID;
      } else if (value === ROW_NEW) {
        indexes[row] = distinct++;
      } else {
        if (value - ROW_NEW > distinct) throw new DamagedBlockError("an id is missing");
        indexes[row] = distinct - (value - ROW_NEW);
      }
    }
    if (!input.ended) throw new DamagedBlockError("a column of ids is too long");
    this.#distinct = distinct;
    this.#indexes = indexes;
    return indexes;
  }

  #binary(): Buffer {
    if (this.#ids !== undefined) return this.#ids;
    this.#rows();
    const bytes = this.#parts.ids();
    if (bytes.length !== this.#distinct * this.#width) {
      throw new DamagedBlockError("the ids are not those of the rows");
    }
    this.#ids = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.#ids;
  }

  #list(): readonly string[] {
    if (this.#texts !== undefined) return this.#texts;
    this.#rows();
    const bytes = this.#parts.ids();
    const texts = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString().split("\0");
    const ended = texts.pop() === "";
    if (!ended || texts.length !== this.#distinct) {
      throw new DamagedBlockError("the ids are not those of the rows");
    }
    if (texts.some((text) => text.length > LONGEST_BYTES)) {
      throw new DamagedBlockError("an id is too long");
    }
    this.#texts = texts;
    return texts;
  }
}

function dashed(hex: string): string {
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}
