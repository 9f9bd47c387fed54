import { BLOCK_LIMITS, RECORD_LIMITS } from "../limits.ts";
import { LEVELS } from "../record/level.ts";
import { ByteReader, ByteWriter, DamagedBlockError, NewerBlockError } from "./bytes.ts";

const VERSION = 2;
/** A service is rolled back by a few versions; what says more than that is not a version. */
const NEWER_VERSIONS = 8;
const SOURCES_COMPLETE = 1;
const HAS_MINUTES = 2;
const HAS_RUNS = 4;
const FLAGS = SOURCES_COMPLETE | HAS_MINUTES | HAS_RUNS;

/** How many records of each level have a timestamp in one minute. */
export interface MinuteCount {
  /** Minutes from the epoch to the minute's start. */
  readonly minute: number;
  /** Records of each level, in the order of LEVELS. */
  readonly levels: readonly number[];
}

/** Records of a merged block that lay one after the other in a block before: their ids stay. */
export interface Run {
  /** The stream id of the block that they were committed in. */
  readonly major: number;
  readonly minor: number;
  /** Index of the first of them in that block. */
  readonly index: number;
  readonly count: number;
}

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
  /** The minutes that have records, in order; undefined if there are too many to list. */
  readonly minutes: readonly MinuteCount[] | undefined;
  /** A merged block's records in the order of its rows; undefined for rows 0 to n - 1 of the block itself. */
  readonly runs: readonly Run[] | undefined;
  readonly traceFilter: Uint8Array;
}

export function writeHeader(summary: BlockSummary, bodyBytes: number): Buffer {
  const out = new ByteWriter(96 + summary.traceFilter.length + summary.sources.size * 24);
  out.byte(VERSION);
  out.byte(
    (summary.sourcesComplete ? SOURCES_COMPLETE : 0) |
      (summary.minutes === undefined ? 0 : HAS_MINUTES) |
      (summary.runs === undefined ? 0 : HAS_RUNS),
  );
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
  if (summary.minutes !== undefined) writeMinutes(out, summary.minutes);
  if (summary.runs !== undefined) writeRuns(out, summary.runs);
  out.sized(summary.traceFilter);
  return out.done();
}

/** @throws DamagedBlockError for anything that `writeHeader` cannot have written. */
export function readHeader(bytes: Uint8Array): BlockHeader {
  if (bytes.length > BLOCK_LIMITS.headerBytes)
    throw new DamagedBlockError("the header is too long");
  const input = new ByteReader(bytes);
  const version = input.byte();
  if (version > VERSION && version <= VERSION + NEWER_VERSIONS) {
    throw new NewerBlockError(`header version ${version} is of a newer service`);
  }
  if (version !== VERSION) throw new DamagedBlockError(`header version ${version} is not known`);
  const flags = input.byte();
  if (flags > FLAGS) throw new DamagedBlockError("a header flag is not known");
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
  const minutes = (flags & HAS_MINUTES) === 0 ? undefined : readMinutes(input, records);
  const runs = (flags & HAS_RUNS) === 0 ? undefined : readRuns(input, records);
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
    minutes,
    runs,
    traceFilter,
  };
}

function writeMinutes(out: ByteWriter, minutes: readonly MinuteCount[]): void {
  out.varint(minutes.length);
  let before = 0;
  for (const { minute, levels } of minutes) {
    out.varint(minute - before);
    // Most minutes have few levels: only those that occur are written.
    let present = 0;
    for (const [level, count] of levels.entries()) if (count > 0) present |= 1 << level;
    out.byte(present);
    for (const count of levels) if (count > 0) out.varint(count);
    before = minute;
  }
}

function readMinutes(input: ByteReader, records: number): MinuteCount[] {
  const entries = within(input.varint(), 1, BLOCK_LIMITS.minutes, "minutes");
  const minutes: MinuteCount[] = [];
  let minute = 0;
  let counted = 0;
  for (let entry = 0; entry < entries; entry += 1) {
    minute += within(input.varint(), entry === 0 ? 0 : 1, LATEST_MINUTE - minute, "a minute");
    const present = input.byte();
    const levels = LEVELS.map((_, level) => {
      if ((present & (1 << level)) === 0) return 0;
      const count = within(input.varint(), 1, records, "a minute's count");
      counted += count;
      return count;
    });
    minutes.push({ minute, levels });
  }
  if (counted !== records) throw new DamagedBlockError("the minutes do not count each record");
  return minutes;
}

function writeRuns(out: ByteWriter, runs: readonly Run[]): void {
  out.varint(runs.length);
  let before = 0;
  for (const { major, minor, index, count } of runs) {
    out.zigzag(major - before);
    out.varint(minor);
    out.varint(index);
    out.varint(count);
    before = major;
  }
}

function readRuns(input: ByteReader, records: number): Run[] {
  const entries = within(input.varint(), 1, records, "runs");
  const runs: Run[] = [];
  let major = 0;
  let covered = 0;
  for (let entry = 0; entry < entries; entry += 1) {
    major = within(major + input.zigzag(), 0, Number.MAX_SAFE_INTEGER, "a stream id");
    const minor = input.varint();
    const index = within(input.varint(), 0, BLOCK_LIMITS.records - 1, "an index");
    const count = within(input.varint(), 1, BLOCK_LIMITS.records - index, "a run's length");
    covered += count;
    runs.push({ major, minor, index, count });
  }
  if (covered !== records) throw new DamagedBlockError("the runs do not cover each record");
  return runs;
}

const LATEST_MINUTE = Math.floor(RECORD_LIMITS.latestMs / 60_000);

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
