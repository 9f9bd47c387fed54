import { BLOCK_LIMITS } from "../limits.ts";
import { ByteTable } from "./byte-table.ts";
import { ByteWriter } from "./bytes.ts";
import { hashBytes } from "./hash.ts";
import type { MetadataScan } from "./scan-metadata.ts";
import { VALUE } from "./shape.ts";
import { ShapeColumns } from "./shape-columns.ts";
import { ValueWriter } from "./value-writer.ts";

/** A row without metadata; shapes count from 1. */
export const NO_SHAPE = 0;

/** What an object is kept as when its shape is not: one value that is all of it. */
const WHOLE_OBJECT = Buffer.from([VALUE]);

interface KnownShape {
  /** Its number in the block; 0 for one that is refused. */
  readonly number: number;
  readonly columns: readonly ValueWriter[];
}

const REFUSED: KnownShape = { number: NO_SHAPE, columns: [] };

/** Collects metadata as shapes and columns of values. */
export class MetadataWriter {
  readonly #capacity: number;
  readonly #ids: Uint16Array;
  #rows = 0;
  #any = false;
  readonly #table = new ByteTable(16, 512);
  /** In the table's order. */
  readonly #known: KnownShape[] = [];
  readonly #shapes = new ShapeColumns();
  readonly #columns: ValueWriter[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#ids = new Uint16Array(capacity);
  }

  /** A row without metadata. */
  addNone(): void {
    this.#ids[this.#rows++] = NO_SHAPE;
  }

  /** @returns False, with nothing added, if the object's shape names a key twice or is not kept. */
  add(bytes: Uint8Array, scan: MetadataScan): boolean {
    if (scan.values === 0 && scan.shapeLength === 2) {
      this.addNone();
      return true;
    }
    const { number, columns } = this.#find(scan.shape, scan.shapeLength, scan.shapeHash);
    if (number === NO_SHAPE) return false;
    for (let index = 0; index < scan.values; index += 1) {
      columns[index]?.add(
        bytes,
        scan.starts[index] ?? 0,
        scan.ends[index] ?? 0,
        scan.kinds[index] ?? 0,
      );
    }
    this.#ids[this.#rows++] = number;
    this.#any = true;
    return true;
  }

  /** A row whose metadata, as JSON.stringify wrote it, is kept as one text. */
  addWhole(bytes: Uint8Array, start: number, end: number): void {
    const { number, columns } = this.#find(WHOLE_OBJECT, 1, hashBytes(WHOLE_OBJECT, 0, 1));
    columns[0]?.add(bytes, start, end, 0);
    this.#ids[this.#rows++] = number;
    this.#any = true;
  }

  #find(shape: Uint8Array, length: number, hash: number): KnownShape {
    const before = this.#table.count;
    // Shapes that never come again would fill the table; a whole object always has its place.
    if (before >= BLOCK_LIMITS.shapes * 2 && length > 1) return REFUSED;
    const index = this.#table.intern(shape, 0, length, hash);
    if (index === before) this.#known.push(this.#open(shape.subarray(0, length)));
    return this.#known[index] ?? REFUSED;
  }

  #open(bytes: Uint8Array): KnownShape {
    const numbers = this.#shapes.open(bytes);
    if (numbers === undefined) return REFUSED;
    return { number: this.#shapes.kept, columns: numbers.map((number) => this.#column(number)) };
  }

  #column(number: number): ValueWriter {
    return (this.#columns[number] ??= new ValueWriter(number, this.#capacity));
  }

  /** Empty if no row has metadata. */
  done(): Buffer {
    if (!this.#any) return Buffer.alloc(0);
    const out = new ByteWriter(256 + this.#rows * 16);
    out.varint(this.#shapes.kept);
    for (const [index, { number, columns }] of this.#known.entries()) {
      if (number === NO_SHAPE) continue;
      out.sized(this.#table.bytes.subarray(this.#table.startOf(index), this.#table.endOf(index)));
      for (const column of columns) out.varint(column.index);
    }
    for (let row = 0; row < this.#rows; row += 1) out.varint(this.#ids[row] ?? 0);
    out.varint(this.#columns.length);
    for (const column of this.#columns) column.write(out);
    return out.done();
  }
}
