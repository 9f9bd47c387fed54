import { isExact } from "../archive/condition.ts";
import type { Condition } from "../archive/port.ts";
import { LEVELS } from "../record/level.ts";
import { compareInstants } from "../record/time.ts";
import type { Filter, Moment, TimeFilter, ValueFilter } from "./filter.ts";
import { modern } from "./match/old-filter.ts";
import { narrowLike, narrowText, narrowRegex } from "./narrow-message.ts";
import { numberOf } from "./match/values.ts";

/** What an archive is asked for in the place of a filter. */
export interface Narrowed {
  /** Lets through at least what the filter does. */
  readonly condition: Condition;
  /** The first timestamp that counts, and the first that no longer does. */
  readonly from: Moment | undefined;
  readonly to: Moment | undefined;
  /** It all lets through just what the filter does, so that an archive can count by it. */
  readonly exact: boolean;
}

/** A condition for a part of a filter. */
interface Sieve {
  readonly condition: Condition;
  /** As far as the filter goes; what an archive makes of the condition, `isExact` says. */
  readonly exact: boolean;
}

const EVERY: Condition = { kind: "all", of: [] };
/** Nothing can be said of it. */
const UNKNOWN: Sieve = { condition: EVERY, exact: false };

/** Ways to cut a dotted path into keys, as keys may have dots: 8 for four steps. */
const MOST_STEPS = 4;

/** @param bounds Timestamps that the filter is asked for beside itself. */
export function narrow(
  filter: Filter,
  bounds: { readonly from?: Moment | undefined; readonly to?: Moment | undefined } = {},
): Narrowed {
  const times: TimeFilter[] = [];
  const parts = conjunction(filter).filter((part) => {
    const isTime = part.kind === "time" && part.field === "timestamp";
    if (isTime) times.push(part);
    return !isTime;
  });
  const { condition, exact } = all(parts.map(sieveOf));
  return {
    condition,
    from: times.reduce((found, { from }) => tighter(found, from, 1), bounds.from),
    to: times.reduce((found, { to }) => tighter(found, to, -1), bounds.to),
    exact: exact && isExact(condition),
  };
}

/** What all has to be, one beside the other. */
function conjunction(filter: Filter): readonly Filter[] {
  return filter.kind === "all" ? filter.of.flatMap(conjunction) : [filter];
}

function tighter(a: Moment | undefined, b: Moment | undefined, sign: 1 | -1): Moment | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareInstants(a, b) * sign > 0 ? a : b;
}

function sieveOf(filter: Filter): Sieve {
  switch (filter.kind) {
    case "all":
      return all(filter.of.map(sieveOf));
    case "any":
      return any(filter.of.map(sieveOf));
    case "not":
      // What is said of all that a filter lets through says nothing of what it does not.
      return filter.of.kind === "level" ? levels(filter.of.levels, false) : UNKNOWN;
    case "level":
      return levels(filter.levels, true);
    case "time":
      return filter.field === "received" ? received(filter) : UNKNOWN;
    case "is":
      return equal(filter);
    case "like":
      return filter.field === "message" ? { condition: narrowLike(filter), exact: false } : UNKNOWN;
    case "regex":
      return filter.field === "message"
        ? { condition: narrowRegex(filter), exact: false }
        : UNKNOWN;
    case "range":
    case "exists":
      return UNKNOWN;
    default:
      return sieveOf(modern(filter));
  }
}

function all(parts: readonly Sieve[]): Sieve {
  const of = parts.map(({ condition }) => condition).filter((part) => !isEvery(part));
  const [only] = of;
  return {
    condition: of.length === 1 && only !== undefined ? only : { kind: "all", of },
    exact: parts.every(({ exact }) => exact),
  };
}

function any(parts: readonly Sieve[]): Sieve {
  const of = parts.map(({ condition }) => condition);
  const exact = parts.every((part) => part.exact);
  if (of.some(isEvery)) return { condition: EVERY, exact };
  const [only] = of;
  return {
    condition: of.length === 1 && only !== undefined ? only : { kind: "any", of },
    exact,
  };
}

function isEvery(condition: Condition): boolean {
  return condition.kind === "all" && condition.of.length === 0;
}

function levels(named: readonly string[], wanted: boolean): Sieve {
  const indexes = LEVELS.flatMap((level, index) =>
    named.includes(level) === wanted ? [index] : [],
  );
  return { condition: { kind: "level", levels: indexes }, exact: true };
}

/** Times received have no nanoseconds: a bound between two milliseconds lies on the second. */
function received({ from, to }: TimeFilter): Sieve {
  const whole = (moment: Moment): number => moment.ms + (moment.nanos > 0 ? 1 : 0);
  const condition: Condition = {
    kind: "received",
    ...(from !== undefined && { fromMs: whole(from) }),
    ...(to !== undefined && { toMs: whole(to) }),
  };
  return { condition, exact: true };
}

function equal({ field, values }: ValueFilter): Sieve {
  switch (field) {
    case "id":
    case "source":
    case "namespace":
    case "trace_id":
    case "span_id":
      return { condition: { kind: "is", field, values }, exact: true };
    case "message":
      return any(values.map((text): Sieve => ({ condition: narrowText(text), exact: false })));
    case "tags":
      return UNKNOWN;
    default:
      return metadata(field.slice("metadata.".length), values);
  }
}

function metadata(path: string, values: readonly string[]): Sieve {
  const steps = path.split(".");
  // Null is written so too, and no condition asks for it.
  if (steps.length > MOST_STEPS || values.includes("null")) return UNKNOWN;
  const wanted = values.flatMap(meanings);
  const of = waysOf(steps).flatMap((keys) =>
    wanted.map((value): Condition => ({ kind: "metadata", path: keys, value })),
  );
  return any(of.map((condition): Sieve => ({ condition, exact: true })));
}

/** What a text in a filter equals in the metadata. */
function meanings(text: string): readonly (string | number | boolean)[] {
  const number = numberOf(text);
  if (number !== undefined) return [text, number];
  return text === "true" || text === "false" ? [text, text === "true"] : [text];
}

/** The lists of keys that a path may mean: `reachValues` tries them all. */
function waysOf([first = "", ...rest]: readonly string[]): readonly (readonly string[])[] {
  if (rest.length === 0) return [[first]];
  return waysOf(rest).flatMap(([next = "", ...others]) => [
    [first, next, ...others],
    [`${first}.${next}`, ...others],
  ]);
}
