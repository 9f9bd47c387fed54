import { RECORD_LIMITS } from "../../limits.ts";
import { isForbidden } from "../../record/inspect.ts";
import { isObject, type JsonValue } from "../../record/record.ts";
import { RecordProblem } from "../record-problem.ts";

/** A list of names and values, which is what attributes and maps are in OTLP. */
export type Attributes = { [key: string]: JsonValue };

/**
 * An `AnyValue` of either encoding as JSON: the generated messages and parsed JSON have the same
 * names. 64-bit integers that no JSON number holds exactly become text; bytes become base64.
 * @param depth How many containers are around it.
 * @throws RecordProblem when it is of no known form, or nested too deeply.
 */
export function readAnyValue(value: unknown, depth: number): JsonValue {
  if (value === undefined || value === null) return null;
  if (!isObject(value)) throw wrong("a value is an AnyValue");
  const { stringValue, intValue, boolValue, doubleValue } = value;
  if (typeof stringValue === "string") return stringValue;
  if (intValue !== undefined && intValue !== null) return readInteger(intValue);
  if (typeof boolValue === "boolean") return boolValue;
  if (doubleValue !== undefined && doubleValue !== null) return readDouble(doubleValue);
  const { kvlistValue, arrayValue, bytesValue } = value;
  if (isObject(kvlistValue)) return readAttributes(kvlistValue["values"], depth + 1);
  if (isObject(arrayValue)) return readArray(arrayValue["values"], depth + 1);
  if (typeof bytesValue === "string") return bytesValue;
  if (bytesValue instanceof Uint8Array) return Buffer.from(bytesValue).toString("base64");
  if (stringValue === undefined || stringValue === null) return null;
  throw wrong("stringValue is a string");
}

/**
 * A list of `KeyValue` as an object. The protocol says that keys are unique and some senders do not
 * keep to it: the values of a repeated key become a list, so that none is lost.
 */
export function readAttributes(list: unknown, depth: number): Attributes {
  const found: Attributes = {};
  if (list === undefined || list === null) return found;
  if (!Array.isArray(list)) throw wrong("attributes are a list");
  if (depth >= RECORD_LIMITS.depth) throw tooDeep();
  let repeated: Map<string, JsonValue[]> | undefined;
  for (const item of list) {
    if (!isObject(item)) throw wrong("an attribute is a key and a value");
    const key = item["key"] ?? "";
    if (typeof key !== "string") throw wrong("an attribute's key is a string");
    const value = readAnyValue(item["value"], depth);
    if (isForbidden(key, value)) {
      throw new RecordProblem("NL_RECORD_FORBIDDEN_KEY", "an attribute's key is not allowed");
    }
    if (!Object.hasOwn(found, key)) {
      found[key] = value;
      continue;
    }
    repeated ??= new Map();
    let values = repeated.get(key);
    if (values === undefined) repeated.set(key, (values = [found[key] ?? null]));
    values.push(value);
  }
  for (const [key, values] of repeated ?? []) found[key] = values;
  return found;
}

function readArray(list: unknown, depth: number): JsonValue {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw wrong("values are a list");
  if (depth >= RECORD_LIMITS.depth) throw tooDeep();
  return list.map((item: unknown) => readAnyValue(item, depth));
}

function readInteger(value: unknown): JsonValue {
  if (typeof value === "number") return value;
  if (isObject(value)) return fromHalves(value);
  if (typeof value !== "string" || !/^-?\d{1,20}$/.test(value))
    throw wrong("intValue is an integer");
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A 64-bit number of the generated code: halves of 32 bits, the upper one with the sign. */
function fromHalves({ low, high }: { readonly [key: string]: unknown }): JsonValue {
  if (typeof low !== "number" || typeof high !== "number") throw wrong("intValue is an integer");
  const number = high * 2 ** 32 + (low >>> 0);
  if (Number.isSafeInteger(number)) return number;
  return String((BigInt(high) << 32n) + BigInt(low >>> 0));
}

/** NaN and the infinities are no JSON numbers: they stay words. */
function readDouble(value: unknown): JsonValue {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value !== "string") throw wrong("doubleValue is a number");
  const number = Number(value);
  return value.trim() !== "" && Number.isFinite(number) ? number : value;
}

function wrong(message: string): RecordProblem {
  return new RecordProblem("NL_RECORD_FIELD_TYPE", message);
}

function tooDeep(): RecordProblem {
  return new RecordProblem(
    "NL_RECORD_TOO_DEEP",
    `a value is nested deeper than ${RECORD_LIMITS.depth}`,
  );
}
