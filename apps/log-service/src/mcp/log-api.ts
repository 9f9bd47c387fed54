import type {
  Aggregate,
  Context,
  Count,
  Facets,
  Histogram,
  LogRecord,
  Patterns,
  SetLevel,
  SourceLevel,
  Trace,
  Values,
} from "@neurallog/client";

import type { Trace as TraceContext } from "../observe/trace.ts";
import type { FilterQuery, SearchQuery } from "../operations/search-query.ts";
import type { NamespaceAnswer, SearchAnswer } from "../operations/search.ts";
import type { WriteOutcome } from "../operations/write.ts";

/** A record as an MCP client gives it; checked like any other sender's. */
export interface LogEntry {
  readonly message: string;
  readonly [field: string]: unknown;
}

/** One call of a client, beside what it asks for. */
export interface Call {
  /** Fires when the client no longer waits. */
  readonly signal: AbortSignal;
  /** What the call belongs to: stamped on what it writes without a trace id, and passed on. */
  readonly trace?: TraceContext | undefined;
}

/**
 * What the MCP tools need of a log service, for one caller. The tools are written once on this
 * port: `direct` runs inside the log service, `remote` talks to one over HTTP.
 */
export interface LogApi {
  log(
    entries: readonly LogEntry[],
    namespace: string | undefined,
    call: Call,
  ): Promise<WriteAnswer>;
  /**
   * Into the archive at once, all of them or none.
   * @param idempotencyKey What comes again under it is stored once.
   */
  archive(
    entries: readonly LogEntry[],
    namespace: string | undefined,
    call: Call,
    idempotencyKey?: string,
  ): Promise<ArchivedAnswer>;
  search(query: SearchQuery, call: Call): Promise<SearchPageAnswer>;
  count(query: FilterQuery & { readonly by: string }, call: Call): Promise<Warned<Count>>;
  facets(query: FacetsQuery, call: Call): Promise<Warned<Facets>>;
  values(query: ValuesQuery, call: Call): Promise<Warned<Values>>;
  histogram(query: HistogramQuery, call: Call): Promise<Warned<Histogram>>;
  patterns(query: FilterQuery & { readonly limit: number }, call: Call): Promise<Warned<Patterns>>;
  context(query: ContextQuery, call: Call): Promise<Warned<Context>>;
  trace(query: TraceQuery, call: Call): Promise<Warned<Trace>>;
  aggregate(query: FilterQuery & { readonly q: string }, call: Call): Promise<Warned<Aggregate>>;
  /** What was committed after a position, as it comes, for a bounded time. */
  follow(query: FollowAsked, call: Call): Promise<Followed>;
  /** For administrators: what matches is never seen again. */
  clear(query: ClearAsked, call: Call): Promise<ClearedAnswer>;
  /** For administrators. */
  setLevel(level: LevelAsked, call: Call): Promise<SetLevel>;
  levels(call: Call): Promise<readonly SourceLevel[]>;
  namespaces(call: Call): Promise<readonly NamespaceAnswer[]>;
  /** What the archive takes on disk, undefined where there is none or nobody can say. */
  archiveBytes(call: Call): Promise<number | undefined>;
}

/** What an answer does not have in it, and why: the archive may be away. */
export interface Warning {
  readonly code: string;
  readonly message: string;
}

export type Warned<T> = T & { readonly warnings?: readonly Warning[] };

export interface FacetsQuery extends FilterQuery {
  readonly field?: readonly string[] | undefined;
  readonly limit: number;
}

export interface ValuesQuery extends FilterQuery {
  readonly field: string;
  readonly prefix?: string | undefined;
  readonly limit: number;
}

export interface HistogramQuery extends FilterQuery {
  readonly interval?: string | undefined;
  readonly buckets: number;
}

export interface ContextQuery {
  readonly id: string;
  readonly before: number;
  readonly after: number;
  readonly same: "source" | "namespace";
}

export interface TraceQuery extends FilterQuery {
  readonly trace_id: string;
  readonly limit: number;
}

export interface FollowAsked extends Omit<FilterQuery, "from" | "to"> {
  /** `position` of an earlier answer; what is stored from now on when left out. */
  readonly after?: string | undefined;
  readonly limit: number;
  /** How long to wait for the first record, in milliseconds. */
  readonly waitMs: number;
}

export interface Followed {
  /** In commit order, each with the position behind it. */
  readonly records: readonly { readonly record: LogRecord; readonly position: string }[];
  /** Behind all of them, and behind what did not match. */
  readonly position: string;
  /** Retention took records that were still to come: how many, null where nobody knows. */
  readonly lost?: number | null | undefined;
}

export interface ClearAsked extends FilterQuery {
  readonly namespace?: readonly string[] | undefined;
}

export interface ClearedAnswer {
  readonly namespaces: readonly string[];
  /** How many matched just before; undefined where counting was cut short. */
  readonly records: number | undefined;
}

export interface LevelAsked {
  readonly source: string;
  readonly namespace: string;
  readonly level: string;
}

/** Codes are text here: another version of the service may have some that this one does not know. */
export interface WriteAnswer extends Omit<WriteOutcome, "rejected"> {
  readonly rejected: readonly {
    readonly index: number;
    readonly code: string;
    readonly message: string;
  }[];
}

export interface ArchivedAnswer {
  readonly ids: readonly string[];
}

export type SearchPageAnswer = Warned<
  Pick<SearchAnswer, "records" | "next_cursor" | "truncated" | "position">
>;
