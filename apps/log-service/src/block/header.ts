import { BLOCK_LIMITS, RECORD_LIMITS } from "../limits.ts";
import { LEVELS } from "../record/level.ts";
import { ByteReader, ByteWriter, DamagedBlockError } from "./bytes.ts";

const VERSION = 1;
const SOURCES_COMPLETE = 1;

/** What is known of a block without its body; docs/block-layout.md draws the bytes. */
export interface BlockHeader extends BlockSummary {
  /** The body's size, compressed. */
  readonly bodyBytes: number;
}

export interface BlockSummary {
  readonly records: number;
  /** The body's size before compression. */
  readonly rawBytes: number;
  /** First and last timestamp of the records. */
  readonly first: { readonly ms: number; readonly nanos: number };
  readonly last: { readonly ms: number; readonly nanos: number };
  /** When the records were received, in milliseconds since the epoch. */
  readonly receivedFirst: number;
  readonly receivedLast: number;
  /** Records of each level, in the order of LEVELS. */
  readonly levels: readonly number[];
  /** Records of each source; "" is not counted. */
  readonly sources: ReadonlyMap<string, number>;
  /** False if the block has more sources than a header lists. */
  readonly sourcesComplete: boolean;
  readonly traceFilter: Uint8Array;
}

export function writeHeader(summary: BlockSummary, bodyBytes: number): Buffer {
  const out = new ByteWriter(96 + summary.traceFilter.length + summary.sources.size * 24);
  out.byte(VERSION);
  out.byte(summary.sourcesComplete ? SOURCES_COMPLETE : 0);
  out.varint(summary.records);
  out.varint(summary.rawBytes);
  out.varint(bodyBytes);
  out.varint(summary.first.ms);
  out.varint(summary.first.nanos);
  out.varint(summary.last.ms - summary.first.ms);
  out.varint(summary.last.nanos);
  out.varint(summary.receivedFirst);
  out.varint(summary.receivedLast - summary.receivedFirst);
  for (const count of summary.levels) out.varint(count);
  out.varint(summary.sources.size);
  for (const [name, count] of summary.sources) {
    out.sized(Buffer.from(name));
    out.varint(count);
  }
  out.sized(summary.traceFilter);
  return out.done();
}

/** @throws DamagedBlockError for anything that `writeHeader` cannot have written. */
export function readHeader(bytes: Uint8Array): BlockHeader {
  if (bytes.length > BLOCK_LIMITS.headerBytes)
    throw new DamagedBlockError("the header is too long");
  const input = new ByteReader(bytes);
  const version = input.byte();
  if (version !== VERSION) throw new DamagedBlockError(`header version ${version} is not known`);
  const flags = input.byte();
  const records = within(input.varint(), 1, BLOCK_LIMITS.records, "records");
  const rawBytes = within(input.varint(), 1, BLOCK_LIMITS.bodyBytes, "raw bytes");
  const bodyBytes = input.varint();
  const first = { ms: instantMs(input.varint()), nanos: below(input.varint()) };
  const last = { ms: instantMs(first.ms + input.varint()), nanos: below(input.varint()) };
  const receivedFirst = instantMs(input.varint());
  const receivedLast = instantMs(receivedFirst + input.varint());
  const levels = LEVELS.map(() => within(input.varint(), 0, records, "a level's count"));
  const entries = within(input.varint(), 0, BLOCK_LIMITS.sources, "sources");
  const sources = new Map<string, number>();
  for (let entry = 0; entry < entries; entry += 1) {
    const name = Buffer.from(input.sized()).toString();
    sources.set(name, within(input.varint(), 1, records, "a source's count"));
  }
  const traceFilter = input.sized().slice();
  if (!input.ended) throw new DamagedBlockError("bytes follow the header");
  return {
    records,
    rawBytes,
    bodyBytes,
    first,
    last,
    receivedFirst,
    receivedLast,
    levels,
    sources,
    sourcesComplete: (flags & SOURCES_COMPLETE) !== 0,
    traceFilter,
  };
}

function within(value: number, least: number, most: number, what: string): number {
  if (value < least || value > most) throw new DamagedBlockError(`${what} cannot be ${value}`);
  return value;
}

function instantMs(value: number): number {
  return within(value, RECORD_LIMITS.earliestMs, RECORD_LIMITS.latestMs, "an instant");
}

function below(nanos: number): number {
  return within(nanos, 0, 999_999, "nanoseconds");
}
