import { isUtf8 } from "node:buffer";
import { setImmediate } from "node:timers/promises";

import type { RawBlock } from "../../block/builder.ts";
import { BLOCK_LIMITS } from "../../limits.ts";
import { isNamespaceName } from "../../record/namespace.ts";
import type { NormalizeContext, Rejection } from "../../record/normalize.ts";
import type { PreparedRecord } from "../../record/record.ts";
import type { RejectedAt } from "../batch.ts";
import { FULL, giveBack, takeKernel, UNREADABLE, type ColumnKernel } from "./kernel.ts";
import { RecordReader } from "./read-record.ts";

/** Records of one namespace, ready to be stored. */
export interface ColumnBlock {
  readonly namespace: string;
  readonly block: RawBlock;
  /** Each record's place in the batch. */
  readonly places: readonly number[];
}

/** What `Batch` is, in columns: no record was made an object. */
export interface ColumnBatch {
  readonly blocks: readonly ColumnBlock[];
  readonly rejected: readonly RejectedAt[];
  readonly size: number;
}

/** Bytes of records between two looks at what else waits: 3 to 5 ms of work. */
const TURN_BYTES = 1024 * 1024;

/**
 * Reads the records of a body into columns, in one pass over each.
 * @param places Start and end of each record in turn.
 * @returns The same records and rejections as reading each by `RecordReader`.
 */
export async function readColumns(
  bytes: Buffer,
  places: readonly number[],
  context: NormalizeContext,
): Promise<ColumnBatch> {
  const kernel = takeKernel();
  const batch = await new ColumnReader(kernel, bytes, places, context).read();
  // Not after an error: what it left behind is not known.
  giveBack(kernel);
  return batch;
}

class ColumnReader {
  readonly #kernel: ColumnKernel;
  readonly #bytes: Buffer;
  readonly #places: readonly number[];
  readonly #context: NormalizeContext;
  /** Made when first needed: it decodes the whole body. */
  #objects: RecordReader | undefined;
  readonly #blocks: ColumnBlock[] = [];
  readonly #rejected: RejectedAt[] = [];
  /** Records of other namespaces, by their index, in the order in which the namespaces came. */
  readonly #others = new Map<string, number[]>();

  constructor(
    kernel: ColumnKernel,
    bytes: Buffer,
    places: readonly number[],
    context: NormalizeContext,
  ) {
    this.#kernel = kernel;
    this.#bytes = bytes;
    this.#places = places;
    this.#context = context;
  }

  async read(): Promise<ColumnBatch> {
    const size = this.#places.length / 2;
    // Several blocks of one size rather than full ones and a small rest.
    const capacity = Math.ceil(size / Math.ceil(size / BLOCK_LIMITS.records));
    this.#kernel.load(this.#bytes, this.#places, capacity);
    const { namespace } = this.#context;
    // Otherwise each record must be looked at by itself.
    const isPlain = isUtf8(this.#bytes) && isNamespaceName(namespace);
    await this.#readPass(namespace, undefined, isPlain);
    for (const [other, records] of this.#others) await this.#readPass(other, records, isPlain);
    this.#rejected.sort((a, b) => a.index - b.index);
    return { blocks: this.#blocks, rejected: this.#rejected, size };
  }

  /**
   * Makes blocks of those records that are of a namespace, and notes the others.
   * @param records Indexes in the body; undefined for all.
   */
  async #readPass(
    namespace: string,
    records: readonly number[] | undefined,
    isPlain: boolean,
  ): Promise<void> {
    const kernel = this.#kernel;
    const isDefault = namespace === this.#context.namespace;
    const count = records?.length ?? this.#places.length / 2;
    kernel.beginPass(namespace, records ?? count);
    for (let next = 0; next < count;) {
      if (next > 0) await setImmediate();
      const last = this.#endOfTurn(next, count, records);
      while (next < last) {
        const { why, at } = isPlain
          ? kernel.read(next, last, this.#context.received, namespace, isDefault)
          : { why: UNREADABLE, at: next };
        next = at;
        if (why === FULL) this.#close(namespace);
        if (why !== UNREADABLE) continue;
        this.#readObject(namespace, records?.[at] ?? at);
        next += 1;
      }
    }
    if (kernel.rows > 0) this.#close(namespace);
    for (const { index, namespace: name } of kernel.others()) this.#addOther(name, index);
  }

  /** Before which record others get their turn: a few may be as long as thousands. */
  #endOfTurn(first: number, count: number, records: readonly number[] | undefined): number {
    let bytes = 0;
    let last = first;
    while (last < count && bytes < TURN_BYTES) {
      const index = records?.[last] ?? last;
      bytes += (this.#places[index * 2 + 1] ?? 0) - (this.#places[index * 2] ?? 0);
      last += 1;
    }
    return last;
  }

  #readObject(namespace: string, index: number): void {
    this.#objects ??= new RecordReader(this.#bytes, this.#context);
    const start = this.#places[index * 2] ?? 0;
    const end = this.#places[index * 2 + 1] ?? 0;
    const outcome = this.#objects.read(start, end);
    if ("code" in outcome) this.#reject(index, outcome);
    else if (outcome.namespace !== namespace) this.#addOther(outcome.namespace, index);
    else this.#addRecord(index, outcome);
  }

  #addRecord(index: number, record: PreparedRecord): void {
    if (this.#kernel.add(index, record)) return;
    this.#close(record.namespace);
    if (!this.#kernel.add(index, record)) throw new RangeError("a block holds any one record");
  }

  #addOther(namespace: string, index: number): void {
    const known = this.#others.get(namespace);
    if (known === undefined) this.#others.set(namespace, [index]);
    else known.push(index);
  }

  #reject(index: number, { code, message }: Rejection): void {
    this.#rejected.push({ index, code, message });
  }

  #close(namespace: string): void {
    this.#blocks.push({ namespace, ...this.#kernel.finish() });
  }
}
