import { z } from "zod";

import { ServiceError } from "../errors.ts";
import { QUERY_LIMITS, RECORD_LIMITS } from "../limits.ts";
import { LEVELS } from "../record/level.ts";
import type { Filter, TextField } from "./filter.ts";
import { isTextField } from "./fields.ts";
import { regexProblem } from "./regex/regex.ts";

export { isTextField } from "./fields.ts";

const text = z.string().max(QUERY_LIMITS.textUnits);
const field = z.custom<TextField>(isTextField);
const values = z.array(text).min(1).max(QUERY_LIMITS.values);
const moment = z.strictObject({
  ms: z.number().int().min(0).max(RECORD_LIMITS.latestMs),
  nanos: z.number().int().min(0).max(999_999),
});
const bound = z.strictObject({ value: text, inclusive: z.boolean() });
const side = z.enum(["any", "word", "value"]);

const leaf = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("level"), levels: z.array(z.enum(LEVELS)).max(LEVELS.length) }),
  z.strictObject({
    kind: z.literal("time"),
    field: z.enum(["timestamp", "received"]),
    from: moment.optional(),
    to: moment.optional(),
  }),
  z.strictObject({ kind: z.literal("is"), field, values }),
  z.strictObject({
    kind: z.literal("range"),
    field,
    from: bound.optional(),
    to: bound.optional(),
  }),
  z.strictObject({
    kind: z.literal("like"),
    field,
    parts: values,
    start: side,
    end: side,
    ignoreCase: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal("regex"),
    field,
    pattern: z.string().refine((pattern) => regexProblem(pattern) === undefined),
    ignoreCase: z.boolean(),
  }),
  z.strictObject({ kind: z.literal("exists"), field }),
]);

const branch = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.enum(["all", "any"]), of: z.array(z.unknown()) }),
  z.strictObject({ kind: z.literal("not"), of: z.unknown() }),
]);

/** The filter as a tombstone keeps it. */
export function writeFilterJson(filter: Filter): string {
  return JSON.stringify(filter);
}

/**
 * Reads what `writeFilterJson` wrote, trusting none of it.
 * @throws ServiceError NL_FILTER_INVALID for anything else, or for a filter beyond the limits.
 */
export function readFilterJson(json: string): Filter {
  if (json.length > QUERY_LIMITS.jsonUnits)
    throw invalid(`is longer than ${QUERY_LIMITS.jsonUnits}`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw invalid("is not JSON", error);
  }
  return checkFilter(value);
}

/** As `readFilterJson`, for a value that another thread sent. */
export function checkFilter(value: unknown): Filter {
  const room = { terms: QUERY_LIMITS.terms, values: QUERY_LIMITS.values };
  return readNode(value, QUERY_LIMITS.depth, room);
}

function readNode(value: unknown, depth: number, room: { terms: number; values: number }): Filter {
  room.terms -= 1;
  if (depth < 0) throw invalid("is nested too deeply");
  if (room.terms < 0) throw invalid("has too many terms");
  const asBranch = branch.safeParse(value);
  if (asBranch.success) {
    const { kind, of } = asBranch.data;
    if (kind === "not") return { kind, of: readNode(of, depth - 1, room) };
    return { kind, of: of.map((part) => readNode(part, depth - 1, room)) };
  }
  const parsed = leaf.safeParse(value);
  if (!parsed.success) throw invalid("has a term that is not known");
  const { data } = parsed;
  if (data.kind === "is") room.values -= data.values.length;
  if (data.kind === "like") room.values -= data.parts.length;
  if (room.values < 0) throw invalid("has too many values");
  return data;
}

function invalid(what: string, cause?: unknown): ServiceError {
  return new ServiceError("NL_FILTER_INVALID", `The filter ${what}`, { cause });
}
