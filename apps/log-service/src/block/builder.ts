import { BLOCK_LIMITS } from "../limits.ts";
import { LEVELS } from "../record/level.ts";
import type { PreparedRecord } from "../record/record.ts";
import { ByteTable } from "./byte-table.ts";
import { ByteWriter } from "./bytes.ts";
import { rawBytesOf, type RawSection } from "./frames.ts";
import { hashBytes } from "./hash.ts";
import type { BlockSummary, MinuteCount, Run } from "./header.ts";
import { IDS_TEXT, IdWriter } from "./id-column.ts";
import { MessageWriter } from "./message-writer.ts";
import { MetadataWriter } from "./metadata-writer.ts";
import { MetadataScan } from "./scan-metadata.ts";
import { MessageScan } from "./scan-message.ts";
import { buildTokenFilter, TokenSet } from "./token-filter.ts";
import { buildTraceFilter } from "./trace-filter.ts";

/** A block before compression. */
export interface RawBlock {
  readonly summary: BlockSummary;
  readonly sections: readonly RawSection[];
  /** Of the messages; undefined for a small block, which costs less to read than to rule out. */
  readonly tokenFilter: Uint8Array | undefined;
}

const MINUTE_MS = 60_000;
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;

/** Scratch for texts on their way into a block; grows to the largest. */
let scratch = Buffer.allocUnsafe(4_096);
const messageScan = new MessageScan();
const metadataScan = new MetadataScan();

/**
 * Collects the columns of one block record by record; `apps/log-service/kernel` makes the same of a
 * large body's bytes.
 */
export class BlockBuilder {
  rows = 0;
  readonly #times: Float64Array;
  readonly #nanos: Uint32Array;
  readonly #digits: Uint8Array;
  readonly #received: Float64Array;
  readonly #levels: Uint8Array;
  readonly #sourceIndexes: Uint16Array;
  readonly #sources = new ByteTable(16, 256);
  readonly #traces: IdWriter;
  readonly #spans: IdWriter;
  readonly #tags: ByteWriter;
  #anyTags = false;
  readonly #metadata: MetadataWriter;
  readonly #messages: MessageWriter;
  readonly #tokens: TokenSet | undefined;

  /** @param capacity Rows at most, up to `BLOCK_LIMITS.records`; from 500 on with a token filter. */
  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#nanos = new Uint32Array(capacity);
    this.#digits = new Uint8Array(capacity);
    this.#received = new Float64Array(capacity);
    this.#levels = new Uint8Array(capacity);
    this.#sourceIndexes = new Uint16Array(capacity);
    this.#traces = new IdWriter(capacity);
    this.#spans = new IdWriter(capacity);
    this.#tags = new ByteWriter(64);
    this.#metadata = new MetadataWriter(capacity);
    this.#messages = new MessageWriter(capacity);
    this.#tokens =
      capacity >= BLOCK_LIMITS.tokenFilterRecords ? new TokenSet(capacity * 4) : undefined;
  }

  addRecord(record: PreparedRecord): void {
    const row = this.rows++;
    this.#times[row] = record.ms;
    this.#nanos[row] = record.nanos;
    this.#digits[row] = record.digits;
    this.#received[row] = record.received;
    this.#levels[row] = record.level;
    let end = write(record.source);
    const source = this.#sources.intern(scratch, 0, end, hashBytes(scratch, 0, end));
    this.#sourceIndexes[row] = source;
    end = write(record.traceId);
    this.#traces.add(scratch, 0, end, hashBytes(scratch, 0, end));
    end = write(record.spanId);
    this.#spans.add(scratch, 0, end, hashBytes(scratch, 0, end));
    this.#addTags(write(record.tags));
    this.#addMetadata(write(record.metadata));
    end = write(record.message);
    messageScan.scan(scratch, 0, end);
    this.#messages.add(scratch, messageScan, this.#tokens);
  }

  /** @param end Of the scratch's text. */
  #addTags(end: number): void {
    if (end > 0) {
      // Rows before the first one with tags have none.
      if (!this.#anyTags) this.#tags.bytes(new Uint8Array(this.rows - 1));
      this.#anyTags = true;
      this.#tags.bytes(scratch.subarray(0, end));
    }
    if (this.#anyTags) this.#tags.byte(0);
  }

  #addMetadata(end: number): void {
    if (end === 0) this.#metadata.addNone();
    else if (
      metadataScan.scan(scratch, 0, end) !== end ||
      !this.#metadata.add(scratch, metadataScan)
    ) {
      this.#metadata.addWhole(scratch, 0, end);
    }
  }

  /** @param runs Where a merged block's rows come from, in their order. */
  done(runs?: readonly Run[]): RawBlock {
    const { rows } = this;
    const messages = this.#messages.done();
    const traces = this.#traces.done(TRACE_DIGITS);
    const spans = this.#spans.done(SPAN_DIGITS);
    const bounds = this.#bounds();
    const out = new ByteWriter(256 + rows * 8);
    out.sized(this.#deltas(this.#times, bounds.first.ms));
    out.sized(this.#precisions());
    out.sized(this.#deltas(this.#received, bounds.receivedFirst));
    out.bytes(this.#levels.subarray(0, rows));
    out.varint(this.#sources.count);
    for (let index = 0; index < this.#sources.count; index += 1) {
      const start = this.#sources.startOf(index);
      out.sized(this.#sources.bytes.subarray(start, this.#sources.endOf(index)));
    }
    out.sized(varints(this.#sourceIndexes.subarray(0, rows)));
    out.byte(traces.form);
    out.sized(traces.rows);
    out.byte(spans.form);
    out.sized(spans.rows);

    const apart = rows >= BLOCK_LIMITS.partedRecords;
    const sections: RawSection[] = [
      compressible(out.done()),
      {
        bytes: sizedAll([traces.ids, spans.ids]),
        staysRaw: traces.form !== IDS_TEXT && spans.form !== IDS_TEXT,
      },
      compressible(
        sizedAll([
          messages.templates,
          messages.fixedLengths,
          messages.lengths,
          messages.texts,
          varints(messages.ids),
        ]),
      ),
      compressible(sizedAll([messages.digits, messages.hex])),
      compressible(this.#metadata.done()),
      compressible(this.#anyTags ? this.#tags.done() : Buffer.alloc(0)),
    ];
    return {
      summary: {
        records: rows,
        rawBytes: rawBytesOf(sections, apart),
        ...bounds,
        levels: this.#countLevels(),
        ...this.#countSources(),
        minutes: this.#countMinutes(),
        runs,
        traceFilter: buildTraceFilter(this.#traces.hashes()),
      },
      sections,
      tokenFilter: this.#tokens === undefined ? undefined : buildTokenFilter(this.#tokens),
    };
  }

  #deltas(instants: Float64Array, first: number): Buffer {
    const out = new ByteWriter(this.rows * 2 + 16);
    let before = first;
    for (let row = 0; row < this.rows; row += 1) {
      const ms = instants[row] ?? 0;
      out.zigzag(ms - before);
      before = ms;
    }
    return out.done();
  }

  #precisions(): Buffer {
    const out = new ByteWriter(this.rows + 16);
    for (let row = 0; row < this.rows; row += 1) {
      out.varint((this.#nanos[row] ?? 0) * 10 + (this.#digits[row] ?? 0));
    }
    return out.done();
  }

  #bounds(): Pick<BlockSummary, "first" | "last" | "receivedFirst" | "receivedLast"> {
    let first = 0;
    let last = 0;
    let receivedFirst = Infinity;
    let receivedLast = 0;
    for (let row = 0; row < this.rows; row += 1) {
      if (this.#compare(row, first) < 0) first = row;
      if (this.#compare(row, last) > 0) last = row;
      const received = this.#received[row] ?? 0;
      if (received < receivedFirst) receivedFirst = received;
      if (received > receivedLast) receivedLast = received;
    }
    return {
      first: { ms: this.#times[first] ?? 0, nanos: this.#nanos[first] ?? 0 },
      last: { ms: this.#times[last] ?? 0, nanos: this.#nanos[last] ?? 0 },
      receivedFirst,
      receivedLast,
    };
  }

  #compare(a: number, b: number): number {
    return (
      (this.#times[a] ?? 0) - (this.#times[b] ?? 0) || (this.#nanos[a] ?? 0) - (this.#nanos[b] ?? 0)
    );
  }

  #countLevels(): number[] {
    const levels = LEVELS.map(() => 0);
    for (const level of this.#levels.subarray(0, this.rows))
      levels[level] = (levels[level] ?? 0) + 1;
    return levels;
  }

  #countSources(): Pick<BlockSummary, "sources" | "sourcesComplete"> {
    const counts = new Uint32Array(this.#sources.count);
    for (const index of this.#sourceIndexes.subarray(0, this.rows)) {
      counts[index] = (counts[index] ?? 0) + 1;
    }
    const sources = new Map<string, number>();
    let complete = true;
    for (const [index, count] of counts.entries()) {
      const name = this.#sources.text(index);
      if (name === "") continue;
      const before = sources.get(name);
      if (before === undefined && sources.size === BLOCK_LIMITS.sources) complete = false;
      else sources.set(name, (before ?? 0) + count);
    }
    return { sources, sourcesComplete: complete };
  }

  #countMinutes(): readonly MinuteCount[] | undefined {
    const counts = new Map<number, number[]>();
    let minute = -1;
    let levels: number[] = [];
    for (let row = 0; row < this.rows; row += 1) {
      const now = Math.floor((this.#times[row] ?? 0) / MINUTE_MS);
      if (now !== minute) {
        minute = now;
        const known = counts.get(minute);
        if (known === undefined && counts.size === BLOCK_LIMITS.minutes) return undefined;
        levels = known ?? LEVELS.map(() => 0);
        counts.set(minute, levels);
      }
      const level = this.#levels[row] ?? 0;
      levels[level] = (levels[level] ?? 0) + 1;
    }
    return [...counts]
      .map(([start, each]) => ({ minute: start, levels: each }))
      .sort((a, b) => a.minute - b.minute);
  }
}

/** Writes a text into the scratch buffer; answers its length in bytes. */
function write(text: string): number {
  if (text === "") return 0;
  if (text.length * 3 > scratch.length) scratch = Buffer.allocUnsafe(text.length * 3);
  return scratch.write(text);
}

function varints(values: Uint16Array): Buffer {
  const out = new ByteWriter(values.length + 16);
  for (let row = 0; row < values.length; row += 1) out.varint(values[row] ?? 0);
  return out.done();
}

function sizedAll(parts: readonly Buffer[]): Buffer {
  const out = new ByteWriter(parts.reduce((sum, part) => sum + part.length + 8, 0));
  for (const part of parts) out.sized(part);
  return out.done();
}

function compressible(bytes: Buffer): RawSection {
  return { bytes, staysRaw: false };
}
