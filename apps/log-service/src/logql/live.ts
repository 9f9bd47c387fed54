import { levelIndex, LEVEL_OF_SILENCE } from "../record/level.ts";
import type { LogRecord, PreparedRecord } from "../record/record.ts";
import { readInstant } from "../record/time.ts";
import type { Filter } from "../query/filter.ts";
import { streamsOf } from "./answers/format.ts";
import { compilePipeline } from "./pipeline.ts";
import { selectionOf } from "./select.ts";
import { Streams } from "./streams.ts";
import { parseLogQuery } from "./syntax/parse.ts";

/** A log query over records as they come in. */
export interface LiveQuery {
  /** What to follow. */
  readonly filter: Filter;
  /** @param records Lines of JSON. @returns Loki's streams; none where nothing comes through. */
  readonly streams: (records: Uint8Array) => readonly object[];
}

/**
 * @param withTenant Whether records of several logical namespaces come.
 * @throws ServiceError NL_LOGQL_INVALID.
 */
export function openLiveQuery(query: string, withTenant: boolean): LiveQuery {
  const { filter, rest } = selectionOf(parseLogQuery(query));
  const pipeline = compilePipeline(rest);
  const streams = new Streams(withTenant);
  return {
    filter,
    streams: (records) => {
      const text = Buffer.from(records.buffer, records.byteOffset, records.length).toString();
      const parsed: readonly LogRecord[] = JSON.parse(`[${text.trimEnd().replaceAll("\n", ",")}]`);
      const entries = parsed.map((record) => streams.entryOf(preparedOf(record)));
      return streamsOf(entries.filter(pipeline), false);
    },
  };
}

/** A record that callers see, as it was prepared. */
function preparedOf(record: LogRecord): PreparedRecord {
  const time = readInstant(record.timestamp);
  const { ms, nanos, digits } = typeof time === "string" ? { ms: 0, nanos: 0, digits: 0 } : time;
  const level = levelIndex(record.level);
  return {
    namespace: record.namespace,
    ms,
    nanos,
    digits,
    received: Date.parse(record.received),
    level: level < 0 ? LEVEL_OF_SILENCE : level,
    message: record.message,
    source: record.source ?? "",
    traceId: record.trace_id ?? "",
    spanId: record.span_id ?? "",
    tags: record.tags === undefined ? "" : JSON.stringify(record.tags),
    metadata: record.metadata === undefined ? "" : JSON.stringify(record.metadata),
  };
}
