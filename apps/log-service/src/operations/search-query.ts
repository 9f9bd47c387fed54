import { SEARCH_LIMITS } from "../limits.ts";
import { contains, levelsFrom, valueIs, type Filter, type Moment } from "../query/filter.ts";
import type { Order } from "../query/key.ts";
import { parseQuery } from "../query/language/parse.ts";
import type { Pipe } from "../query/pipe.ts";
import { levelIndex, levelName } from "../record/level.ts";
import { readInstant } from "../record/time.ts";
import { invalidParameter } from "./invalid-parameter.ts";

/** What records a caller asks for, in a caller's words, whichever door it came in by: all of it together. */
export interface FilterQuery {
  /** In the query language; docs/query-language.md. */
  readonly q?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** One: the least level. Several: exactly these. */
  readonly level?: readonly string[] | undefined;
  /** Any of them. */
  readonly source?: readonly string[] | undefined;
  /** All of them. */
  readonly tag?: readonly string[] | undefined;
  readonly trace_id?: string | undefined;
  readonly text?: string | undefined;
  /** Dotted path and value; all of them. */
  readonly metadata?: readonly (readonly [string, string])[] | undefined;
  /** Any of them; all that the caller reaches when left out. */
  readonly namespace?: readonly string[] | undefined;
}

export interface SearchQuery extends FilterQuery {
  /** By timestamp; newest first when left out. */
  readonly order?: Order | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly after?: string | undefined;
}

const RELATIVE = /^(\d{1,9})(s|m|h|d|w)$/;
const DURATION = /^(\d{1,12})(ms|s|m|h|d|w)?$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Reads a moment: RFC 3339, an epoch, `now`, or how long ago (`15m`).
 * @throws ServiceError NL_PARAMETER_INVALID.
 */
export function readMoment(name: string, text: string, nowMs: number): Moment {
  const relative = RELATIVE.exec(text);
  if (relative !== null) {
    const ago = Number(relative[1]) * (UNIT_MS[relative[2] ?? ""] ?? 0);
    return { ms: Math.max(0, nowMs - ago), nanos: 0 };
  }
  if (text === "now") return { ms: nowMs, nanos: 0 };
  const instant = readInstant(text);
  if (typeof instant === "string") {
    throw invalidParameter(name, "is no time: give RFC 3339, an epoch, or how long ago, as 15m");
  }
  return { ms: instant.ms, nanos: instant.nanos };
}

/**
 * Reads a length of time, `5m` or milliseconds.
 * @throws ServiceError NL_PARAMETER_INVALID.
 */
export function readDuration(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, digits, unit = "ms"] = DURATION.exec(text) ?? [];
  const ms = Number(digits) * (UNIT_MS[unit] ?? 0);
  if (!Number.isSafeInteger(ms) || ms < 1) {
    throw invalidParameter(name, "is a length of time: 30s, 5m, 1h, 1d, or milliseconds");
  }
  return ms;
}

/** What a caller's words ask for: a filter, and what its query pipes the records through. */
export interface ReadQuery {
  readonly filter: Filter;
  readonly pipes: readonly Pipe[];
}

/** @throws ServiceError NL_PARAMETER_INVALID naming the parameter that is wrong, or NL_QUERY_INVALID. */
export function readQuery(query: FilterQuery, nowMs: number): ReadQuery {
  const { filter: asked, pipes } =
    query.q === undefined ? { filter: undefined, pipes: [] } : parseQuery(query.q, nowMs);
  const of: Filter[] = [];
  if (query.level !== undefined) of.push(levelFilter(query.level));
  if (query.source !== undefined) of.push(valueIs("source", ...query.source));
  for (const is of query.tag ?? []) of.push(valueIs("tags", is));
  if (query.trace_id !== undefined) of.push(valueIs("trace_id", query.trace_id));
  if (query.text !== undefined && query.text !== "") of.push(contains("message", query.text, true));
  for (const [path, is] of query.metadata ?? []) {
    if (path === "" || path.split(".").length > SEARCH_LIMITS.pathSteps) {
      throw invalidParameter(
        `metadata.${path.slice(0, 64)}`,
        `needs a path of 1 to ${SEARCH_LIMITS.pathSteps} steps`,
      );
    }
    of.push(valueIs(`metadata.${path}`, is));
  }
  if (asked !== undefined) of.push(asked);
  return { filter: { kind: "all", of }, pipes };
}

/** @throws ServiceError NL_PARAMETER_INVALID. */
export function readOrder(text: string | undefined): Order | undefined {
  if (text === undefined || text === "asc" || text === "desc") return text;
  throw invalidParameter("order", "is asc or desc");
}

/** @throws ServiceError NL_PARAMETER_INVALID. */
export function readCount(
  name: string,
  value: number | undefined,
  range: { readonly fallback: number; readonly least?: number; readonly most: number },
): number {
  const { fallback, least = 1, most } = range;
  if (value === undefined) return fallback;
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalidParameter(name, `is a whole number from ${least} to ${most}`);
}

function levelFilter(names: readonly string[]): Filter {
  const levels = names.map((name) => {
    const index = levelIndex(name);
    if (index < 0) {
      throw invalidParameter("level", "is one or more of TRACE, DEBUG, INFO, WARN, ERROR, FATAL");
    }
    return levelName(index);
  });
  const [only] = levels;
  return {
    kind: "level",
    levels: levels.length === 1 && only !== undefined ? levelsFrom(only) : levels,
  };
}
