import { isTokenUnit } from "../../block/tokens.ts";
import type { JsonValue } from "../../record/record.ts";
import type {
  Bound,
  ExistsFilter,
  LikeFilter,
  RangeFilter,
  RegexFilter,
  ValueFilter,
} from "../filter.ts";
import { compileRegex } from "../regex/regex.ts";
import { fold } from "./fold.ts";

/** The filters that look at the text or the value of one field. */
export type FieldFilter = ValueFilter | RangeFilter | LikeFilter | RegexFilter | ExistsFilter;

export type TextTest = (text: string) => boolean;
export type ValueTest = (value: JsonValue) => boolean;

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
/** Longer ones are digits of something else, and reading them costs. */
const NUMBER_UNITS = 40;

/** The number that a text is; undefined if it is none. */
export function numberOf(text: string): number | undefined {
  if (text.length > NUMBER_UNITS || !DECIMAL.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** The test for a field that is text in every record, "" where it is missing. */
export function textTest(filter: FieldFilter): TextTest {
  switch (filter.kind) {
    case "is": {
      const wanted = new Set(filter.values);
      return (text) => wanted.has(text);
    }
    case "range": {
      const tests = boundTests(filter);
      return (text) => text !== "" && tests.every((test) => test(text));
    }
    case "like":
      return likeTest(filter);
    case "regex": {
      const regex = compileRegex(filter.pattern, filter.ignoreCase);
      return (text) => regex.test(text);
    }
    case "exists":
      return (text) => text !== "";
  }
}

/** The test for a value in the metadata; where there is none it is not called. */
export function valueTest(filter: FieldFilter): ValueTest {
  switch (filter.kind) {
    case "is":
      return anyElement(equalityTest(filter.values));
    case "range": {
      const tests = boundTests(filter);
      return anyElement((value) => value !== null && tests.every((test) => test(value)));
    }
    case "like":
    case "regex": {
      const test = textTest(filter);
      return anyElement((value) => value !== null && test(String(value)));
    }
    case "exists":
      return (value) => value !== null;
  }
}

type Scalar = string | number | boolean | null;

function equalityTest(values: readonly string[]): (value: Scalar) => boolean {
  const texts = new Set(values);
  const numbers = new Set(values.map(numberOf));
  return (value) =>
    typeof value === "number"
      ? numbers.has(value)
      : texts.has(value === null ? "null" : String(value));
}

/** An array passes if an element does; null there, objects and inner arrays never do. */
function anyElement(test: (value: Scalar) => boolean): ValueTest {
  return (value) => {
    if (isScalar(value)) return test(value);
    return (
      Array.isArray(value) && value.some((item) => item !== null && isScalar(item) && test(item))
    );
  };
}

function isScalar(value: unknown): value is Scalar {
  return typeof value !== "object" || value === null;
}

function boundTests({ from, to }: RangeFilter): ((value: string | number | boolean) => boolean)[] {
  return [
    ...(from === undefined ? [] : [boundTest(from, 1)]),
    ...(to === undefined ? [] : [boundTest(to, -1)]),
  ];
}

/** @param sign 1 for a lower bound, -1 for an upper one. */
function boundTest(
  { value: bound, inclusive }: Bound,
  sign: 1 | -1,
): (value: string | number | boolean) => boolean {
  const number = numberOf(bound);
  if (number === undefined) {
    // Text is compared with text alone: that "abc" lies above 5 says nothing about either.
    return (value) => typeof value === "string" && within(value === bound, value > bound);
  }
  return (value) => {
    const own = typeof value === "string" ? numberOf(value) : value;
    return typeof own === "number" && within(own === number, own > number);
  };

  function within(equal: boolean, above: boolean): boolean {
    return equal ? inclusive : above === (sign === 1);
  }
}

/** Parts are taken as early as they come, which leaves the most room for those that follow. */
function likeTest({ parts, start, end, ignoreCase }: LikeFilter): TextTest {
  const wanted = ignoreCase ? parts.map(fold) : parts;
  const last = wanted.length - 1;
  return (original) => {
    const text = ignoreCase ? fold(original) : original;
    let at = 0;
    for (const [index, part] of wanted.entries()) {
      const found = find(text, part, at, index === 0 ? start : "any", index === last ? end : "any");
      if (found === -1) return false;
      at = found + part.length;
    }
    return true;
  };
}

type Side = LikeFilter["start"];

/** Where a part begins, from a place on; -1 if nowhere. */
function find(text: string, part: string, from: number, start: Side, end: Side): number {
  if (start === "value") {
    const fits = text.startsWith(part) && bounded(text, part.length, end);
    return from === 0 && fits ? 0 : -1;
  }
  if (end === "value") {
    const at = text.length - part.length;
    return at >= from && text.endsWith(part) && bounded(text, at, start) ? at : -1;
  }
  for (let at = text.indexOf(part, from); at !== -1; at = text.indexOf(part, at + 1)) {
    if (bounded(text, at, start) && bounded(text, at + part.length, end)) return at;
    // An empty part is found at the end again and again.
    if (at >= text.length) return -1;
  }
  return -1;
}

function bounded(text: string, at: number, side: Side): boolean {
  switch (side) {
    case "any":
      return true;
    case "value":
      return at === text.length;
    case "word":
      return !(isTokenUnit(text.charCodeAt(at - 1)) && isTokenUnit(text.charCodeAt(at)));
  }
}
