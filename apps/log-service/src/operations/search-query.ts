import { SEARCH_LIMITS } from "../limits.ts";
import { levelsFrom, type Filter } from "../query/filter.ts";
import type { Order } from "../query/key.ts";
import type { Moment } from "../query/search.ts";
import { levelIndex, levelName } from "../record/level.ts";
import { readInstant } from "../record/time.ts";
import { invalidParameter } from "./invalid-parameter.ts";

/** What a caller asks for, in a caller's words, whichever door it came in by. */
export interface SearchQuery {
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
  /** By timestamp; newest first when left out. */
  readonly order?: Order | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly after?: string | undefined;
}

const RELATIVE = /^(\d{1,9})(s|m|h|d|w)$/;
const UNIT_MS: Readonly<Record<string, number>> = {
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

/** @throws ServiceError NL_PARAMETER_INVALID naming the parameter that is wrong. */
export function readFilter(query: SearchQuery): Filter {
  const of: Filter[] = [];
  if (query.level !== undefined) of.push(levelFilter(query.level));
  if (query.source !== undefined) of.push(anyOf(query.source, (is) => ({ kind: "source", is })));
  for (const is of query.tag ?? []) of.push({ kind: "tag", is });
  if (query.trace_id !== undefined) of.push({ kind: "trace", is: query.trace_id });
  if (query.text !== undefined && query.text !== "")
    of.push({ kind: "text", contains: query.text });
  for (const [path, is] of query.metadata ?? []) {
    if (path === "" || path.split(".").length > SEARCH_LIMITS.pathSteps) {
      throw invalidParameter(
        `metadata.${path.slice(0, 64)}`,
        `needs a path of 1 to ${SEARCH_LIMITS.pathSteps} steps`,
      );
    }
    of.push({ kind: "metadata", path, is });
  }
  return { kind: "all", of };
}

/** @throws ServiceError NL_PARAMETER_INVALID. */
export function readOrder(text: string | undefined): Order | undefined {
  if (text === undefined || text === "asc" || text === "desc") return text;
  throw invalidParameter("order", "is asc or desc");
}

/** @throws ServiceError NL_PARAMETER_INVALID. */
export function readLimit(limit: number | undefined): number {
  if (limit === undefined) return DEFAULT_LIMIT;
  if (Number.isInteger(limit) && limit >= 1 && limit <= SEARCH_LIMITS.records) return limit;
  throw invalidParameter("limit", `is a whole number from 1 to ${SEARCH_LIMITS.records}`);
}

const DEFAULT_LIMIT = 100;

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

function anyOf(values: readonly string[], filter: (value: string) => Filter): Filter {
  return { kind: "any", of: values.map(filter) };
}
