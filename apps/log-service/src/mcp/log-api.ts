import type { Aggregate, Context, Count, Histogram, Patterns, Trace } from "@neurallog/client";

import type { FilterQuery, SearchQuery } from "../operations/search-query.ts";
import type { NamespaceAnswer, SearchAnswer } from "../operations/search.ts";
import type { WriteOutcome } from "../operations/write.ts";

/** A record as an MCP client gives it; checked like any other sender's. */
export interface LogEntry {
  readonly message: string;
  readonly [field: string]: unknown;
}

/**
 * What the MCP tools need of a log service, for one caller. The tools are written once on this
 * port: `direct` runs inside the log service, `remote` talks to one over HTTP.
 */
export interface LogApi {
  log(entries: readonly LogEntry[], namespace: string | undefined): Promise<WriteAnswer>;
  /** @param signal Fires when the client no longer waits. */
  search(query: SearchQuery, signal: AbortSignal): Promise<SearchPageAnswer>;
  count(query: FilterQuery & { readonly by: string }, signal: AbortSignal): Promise<Count>;
  histogram(query: HistogramQuery, signal: AbortSignal): Promise<Histogram>;
  patterns(query: FilterQuery & { readonly limit: number }, signal: AbortSignal): Promise<Patterns>;
  context(query: ContextQuery, signal: AbortSignal): Promise<Context>;
  trace(query: TraceQuery, signal: AbortSignal): Promise<Trace>;
  aggregate(query: FilterQuery & { readonly q: string }, signal: AbortSignal): Promise<Aggregate>;
  namespaces(): Promise<readonly NamespaceAnswer[]>;
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

/** Codes are text here: another version of the service may have some that this one does not know. */
export interface WriteAnswer extends Omit<WriteOutcome, "rejected"> {
  readonly rejected: readonly {
    readonly index: number;
    readonly code: string;
    readonly message: string;
  }[];
}

export type SearchPageAnswer = Pick<
  SearchAnswer,
  "records" | "next_cursor" | "truncated" | "position"
>;
