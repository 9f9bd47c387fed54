import { levelIndex } from "../../record/level.ts";
import { normalize, type NormalizeContext, type Rejection } from "../../record/normalize.ts";
import type { JsonValue, PreparedRecord } from "../../record/record.ts";
import { parseFields, type Fields } from "../fields/read-fields.ts";
import { orRejection, RecordProblem } from "../record-problem.ts";

/** Fields that senders add with an underscore, and what they are here. */
const ADDED: Readonly<Record<string, "traceId" | "spanId" | "source">> = {
  _trace_id: "traceId",
  _traceId: "traceId",
  _span_id: "spanId",
  _spanId: "spanId",
  _service: "source",
  _app: "source",
  _container_name: "source",
};

/**
 * One message of GELF 1.0 or 1.1. The full message is the message where there is one, behind the short
 * one if that is not its start, as with a stack trace alone; other fields are metadata, added ones without their underscore.
 */
export function readGelf(bytes: Buffer, context: NormalizeContext): PreparedRecord | Rejection {
  return orRejection(() => {
    const record = normalize(readMessage(parseFields(bytes, 0, bytes.length)), context);
    if ("code" in record) throw new RecordProblem(record.code, record.message);
    return record;
  });
}

function readMessage(fields: Fields): object {
  const { version: _, host, short_message, full_message, timestamp, level, ...rest } = fields;
  if (typeof short_message !== "string" || short_message === "") {
    throw new RecordProblem("NL_RECORD_MISSING_FIELD", "short_message is a text of its own");
  }
  const full = typeof full_message === "string" && full_message !== "" ? full_message : undefined;
  const found: { traceId?: string; spanId?: string; source?: string } = {};
  const metadata: { [key: string]: JsonValue } = {};
  if (host !== undefined && host !== null) metadata["host"] = host;
  for (const [key, value] of Object.entries(rest)) {
    const field = Object.hasOwn(ADDED, key) ? ADDED[key] : undefined;
    if (field !== undefined && typeof value === "string" && found[field] === undefined) {
      found[field] = value;
      continue;
    }
    const name = key.startsWith("_") ? key.slice(1) : key;
    metadata[Object.hasOwn(metadata, name) || name === "" ? key : name] = value;
  }
  return {
    message:
      full === undefined || full.startsWith(short_message)
        ? (full ?? short_message)
        : `${short_message}\n${full}`,
    level: levelIndex(level) === -1 ? undefined : level,
    timestamp,
    source: found.source,
    trace_id: found.traceId,
    span_id: found.spanId,
    metadata,
  };
}
