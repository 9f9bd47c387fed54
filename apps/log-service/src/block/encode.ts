import { BLOCK_LIMITS } from "../limits.ts";
import { LEVELS } from "../record/level.ts";
import type { PreparedRecord } from "../record/record.ts";
import { compareInstants } from "../record/time.ts";
import { ByteWriter } from "./bytes.ts";
import type { BlockSummary } from "./header.ts";
import { buildTraceFilter } from "./trace-filter.ts";

/** A block before compression. */
export interface RawBlock {
  readonly summary: BlockSummary;
  readonly raw: Buffer;
}

const SEPARATOR = "\0";

/** @param records 1 to `BLOCK_LIMITS.records` of one namespace, in the order of their indexes. */
export function encodeBlock(records: readonly PreparedRecord[]): RawBlock {
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

  const columns = [
    times.done(),
    precisions.done(),
    received.done(),
    levelBytes.done(),
    sourceIndexes.done(),
    Buffer.from([...sources.keys()].join(SEPARATOR)),
    textColumn(records.map((record) => record.traceId)),
    textColumn(records.map((record) => record.spanId)),
    textColumn(records.map((record) => record.tags)),
    textColumn(records.map((record) => record.metadata)),
    textColumn(records.map((record) => record.message)),
  ];
  const out = new ByteWriter(columns.reduce((sum, column) => sum + column.length + 8, 0));
  for (const column of columns) out.sized(column);
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
      traceFilter: buildTraceFilter(traces),
    },
    raw,
  };
}

const NO_BYTES = Buffer.alloc(0);

function textColumn(texts: readonly string[]): Buffer {
  // One encoding of the joined text: an encoding for each record costs several times as much.
  const joined = texts.join(SEPARATOR);
  return joined.length === texts.length - 1 ? NO_BYTES : Buffer.from(joined);
}
