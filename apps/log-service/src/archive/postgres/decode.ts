import { LEVELS } from "../../record/level.ts";
import type { PreparedRecord } from "../../record/record.ts";
import type { ArchivedRecord, Instant } from "../port.ts";
import type { Row } from "./connect.ts";

/** What a record is made of again. */
export const RECORD_COLUMNS =
  "created_ns, extract(epoch from received_at) AS received, level, digits, id, namespace, " +
  "component, trace_id, span_id, message, tags, data";

export function readRow(row: Row): ArchivedRecord {
  const { ms, nanos } = readNanos(row["created_ns"]);
  const record: PreparedRecord = {
    namespace: textOf(row, "namespace"),
    ms,
    nanos,
    digits: Number(row["digits"]),
    received: Math.round(Number(row["received"]) * 1_000),
    level: LEVELS.findIndex((level) => level === row["level"]),
    message: textOf(row, "message"),
    source: textOf(row, "component"),
    traceId: textOf(row, "trace_id"),
    spanId: textOf(row, "span_id"),
    tags: jsonOf(row["tags"]),
    metadata: jsonOf(row["data"]),
  };
  return { id: textOf(row, "id"), record };
}

/** @param text Nanoseconds since the epoch. */
export function readNanos(text: string | null | undefined): Instant {
  const total = BigInt(text ?? 0);
  const below = ((total % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return { ms: Number((total - below) / 1_000_000n), nanos: Number(below) };
}

export function textOf(row: Row, column: string): string {
  return row[column] ?? "";
}

/** jsonb writes spaces that the rest of the service does not expect. */
function jsonOf(text: string | null | undefined): string {
  if (text === null || text === undefined) return "";
  const value: unknown = JSON.parse(text);
  return JSON.stringify(value);
}
