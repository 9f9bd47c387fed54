import { ServiceError } from "../../errors.ts";
import { INGEST_LIMITS, LOKI_LIMITS, RECORD_LIMITS } from "../../limits.ts";
import { isForbidden } from "../../record/inspect.ts";
import type { NormalizeContext, Rejection } from "../../record/normalize.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { readInstant } from "../../record/time.ts";
import { BatchBuilder, type Batch } from "../batch.ts";
import { Turn } from "../turn.ts";
import { labelsOfObject, LabelsError, readLabels } from "./labels.ts";
import { StreamReader, type EntryTime } from "./stream.ts";

/**
 * Reads a push in JSON: `{"streams":[{"stream":{…},"values":[["<ns>","line",{…}]]}]}`, and the form
 * before it, `{"streams":[{"labels":"{…}","entries":[{"ts":"…","line":"…"}]}]}`.
 * @throws ServiceError NL_LOKI_PUSH for a body that is neither, NL_LOKI_EMPTY for one without
 * streams, NL_BATCH_TOO_LONG for too much.
 */
export async function readJsonPush(bytes: Buffer, context: NormalizeContext): Promise<Batch> {
  checkShape(bytes);
  const body = parse(bytes);
  const streams = isObject(body) ? (body["streams"] ?? []) : undefined;
  if (!Array.isArray(streams)) {
    throw new ServiceError("NL_LOKI_PUSH", "couldn't parse push request: streams is no array");
  }
  if (streams.length === 0) throw new ServiceError("NL_LOKI_EMPTY");
  const batch = new BatchBuilder();
  const turn = new Turn();
  for (const stream of streams) {
    const reader = readerOf(stream, context);
    const values = isObject(stream) ? (stream["values"] ?? stream["entries"]) : undefined;
    if (!Array.isArray(values)) {
      if (values !== undefined && values !== null) batch.add(bad("a stream's values are no array"));
      continue;
    }
    for (const value of values) {
      if (batch.size >= INGEST_LIMITS.batchRecords) throw tooLong();
      batch.add(reader instanceof StreamReader ? readEntry(reader, value) : reader);
      if (turn.isOver()) await turn.next();
    }
  }
  return batch;
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    const reason = error instanceof Error ? error.message : "unknown";
    // V8 quotes the text around the mistake, which may be a whole line of somebody's log.
    const short = reason.replace(/,? ?\.{0,3}".*$/s, "").slice(0, 100);
    throw new ServiceError("NL_LOKI_PUSH", `couldn't parse push request: ${short}`);
  }
}

function readerOf(stream: unknown, context: NormalizeContext): StreamReader | Rejection {
  if (!isObject(stream)) return bad("a stream is an object");
  try {
    const text = stream["labels"];
    const labels =
      typeof text === "string" ? readLabels(text) : labelsOfObject(stream["stream"] ?? {});
    return new StreamReader(labels, context);
  } catch (error) {
    if (error instanceof LabelsError) return bad(`couldn't parse labels: ${error.message}`);
    throw error;
  }
}

function readEntry(reader: StreamReader, value: unknown): PreparedRecord | Rejection {
  if (Array.isArray(value)) {
    const [time, line, structured]: unknown[] = value;
    if (typeof line !== "string") return bad("an entry's line is a string");
    return reader.read(epochNanos(time), line, structuredOf(structured));
  }
  if (!isObject(value)) return bad("an entry is an array of a timestamp, a line, and more");
  const { ts, line, structuredMetadata } = value;
  if (typeof line !== "string") return bad("an entry's line is a string");
  const time = readInstant(ts);
  return reader.read(
    typeof time === "string" ? undefined : time,
    line,
    structuredOf(structuredMetadata),
  );
}

const NANOS = /^\d{1,19}$/;

/** Always nanoseconds, however few digits; a number instead of a string is taken all the same. */
function epochNanos(value: unknown): EntryTime | undefined {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || !NANOS.test(text)) return undefined;
  return { ms: Number(text.slice(0, -6)), nanos: Number(text.slice(-6)) };
}

function structuredOf(value: unknown): Map<string, string> | undefined {
  if (!isObject(value)) return undefined;
  const fields = new Map<string, string>();
  for (const name of Object.keys(value)) {
    const field = value[name];
    if (isForbidden(name, field) || field === null) continue;
    fields.set(name, typeof field === "string" ? field : JSON.stringify(field));
  }
  return fields;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Bounds what JSON.parse will make of the text: two bytes become an array of dozens, and the parser
 * holds all of them at once.
 */
function checkShape(bytes: Buffer): void {
  let depth = 0;
  let containers = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at += 1;
      while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
      containers += 1;
      if (depth > RECORD_LIMITS.depth) {
        throw new ServiceError("NL_LOKI_PUSH", "couldn't parse push request: nested too deeply");
      }
      if (containers > LOKI_LIMITS.messages) throw tooLong();
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
    }
  }
}

function tooLong(): ServiceError {
  return new ServiceError(
    "NL_BATCH_TOO_LONG",
    `a push has at most ${INGEST_LIMITS.batchRecords} entries`,
  );
}

function bad(message: string): Rejection {
  return { code: "NL_RECORD_FIELD_VALUE", message };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
