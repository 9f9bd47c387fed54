import { BLOCK_LIMITS } from "../limits.ts";
import { LEVELS } from "../record/level.ts";
import type { PreparedRecord } from "../record/record.ts";
import { compareInstants } from "../record/time.ts";
import { ByteWriter } from "./bytes.ts";
import type { BlockSummary, MinuteCount, Run } from "./header.ts";
import { buildTokenFilter } from "./token-filter.ts";
import { tokensOf } from "./tokens.ts";
import { buildTraceFilter } from "./trace-filter.ts";

/** A block before compression. */
export interface RawBlock {
  readonly summary: BlockSummary;
  readonly raw: Buffer;
  /** Of the messages; undefined for a small block, which costs less to read than to rule out. */
  readonly tokenFilter: Uint8Array | undefined;
}

export interface EncodeOptions {
  /** Where a merged block's records come from, in their order. */
  readonly runs?: readonly Run[];
}

const SEPARATOR = "\0";

/** What a record takes at first guess; a buffer that is too small grows. */
const BYTES_A_RECORD = 320;

/** @param records 1 to `BLOCK_LIMITS.records` of one namespace, in the order of their indexes. */
export function encodeBlock(
  records: readonly PreparedRecord[],
  { runs }: EncodeOptions = {},
): RawBlock {
  const [head] = records;
  if (head === undefined) throw new RangeError("a block has at least one record");
  let first: PreparedRecord = head;
  let last: PreparedRecord = head;
  let receivedFirst = head.received;
  let receivedLast = head.received;
  const levels = LEVELS.map(() => 0);
  const sources = new Map<string, { index: number; count: number }>();
  const traces = new Set<string>();
  for (const record of records) {
    if (compareInstants(record, first) < 0) first = record;
    if (compareInstants(record, last) > 0) last = record;
    if (record.received < receivedFirst) receivedFirst = record.received;
    if (record.received > receivedLast) receivedLast = record.received;
    levels[record.level] = (levels[record.level] ?? 0) + 1;
    const source = sources.get(record.source);
    if (source === undefined) sources.set(record.source, { index: sources.size, count: 1 });
    else source.count += 1;
    if (record.traceId !== "") traces.add(record.traceId);
  }

  const times = new ByteWriter(records.length * 4);
  const precisions = new ByteWriter(records.length * 4);
  const received = new ByteWriter(records.length * 2);
  const levelBytes = new ByteWriter(records.length);
  const sourceIndexes = new ByteWriter(records.length * 2);
  let time = first.ms;
  let arrival = receivedFirst;
  for (const record of records) {
    times.zigzag(record.ms - time);
    precisions.varint(record.nanos * 10 + record.digits);
    received.zigzag(record.received - arrival);
    levelBytes.byte(record.level);
    sourceIndexes.varint(sources.get(record.source)?.index ?? 0);
    time = record.ms;
    arrival = record.received;
  }

  const out = new ByteWriter(records.length * BYTES_A_RECORD);
  for (const column of [times, precisions, received, levelBytes, sourceIndexes]) {
    out.sized(column.done());
  }
  out.text([...sources.keys()].join(SEPARATOR));
  out.text(textColumn(records.map((record) => record.traceId)));
  out.text(textColumn(records.map((record) => record.spanId)));
  out.text(textColumn(records.map((record) => record.tags)));
  out.text(textColumn(records.map((record) => record.metadata)));
  out.text(textColumn(records.map((record) => record.message)));
  const raw = out.done();

  const counted = [...sources].filter(([name]) => name !== "");
  return {
    summary: {
      records: records.length,
      rawBytes: raw.length,
      first: { ms: first.ms, nanos: first.nanos },
      last: { ms: last.ms, nanos: last.nanos },
      receivedFirst,
      receivedLast,
      levels,
      sources: new Map(
        counted.slice(0, BLOCK_LIMITS.sources).map(([name, { count }]) => [name, count]),
      ),
      sourcesComplete: counted.length <= BLOCK_LIMITS.sources,
      minutes: countMinutes(records),
      runs,
      traceFilter: buildTraceFilter(traces),
    },
    raw,
    tokenFilter:
      records.length >= BLOCK_LIMITS.tokenFilterRecords
        ? buildTokenFilter(new Set(records.flatMap(({ message }) => tokensOf(message))))
        : undefined,
  };
}

function countMinutes(records: readonly PreparedRecord[]): readonly MinuteCount[] | undefined {
  const counts = new Map<number, number[]>();
  for (const { ms, level } of records) {
    const minute = Math.floor(ms / 60_000);
    let levels = counts.get(minute);
    if (levels === undefined) {
      if (counts.size === BLOCK_LIMITS.minutes) return undefined;
      levels = LEVELS.map(() => 0);
      counts.set(minute, levels);
    }
    levels[level] = (levels[level] ?? 0) + 1;
  }
  return [...counts]
    .map(([minute, levels]) => ({ minute, levels }))
    .sort((a, b) => a.minute - b.minute);
}

/** One text for a column: encoding each record's alone costs several times as much. */
function textColumn(texts: readonly string[]): string {
  const joined = texts.join(SEPARATOR);
  return joined.length === texts.length - 1 ? "" : joined;
}
