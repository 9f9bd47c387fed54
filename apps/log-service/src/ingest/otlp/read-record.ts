import { RECORD_LIMITS } from "../../limits.ts";
import type { NormalizeContext, Rejection } from "../../record/normalize.ts";
import { isObject, type JsonValue, type PreparedRecord } from "../../record/record.ts";
import { cleanJson, cleanText } from "../../record/text.ts";
import { writeInstant } from "../../record/time.ts";
import { orRejection, RecordProblem } from "../record-problem.ts";
import { readAnyValue, readAttributes, type Attributes } from "./any-value.ts";
import { readSeverity } from "./level.ts";
import type { Origin } from "./origin.ts";
import { readNanoseconds } from "./time.ts";

const HEX = /^[0-9a-f]*$/i;
const ZEROES = /^0*$/;

/** A `LogRecord` of either encoding, checked and prepared; never throws. */
export function readLogRecord(
  input: unknown,
  origin: Origin,
  context: NormalizeContext,
): PreparedRecord | Rejection {
  return orRejection(() => {
    if (!isObject(input)) {
      throw new RecordProblem("NL_RECORD_NOT_AN_OBJECT", "a log record is a LogRecord");
    }
    const observed = readNanoseconds(input["observedTimeUnixNano"]);
    const time = readNanoseconds(input["timeUnixNano"]) ?? observed;
    const { level, word } = readSeverity(input["severityNumber"], input["severityText"]);
    const extra: Attributes = {};
    const message = readBody(readAnyValue(input["body"], 2), extra);
    if (word !== undefined) extra["severity"] = word;
    const eventName = input["eventName"];
    if (typeof eventName === "string" && eventName !== "") extra["event_name"] = eventName;
    if (observed !== undefined && time !== undefined && observed.ms !== time.ms) {
      extra["observed_timestamp"] = writeInstant(observed.ms, observed.nanos, observed.digits);
    }
    const { flags } = input;
    if (typeof flags === "number" && flags !== 0) extra["trace_flags"] = flags & 0xff;
    return {
      namespace: context.namespace,
      ms: time?.ms ?? context.received,
      nanos: time?.nanos ?? 0,
      digits: time?.digits ?? 3,
      received: context.received,
      level,
      message,
      source: origin.source,
      traceId: readId(input["traceId"], "traceId") || (context.traceId ?? ""),
      spanId: readId(input["spanId"], "spanId"),
      tags: "",
      metadata: metadataOf(readAttributes(input["attributes"], 1), extra, origin),
    };
  });
}

/**
 * The message that a body means. Of a map that has a message of its own the rest goes to the
 * metadata, where it can be searched; any other body that is no text is shown as JSON.
 */
function readBody(body: JsonValue, extra: Attributes): string {
  let text = "";
  if (typeof body === "string") text = body;
  else if (isObject(body)) {
    const key = ["message", "msg"].find((name) => typeof body[name] === "string");
    const own = key === undefined ? undefined : body[key];
    if (key !== undefined && typeof own === "string") {
      const { [key]: _, ...rest } = body;
      if (Object.keys(rest).length > 0) extra["body"] = rest;
      text = own;
    } else text = JSON.stringify(body);
  } else if (body !== null) text = JSON.stringify(body);
  if (text.length > RECORD_LIMITS.messageUnits) {
    throw tooLarge("the body", RECORD_LIMITS.messageUnits);
  }
  return cleanText(text);
}

/**
 * Attributes stand in the metadata under their own names. Ours (`resource`, `scope`, `body` and so
 * on) come after them; an attribute of such a name steps aside.
 */
function metadataOf(attributes: Attributes, extra: Attributes, origin: Origin): string {
  for (const name of ["resource", "scope", ...Object.keys(extra)]) {
    const value = attributes[name];
    if (value === undefined || !Object.hasOwn(attributes, name)) continue;
    attributes[`attributes.${name}`] = value;
    delete attributes[name];
  }
  const own = cleanJson(Object.assign(attributes, extra));
  const text =
    origin.members === ""
      ? own
      : own === "{}"
        ? `{${origin.members}}`
        : `${own.slice(0, -1)},${origin.members}}`;
  if (text.length > RECORD_LIMITS.metadataUnits) {
    throw tooLarge("the attributes", RECORD_LIMITS.metadataUnits);
  }
  return text === "{}" ? "" : text;
}

/** Bytes in protobuf, hexadecimal digits in JSON. All zeroes mean that there is none. */
function readId(value: unknown, name: string): string {
  if (value === undefined || value === null) return "";
  const text =
    value instanceof Uint8Array
      ? Buffer.from(value.buffer, value.byteOffset, value.length).toString("hex")
      : value;
  if (typeof text !== "string" || !HEX.test(text)) {
    throw new RecordProblem("NL_RECORD_FIELD_TYPE", `${name} is hexadecimal`);
  }
  if (text.length > RECORD_LIMITS.traceIdUnits) throw tooLarge(name, RECORD_LIMITS.traceIdUnits);
  return ZEROES.test(text) ? "" : text.toLowerCase();
}

function tooLarge(what: string, limit: number): RecordProblem {
  return new RecordProblem("NL_RECORD_TOO_LARGE", `${what} takes more than ${limit} characters`);
}
