import { isObject } from "../formats/fields.ts";
import type { Parsed } from "../formats/format.ts";
import { LIMITS } from "../limits.ts";

/**
 * A record that the service will take. A line that yields more than a field may hold, or keys that the service
 * refuses, goes as text: it was a log line before it was fields.
 */
export function fit(record: Parsed, line: string): Parsed {
  if (fits(record)) return record;
  return {
    message: line,
    ...(record.level === undefined ? {} : { level: record.level }),
    ...(isKnownTime(record.timestamp) ? { timestamp: record.timestamp } : {}),
  };
}

function fits(record: Parsed): boolean {
  return (
    record.message.length <= LIMITS.messageUnits &&
    (record.timestamp === undefined || isKnownTime(record.timestamp)) &&
    (record.source ?? "").length <= LIMITS.sourceUnits &&
    (record.trace_id ?? "").length <= LIMITS.traceUnits &&
    (record.span_id ?? "").length <= LIMITS.traceUnits &&
    (record.tags ?? []).length <= LIMITS.tags &&
    (record.tags ?? []).every((tag) => tag.length > 0 && tag.length <= LIMITS.tagUnits) &&
    isTame(record.metadata, LIMITS.metadataDepth) &&
    (record.metadata === undefined ||
      JSON.stringify(record.metadata).length <= LIMITS.metadataUnits)
  );
}

/** The service keeps instants from 1970 to 2261, which nanoseconds in 64 bits can name. */
function isKnownTime(timestamp: string | undefined): timestamp is string {
  return timestamp !== undefined && timestamp >= "1970" && timestamp < "2262";
}

/** Not deeper than `depth`, and without the keys that change prototypes. */
function isTame(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth === 0) return false;
  if (Object.hasOwn(value, "__proto__")) return false;
  if (isObject(value) && isObject(value["constructor"]) && Object.hasOwn(value, "constructor")) {
    if (Object.hasOwn(value["constructor"], "prototype")) return false;
  }
  return Object.values(value).every((inner) => isTame(inner, depth - 1));
}
