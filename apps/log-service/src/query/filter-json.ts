import { ServiceError } from "../errors.ts";
import { QUERY_LIMITS, RECORD_LIMITS } from "../limits.ts";
import { LEVELS } from "../record/level.ts";
import { EVERYTHING, type Filter } from "./filter.ts";
import { isTextField } from "./fields.ts";
import { regexProblem } from "./regex/regex.ts";
import { flag, list, object, oneOf, string, stringThat, whole } from "./shape.ts";

export { isTextField } from "./fields.ts";

const word = string(QUERY_LIMITS.textUnits);
const values = list(word, QUERY_LIMITS.values, 1);
const moment = object({ ms: whole(RECORD_LIMITS.latestMs), nanos: whole(999_999) });
const bound = object({ value: word, inclusive: flag });
const side = oneOf("any", "word", "value");
const pattern = stringThat((source) => regexProblem(source) === undefined);

const isTest = {
  level: object({ kind: oneOf("level"), levels: list(oneOf(...LEVELS), LEVELS.length) }),
  time: object(
    { kind: oneOf("time"), field: oneOf("timestamp", "received") },
    { from: moment, to: moment },
  ),
  is: object({ kind: oneOf("is"), field: isTextField, values }),
  range: object({ kind: oneOf("range"), field: isTextField }, { from: bound, to: bound }),
  like: object({
    kind: oneOf("like"),
    field: isTextField,
    parts: values,
    start: side,
    end: side,
    ignoreCase: flag,
  }),
  regex: object({ kind: oneOf("regex"), field: isTextField, pattern, ignoreCase: flag }),
  exists: object({ kind: oneOf("exists"), field: isTextField }),
};
const isBranch = object({ kind: oneOf("all", "any"), of: list(anything, Infinity) });
const isNot = object({ kind: oneOf("not"), of: anything });

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

/**
 * What a tombstone covers, which has "" for every record.
 * @throws ServiceError NL_FILTER_INVALID as `readFilterJson` does.
 */
export function filterOf({ filter }: { readonly filter: string }): Filter {
  return filter === "" ? EVERYTHING : readFilterJson(filter);
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
  if (isNot(value)) return { kind: "not", of: readNode(value.of, depth - 1, room) };
  if (isBranch(value)) {
    return { kind: value.kind, of: value.of.map((part) => readNode(part, depth - 1, room)) };
  }
  if (isTest.is(value)) room.values -= value.values.length;
  else if (isTest.like(value)) room.values -= value.parts.length;
  if (room.values < 0) throw invalid("has too many values");
  for (const isOne of Object.values(isTest)) if (isOne(value)) return value;
  throw invalid("has a term that is not known");
}

function anything(value: unknown): value is unknown {
  return value !== undefined;
}

function invalid(what: string, cause?: unknown): ServiceError {
  return new ServiceError("NL_FILTER_INVALID", `The filter ${what}`, { cause });
}
