import type { ErrorCode } from "../errors.ts";
import { RECORD_LIMITS } from "../limits.ts";
import { FORBIDDEN_KEY, inspectValue, isForbidden, TOO_DEEP } from "./inspect.ts";
import { LEVEL_OF_SILENCE, levelIndex } from "./level.ts";
import { isNamespaceName } from "./namespace.ts";
import { isObject, type JsonValue, type PreparedRecord } from "./record.ts";
import { cleanJson, cleanText } from "./text.ts";
import { readInstant, type TimeProblem } from "./time.ts";

/** Why one record was not taken. `code` is of the registry; `message` may go out as it stands. */
export interface Rejection {
  readonly code: ErrorCode;
  readonly message: string;
}

export interface NormalizeContext {
  /** Where records without a namespace of their own go. */
  readonly namespace: string;
  /** When the service got the batch, in milliseconds since the epoch. */
  readonly received: number;
  /** The trace of records that name none; none when left out. */
  readonly traceId?: string | undefined;
}

export function isRejection(outcome: PreparedRecord | Rejection): outcome is Rejection {
  return "code" in outcome;
}

/**
 * Checks one record of any sender and prepares it for a block; never throws. Hand-written because
 * it runs for every record: a schema library takes 0.3 to 0.9 us here, this a tenth.
 * @param members How many object members the record's text has (`scanJson`), if known: more than
 * the value has keys means that a key was named twice.
 */
export function normalize(
  input: unknown,
  context: NormalizeContext,
  members?: number,
): PreparedRecord | Rejection {
  if (!isObject(input)) return reject("NL_RECORD_NOT_AN_OBJECT", "a record is a JSON object");
  let timestamp: unknown;
  let level: unknown;
  let message: unknown;
  let source: unknown;
  let traceId: unknown;
  let spanId: unknown;
  let tags: unknown;
  let metadata: unknown;
  let namespace: unknown;
  let found = 0;
  for (const key of Object.keys(input)) {
    const value = input[key];
    found += 1;
    switch (key) {
      case "timestamp":
        timestamp = value;
        break;
      case "level":
        level = value;
        break;
      case "message":
        message = value;
        break;
      case "component":
      case "source":
        if (source !== undefined && source !== null) return twice("source", "component");
        source = value;
        break;
      case "trace_id":
        traceId = value;
        break;
      case "span_id":
        spanId = value;
        break;
      case "tags":
        tags = value;
        break;
      case "data":
      case "metadata":
        if (metadata !== undefined && metadata !== null) return twice("metadata", "data");
        metadata = value;
        break;
      case "namespace":
        namespace = value;
        break;
      default:
        return unknownField(key, value);
    }
  }

  if (typeof message !== "string") return badMessage(message);
  if (message.length > RECORD_LIMITS.messageUnits) {
    return tooLong("message", RECORD_LIMITS.messageUnits);
  }
  const index = level === undefined || level === null ? LEVEL_OF_SILENCE : levelIndex(level);
  if (index < 0) return reject("NL_RECORD_LEVEL", `level ${show(level)} is not known`);
  const instant =
    timestamp === undefined || timestamp === null
      ? { ms: context.received, nanos: 0, digits: 3 }
      : readInstant(timestamp);
  if (typeof instant === "string") return badTime(instant, timestamp);
  const sourceText = readText(source, "source", RECORD_LIMITS.sourceUnits);
  if (typeof sourceText !== "string") return sourceText;
  const traceText = readText(traceId, "trace_id", RECORD_LIMITS.traceIdUnits);
  if (typeof traceText !== "string") return traceText;
  const spanText = readText(spanId, "span_id", RECORD_LIMITS.spanIdUnits);
  if (typeof spanText !== "string") return spanText;
  const tagsText = readTags(tags);
  if (typeof tagsText !== "string") return tagsText;
  const inner = inspectValue(metadata, 1);
  if (inner === TOO_DEEP) {
    return reject("NL_RECORD_TOO_DEEP", `metadata is nested deeper than ${RECORD_LIMITS.depth}`);
  }
  if (inner === FORBIDDEN_KEY) {
    return reject("NL_RECORD_FORBIDDEN_KEY", "metadata has a key that changes prototypes");
  }
  const metadataText = readMetadata(metadata);
  if (typeof metadataText !== "string") return metadataText;
  const name = namespace ?? context.namespace;
  if (typeof name !== "string" || !isNamespaceName(name)) {
    return reject("NL_RECORD_NAMESPACE", `namespace ${show(name)} is not a DNS label`);
  }
  if (members !== undefined && members !== found + inner) {
    return reject("NL_RECORD_DUPLICATE_KEY", "the record names a key twice");
  }
  return {
    namespace: name,
    ms: instant.ms,
    nanos: instant.nanos,
    digits: instant.digits,
    received: context.received,
    level: index,
    message: cleanText(message),
    source: sourceText,
    traceId: traceText === "" ? (context.traceId ?? "") : traceText,
    spanId: spanText,
    tags: tagsText,
    metadata: metadataText,
  };
}

function readText(value: unknown, field: string, limit: number): string | Rejection {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") return reject("NL_RECORD_FIELD_TYPE", `${field} is a string`);
  return value.length > limit ? tooLong(field, limit) : cleanText(value);
}

function readTags(value: unknown): string | Rejection {
  if (value === undefined || value === null) return "";
  if (!Array.isArray(value) || !value.every((tag) => typeof tag === "string")) {
    return reject("NL_RECORD_FIELD_TYPE", "tags is an array of strings");
  }
  if (value.length === 0) return "";
  if (value.length > RECORD_LIMITS.tags) {
    return reject("NL_RECORD_TOO_LARGE", `tags has more than ${RECORD_LIMITS.tags} entries`);
  }
  if (value.some((tag) => tag.length > RECORD_LIMITS.tagUnits)) {
    return tooLong("a tag", RECORD_LIMITS.tagUnits);
  }
  return cleanJson(value);
}

function readMetadata(value: unknown): string | Rejection {
  if (value === undefined || value === null) return "";
  if (!isJsonObject(value)) return reject("NL_RECORD_FIELD_TYPE", "metadata is a JSON object");
  const text = cleanJson(value);
  if (text.length > RECORD_LIMITS.metadataUnits) {
    return tooLong("metadata", RECORD_LIMITS.metadataUnits);
  }
  return text === "{}" ? "" : text;
}

function badMessage(value: unknown): Rejection {
  return value === undefined || value === null
    ? reject("NL_RECORD_MISSING_FIELD", "message is missing")
    : reject("NL_RECORD_FIELD_TYPE", "message is a string");
}

const TIME_PROBLEMS: Record<TimeProblem, string> = {
  format: "is neither RFC 3339 with at most nine fractional digits nor an epoch",
  offset: "has no offset: end it with Z or +hh:mm",
  range: "is no instant between 1970 and 2262",
};

function badTime(problem: TimeProblem, value: unknown): Rejection {
  return reject("NL_RECORD_TIMESTAMP", `timestamp ${show(value)} ${TIME_PROBLEMS[problem]}`);
}

function unknownField(key: string, value: unknown): Rejection {
  return isForbidden(key, value)
    ? reject("NL_RECORD_FORBIDDEN_KEY", `the key ${show(key)} is not allowed`)
    : reject("NL_RECORD_UNKNOWN_FIELD", `${show(key)} is no field: put it into metadata`);
}

function twice(field: string, alias: string): Rejection {
  return reject("NL_RECORD_DUPLICATE_KEY", `${field} and its alias ${alias} are both given`);
}

function tooLong(field: string, limit: number): Rejection {
  return reject("NL_RECORD_TOO_LARGE", `${field} is longer than ${limit} characters`);
}

function reject(code: ErrorCode, message: string): Rejection {
  return { code, message };
}

/** A short, quoted form of what was sent: a rejection must not carry a megabyte back. */
function show(value: unknown): string {
  // Never String() of an object: a record may bring a `toString` that is no function.
  if (typeof value === "object") return value === null ? "null" : "(an object)";
  const text = typeof value === "string" ? JSON.stringify(value.toWellFormed()) : String(value);
  return text.length > 48 ? `${text.slice(0, 47)}…` : text;
}

// What JSON.parse made is JSON; other callers of this module hand over parsed JSON too.
function isJsonObject(value: unknown): value is { readonly [key: string]: JsonValue } {
  return isObject(value);
}
