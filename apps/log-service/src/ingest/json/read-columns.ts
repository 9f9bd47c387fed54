import { isUtf8 } from "node:buffer";
import { setImmediate } from "node:timers/promises";

import { BlockBuilder, type RawBlock } from "../../block/builder.ts";
import { BLOCK_LIMITS, INGEST_LIMITS } from "../../limits.ts";
import { isNamespaceName } from "../../record/namespace.ts";
import type { NormalizeContext, Rejection } from "../../record/normalize.ts";
import type { PreparedRecord } from "../../record/record.ts";
import type { RejectedAt } from "../batch.ts";
import { RecordReader } from "./read-record.ts";
import { RecordScan } from "./record-scan.ts";

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

/** Records between two looks at what else waits: about 10 ms of work. */
const TURN_RECORDS = 4_096;

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
  const records = places.length / 2;
  const reader = new ColumnReader(bytes, records, context);
  for (let index = 0; index < records; index += 1) {
    if (index % TURN_RECORDS === TURN_RECORDS - 1) await setImmediate();
    reader.read(places[index * 2] ?? 0, places[index * 2 + 1] ?? 0);
  }
  return reader.done();
}

class ColumnReader {
  readonly #bytes: Buffer;
  readonly #context: NormalizeContext;
  /** Made when first needed: it decodes the whole body. */
  #objects: RecordReader | undefined;
  readonly #scan: RecordScan | undefined;
  readonly #capacity: number;
  readonly #open = new Map<string, OpenBlock>();
  readonly #blocks: ColumnBlock[] = [];
  readonly #rejected: RejectedAt[] = [];
  #size = 0;

  constructor(bytes: Buffer, records: number, context: NormalizeContext) {
    this.#bytes = bytes;
    this.#context = context;
    // Otherwise each record must be looked at by itself.
    this.#scan =
      isUtf8(bytes) && isNamespaceName(context.namespace)
        ? new RecordScan(bytes, context.received)
        : undefined;
    // Several blocks of one size rather than full ones and a small rest.
    this.#capacity = Math.ceil(records / Math.ceil(records / BLOCK_LIMITS.records));
  }

  read(start: number, end: number): void {
    if (!this.#readScanned(start, end)) {
      this.#objects ??= new RecordReader(this.#bytes, this.#context);
      const outcome = this.#objects.read(start, end);
      if ("code" in outcome) this.#reject(outcome);
      else this.#addRecord(outcome, end - start);
    }
    this.#size += 1;
  }

  #readScanned(start: number, end: number): boolean {
    const scan = this.#scan;
    if (scan === undefined || end - start > INGEST_LIMITS.recordBytes) return false;
    return scan.scan(start, end) && this.#addScanned(scan, end - start);
  }

  done(): ColumnBatch {
    for (const namespace of this.#open.keys()) this.#close(namespace);
    return { blocks: this.#blocks, rejected: this.#rejected, size: this.#size };
  }

  #addScanned(scan: RecordScan, bytes: number): boolean {
    const { namespace: span } = scan;
    let { namespace } = this.#context;
    if (span.start > 0) {
      namespace = this.#bytes.toString("latin1", span.start, span.end);
      if (!isNamespaceName(namespace)) return false;
    }
    const { builder, places } = this.#blockFor(namespace, bytes);
    // First, as it may say no.
    if (scan.metadataBytes === 0) builder.addNoMetadata();
    else if (!builder.addMetadata(this.#bytes, scan.metadata, scan.metadataBytes)) return false;
    builder.addFixed(scan.ms, scan.nanos, scan.digits, this.#context.received, scan.level);
    const { source, trace, span: spanId } = scan;
    builder.addSource(this.#bytes, source.start, source.end, source.hash);
    builder.addTrace(this.#bytes, trace.start, trace.end, trace.hash);
    builder.addSpan(this.#bytes, spanId.start, spanId.end, spanId.hash);
    builder.addTags(this.#bytes, 0, 0);
    builder.addMessage(scan.messageBytes, scan.message);
    places.push(this.#size);
    return true;
  }

  #addRecord(record: PreparedRecord, bytes: number): void {
    const { builder, places } = this.#blockFor(record.namespace, bytes);
    builder.addRecord(record);
    places.push(this.#size);
  }

  #reject({ code, message }: Rejection): void {
    this.#rejected.push({ index: this.#size, code, message });
  }

  /** @param bytes What the next record has at most. */
  #blockFor(namespace: string, bytes: number): OpenBlock {
    const open = this.#open.get(namespace);
    if (open !== undefined) {
      const { builder } = open;
      if (builder.rows < this.#capacity && builder.textBytes + bytes <= BLOCK_LIMITS.units) {
        return open;
      }
      if (builder.rows > 0) this.#close(namespace);
      else return open;
    }
    const fresh = { builder: new BlockBuilder(this.#capacity, this.#bytes), places: [] };
    this.#open.set(namespace, fresh);
    return fresh;
  }

  #close(namespace: string): void {
    const open = this.#open.get(namespace);
    this.#open.delete(namespace);
    if (open === undefined || open.builder.rows === 0) return;
    const { builder, places } = open;
    this.#blocks.push({ namespace, block: builder.done(), places });
  }
}

interface OpenBlock {
  readonly builder: BlockBuilder;
  readonly places: number[];
}
