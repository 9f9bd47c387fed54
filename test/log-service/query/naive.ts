import type { Bound, Filter, LikeFilter } from "../../../apps/log-service/src/query/filter.ts";
import type { JsonValue, LogRecord } from "../../../apps/log-service/src/record/record.ts";

/**
 * What filters mean, said as plainly as possible: over records as callers see them, with nothing of
 * the engine. Regular expressions are JavaScript's: give it none that the two dialects differ in.
 */
export function matches(filter: Filter, record: LogRecord): boolean {
  switch (filter.kind) {
    case "all":
      return filter.of.every((part) => matches(part, record));
    case "any":
      return filter.of.some((part) => matches(part, record));
    case "not":
      return !matches(filter.of, record);
    case "level":
      return filter.levels.includes(record.level);
    case "time": {
      const at = nanosOf(record[filter.field]);
      const { from, to } = filter;
      const moment = ({ ms, nanos }: { ms: number; nanos: number }) =>
        BigInt(ms) * 1_000_000n + BigInt(nanos);
      return (!from || at >= moment(from)) && (!to || at < moment(to));
    }
    case "exists":
      return valuesOf(record, filter.field).some(
        (value) => (value !== null && value !== "") || (isMetadata(filter.field) && value !== null),
      );
    case "is":
      return scalarsOf(record, filter.field).some((value) =>
        filter.values.some((wanted) => equal(value, wanted)),
      );
    case "range":
      return scalarsOf(record, filter.field).some(
        (value) =>
          value !== null &&
          (isMetadata(filter.field) || filter.field === "tags" || value !== "") &&
          (!filter.from || beyond(value, filter.from, 1)) &&
          (!filter.to || beyond(value, filter.to, -1)),
      );
    case "like":
      return scalarsOf(record, filter.field).some(
        (value) =>
          value !== null && likePattern(filter).test(plain(String(value), filter.ignoreCase)),
      );
    case "regex": {
      const pattern = new RegExp(filter.pattern, filter.ignoreCase ? "i" : "");
      return scalarsOf(record, filter.field).some(
        (value) => value !== null && pattern.test(String(value)),
      );
    }
    default:
      throw new Error(`the naive evaluator does not know '${filter.kind}'`);
  }
}

export type Scalar = string | number | boolean | null;

export function isMetadata(field: string): boolean {
  return field.startsWith("metadata.");
}

/** Nanoseconds since the epoch. */
export function nanosOf(text: string): bigint {
  const [, second = "", fraction = ""] = /^(.{19})(?:\.(\d+))?Z$/.exec(text) ?? [];
  return BigInt(Date.parse(`${second}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

/** Whatever is found in a field; a record's own text is "" where it is missing. */
export function valuesOf(record: LogRecord, field: string): JsonValue[] {
  if (isMetadata(field)) return reach(record.metadata ?? {}, field.slice("metadata.".length));
  if (field === "tags") return record.tags === undefined ? [] : [record.tags];
  const own = Object.entries(record).find(([name]) => name === field)?.[1];
  return [typeof own === "string" ? own : ""];
}

function reach(value: JsonValue, path: string): JsonValue[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (path === key) return [inner];
    return path.startsWith(`${key}.`) ? reach(inner, path.slice(key.length + 1)) : [];
  });
}

/** Lists give their elements. */
function scalarsOf(record: LogRecord, field: string): Scalar[] {
  return valuesOf(record, field).flatMap((value): Scalar[] => {
    if (typeof value !== "object" || value === null) return [value];
    if (!Array.isArray(value)) return [];
    return value.filter((item): item is string | number | boolean => typeof item !== "object");
  });
}

function equal(value: Scalar, wanted: string): boolean {
  if (typeof value === "number") return isNumber(wanted) && value === Number(wanted);
  return String(value) === wanted;
}

export function isNumber(text: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text);
}

function beyond(value: Scalar, { value: bound, inclusive }: Bound, sign: 1 | -1): boolean {
  const way = (order: number): boolean => (order === 0 ? inclusive : order === sign);
  if (isNumber(bound)) {
    if (typeof value === "boolean" || !isNumber(String(value))) return false;
    return way(Math.sign(Number(value) - Number(bound)));
  }
  if (typeof value !== "string") return false;
  return way(value < bound ? -1 : Number(value > bound));
}

const WORD = "[A-Za-z0-9_\\u0080-\\uffff]";
const EDGE = `(?:(?<!${WORD})|(?!${WORD}))`;

function likePattern({ parts, start, end, ignoreCase }: LikeFilter): RegExp {
  const edge = { any: "", word: EDGE };
  const middle = parts.map((part) => escaped(plain(part, ignoreCase))).join("[^]*");
  const from = start === "value" ? "^" : edge[start];
  const to = end === "value" ? "$" : edge[end];
  return new RegExp(`${from}${middle}${to}`);
}

function escaped(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9\u0080-\uffff]/g, "\\$&");
}

function plain(text: string, ignoreCase: boolean): string {
  return ignoreCase ? text.toLowerCase() : text;
}
