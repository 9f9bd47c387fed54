import { ServiceError } from "../errors.ts";
import { ENGINE_LIMITS, SEARCH_LIMITS } from "../limits.ts";
import type { ExportQuestion } from "../query/engine/port.ts";
import type { About, Question, Scope } from "../query/engine/questions.ts";
import { cursorNow } from "../query/engine/search/cursor.ts";
import { isTextField } from "../query/filter-json.ts";
import type { Field } from "../query/pipe.ts";
import { suggest } from "../suggest.ts";
import { invalidParameter } from "./invalid-parameter.ts";
import {
  readCount,
  readDuration,
  readMoment,
  readQuery,
  type FilterQuery,
  type SearchQuery,
} from "./search-query.ts";

/** Every question in a caller's words: what to ask, and by which of these. */
export type Asked =
  | ({ readonly kind: "search" } & SearchQuery)
  | ({ readonly kind: "count"; readonly by?: string | undefined } & FilterQuery)
  | ({
      readonly kind: "histogram";
      readonly interval?: string | undefined;
      readonly buckets?: number | undefined;
    } & FilterQuery)
  | ({
      readonly kind: "facets";
      readonly field?: readonly string[] | undefined;
      readonly limit?: number | undefined;
    } & FilterQuery)
  | ({
      readonly kind: "values";
      readonly field?: string | undefined;
      readonly prefix?: string | undefined;
      readonly limit?: number | undefined;
    } & FilterQuery)
  | ({ readonly kind: "patterns"; readonly limit?: number | undefined } & FilterQuery)
  | ({
      readonly kind: "context";
      readonly id?: string | undefined;
      readonly before?: number | undefined;
      readonly after?: number | undefined;
      readonly same?: string | undefined;
    } & Omit<FilterQuery, "from" | "to">)
  | ({ readonly kind: "trace"; readonly limit?: number | undefined } & FilterQuery)
  | ({ readonly kind: "aggregate" } & FilterQuery);

export type ExportAsked = Omit<SearchQuery, "after">;

const COLUMNS = ["level", "timestamp", "received"];
const NAMES = ["level", "source", "namespace", "trace_id", "span_id", "tags", "message"];
const FACETS = ["level", "source", "namespace"];

/** @throws ServiceError NL_PARAMETER_INVALID or NL_QUERY_INVALID, naming what is wrong. */
export function readQuestion(asked: Asked, scope: Scope, nowMs: number): Question {
  switch (asked.kind) {
    case "search": {
      const { order = "desc", cursor, after } = asked;
      const limit = readCount("limit", asked.limit, { fallback: 100, most: SEARCH_LIMITS.records });
      return { kind: "search", ...paged(asked, scope, nowMs), order, limit, cursor, after };
    }
    case "count": {
      const by = asked.by === undefined ? undefined : readField("by", asked.by);
      return { kind: "count", ...about(asked, scope, nowMs), by };
    }
    case "histogram": {
      const intervalMs = readDuration("interval", asked.interval);
      const most = ENGINE_LIMITS.buckets;
      const buckets = readCount("buckets", asked.buckets, { fallback: 60, most });
      return { kind: "histogram", ...about(asked, scope, nowMs), intervalMs, buckets };
    }
    case "facets": {
      const names = asked.field ?? FACETS;
      if (names.length > ENGINE_LIMITS.facets) {
        throw invalidParameter("field", `is given at most ${ENGINE_LIMITS.facets} times`);
      }
      const fields = names.map((name) => readField("field", name));
      return {
        kind: "facets",
        ...about(asked, scope, nowMs),
        fields,
        limit: values(asked.limit, 10),
      };
    }
    case "values": {
      const field = readField("field", required("field", asked.field));
      const { prefix } = asked;
      return {
        kind: "values",
        ...about(asked, scope, nowMs),
        field,
        prefix,
        limit: values(asked.limit, 100),
      };
    }
    case "patterns": {
      const most = ENGINE_LIMITS.patterns;
      const limit = readCount("limit", asked.limit, { fallback: 20, most });
      return { kind: "patterns", ...about(asked, scope, nowMs), limit };
    }
    case "context": {
      const most = ENGINE_LIMITS.context;
      const { same = "source" } = asked;
      if (same !== "source" && same !== "namespace") {
        throw invalidParameter("same", "is source or namespace");
      }
      return {
        kind: "context",
        scope,
        id: required("id", asked.id),
        before: readCount("before", asked.before, { fallback: 10, least: 0, most }),
        after: readCount("after", asked.after, { fallback: 10, least: 0, most }),
        same,
        filter: about(asked, scope, nowMs).filter,
      };
    }
    case "trace": {
      const { trace_id, ...rest } = asked;
      const most = SEARCH_LIMITS.records;
      const limit = readCount("limit", asked.limit, { fallback: most, most });
      const traceId = required("trace_id", trace_id);
      return { kind: "trace", ...about(rest, scope, nowMs), traceId, limit };
    }
    case "aggregate": {
      const { pipes } = readQuery(asked, nowMs);
      if (pipes.length === 0) {
        throw invalidParameter(
          "q",
          "has to have a pipe, as in: level:error | stats count() by source",
        );
      }
      return { kind: "aggregate", ...times(asked, nowMs), scope, ...readQuery(asked, nowMs) };
    }
  }
}

/** @throws ServiceError as `readQuestion` does. */
export function readExport(asked: ExportAsked, scope: Scope, nowMs: number): ExportQuestion {
  const { order = "asc", cursor, limit } = asked;
  const most = Number.MAX_SAFE_INTEGER;
  return {
    ...paged(asked, scope, nowMs),
    order,
    cursor,
    ...(limit !== undefined && { limit: readCount("limit", limit, { fallback: most, most }) }),
  };
}

/** On later pages, relative times in the query stay those of the first one: it is one search. */
function paged(
  asked: FilterQuery & { readonly cursor?: string | undefined },
  scope: Scope,
  nowMs: number,
): About & { readonly nowMs?: number } {
  if (asked.q === undefined) return about(asked, scope, nowMs);
  const first = (asked.cursor === undefined ? undefined : cursorNow(asked.cursor)) ?? nowMs;
  return { ...about(asked, scope, first), nowMs: first };
}

function about(asked: FilterQuery, scope: Scope, nowMs: number): About {
  const { filter, pipes } = readQuery(asked, nowMs);
  if (pipes.length > 0) throw new ServiceError("NL_QUERY_PIPES");
  return { scope, filter, ...times(asked, nowMs) };
}

function times({ from, to }: FilterQuery, nowMs: number): Pick<About, "from" | "to"> {
  return {
    from: from === undefined ? undefined : readMoment("from", from, nowMs),
    to: to === undefined ? undefined : readMoment("to", to, nowMs),
  };
}

function values(limit: number | undefined, fallback: number): number {
  return readCount("limit", limit, { fallback, most: ENGINE_LIMITS.values });
}

function required(name: string, value: string | undefined): string {
  if (value === undefined || value === "") throw invalidParameter(name, "has to be given");
  return value;
}

function readField(parameter: string, name: string): Field {
  if (isField(name)) return name;
  const near = suggest(name, NAMES);
  const hint =
    near === undefined ? `${NAMES.join(", ")} or metadata.<path>` : `did you mean ${near}?`;
  throw invalidParameter(parameter, `is no field: ${hint}`);
}

function isField(name: string): name is Field {
  return COLUMNS.includes(name) || isTextField(name);
}
