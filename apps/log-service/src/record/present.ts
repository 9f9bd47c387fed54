import type { JsonValue, LogRecord, PreparedRecord } from "./record.ts";
import { levelName } from "./level.ts";
import { writeInstant } from "./time.ts";

/** The record as callers see it. */
export function presentRecord(id: string, record: PreparedRecord): LogRecord {
  return {
    id,
    timestamp: writeInstant(record.ms, record.nanos, record.digits),
    received: writeInstant(record.received, 0, 3),
    level: levelName(record.level),
    message: record.message,
    ...(record.source !== "" && { source: record.source }),
    ...(record.traceId !== "" && { trace_id: record.traceId }),
    ...(record.spanId !== "" && { span_id: record.spanId }),
    ...(record.tags !== "" && { tags: readTagList(record.tags) }),
    ...(record.metadata !== "" && { metadata: readMetadataObject(record.metadata) }),
    namespace: record.namespace,
  };
}

/** @param text As prepared: JSON of an array of strings, or "". */
export function readTagList(text: string): readonly string[] {
  if (text === "") return [];
  const tags: readonly string[] = JSON.parse(text);
  return tags;
}

/** @param text As prepared: JSON of an object, or "". */
export function readMetadataObject(text: string): { readonly [key: string]: JsonValue } {
  if (text === "") return {};
  const metadata: { readonly [key: string]: JsonValue } = JSON.parse(text);
  return metadata;
}
