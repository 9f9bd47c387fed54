import type { Json, Level, LogRecord, SearchParams, Warning } from "./types.ts";

/** What else is asked of logs beside pages of records: parameters and answers, field by field as over HTTP. */

/** Which records a question is about: all of it together. */
export type FilterParams = Omit<SearchParams, "order" | "limit" | "cursor" | "after">;

export type LevelCounts = { readonly [level in Level]: number };

/** The work that an answer took, for people who wonder why it took long. */
export type Scanned = { readonly [what: string]: number };

export interface Summed {
  /** A limit on work ended it early: figures are of the times in `covered`, and perhaps some beyond. */
  readonly truncated: boolean;
  readonly covered: { readonly from: string; readonly to: string } | null;
  readonly scanned: Scanned;
  readonly warnings?: readonly Warning[];
}

export interface Facet {
  readonly field: string;
  readonly values: readonly { readonly value: string; readonly count: number }[];
  /** There are more values than are shown. */
  readonly more: boolean;
  readonly approximate: boolean;
}

export interface CountParams extends FilterParams {
  /** Counts for each value of this field too. */
  readonly by?: string | undefined;
}

export interface Count extends Summed {
  readonly count: number;
  readonly by?: Facet;
}

export interface HistogramParams extends FilterParams {
  /** `30s`, `5m`, `1h`, or milliseconds; chosen when left out. */
  readonly interval?: string | number | undefined;
  /** How many to aim at when the interval is chosen. */
  readonly buckets?: number | undefined;
}

export interface Histogram extends Summed {
  readonly interval_ms: number;
  readonly count: number;
  readonly buckets: readonly {
    readonly start: string;
    readonly count: number;
    readonly levels: LevelCounts;
  }[];
}

export interface FacetsParams extends FilterParams {
  /** Level, source and namespace when left out. */
  readonly field?: string | readonly string[] | undefined;
  readonly limit?: number | undefined;
}

export interface Facets extends Summed {
  readonly count: number;
  readonly facets: readonly Facet[];
}

export interface ValuesParams extends FilterParams {
  readonly field: string;
  readonly prefix?: string | undefined;
  readonly limit?: number | undefined;
}

export interface Values extends Summed, Facet {}

export interface PatternsParams extends FilterParams {
  readonly limit?: number | undefined;
}

export interface Patterns extends Summed {
  readonly count: number;
  readonly patterns: readonly {
    /** What the messages have in common; `<*>` for what differs. */
    readonly pattern: string;
    readonly count: number;
    readonly levels: LevelCounts;
    readonly example: { readonly id: string; readonly timestamp: string; readonly message: string };
    readonly first: string;
    readonly last: string;
  }[];
  readonly more: boolean;
  readonly approximate: boolean;
}

export interface ContextParams extends Omit<FilterParams, "from" | "to"> {
  readonly id: string;
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  /** What the records around it have in common with it; `source` when left out. */
  readonly same?: "source" | "namespace" | undefined;
}

export interface Context {
  /** Oldest first, as `after`. */
  readonly before: readonly LogRecord[];
  readonly record: LogRecord;
  readonly after: readonly LogRecord[];
  readonly truncated: boolean;
  readonly scanned: Scanned;
  readonly warnings?: readonly Warning[];
}

export interface TraceParams extends FilterParams {
  readonly trace_id: string;
  readonly limit?: number | undefined;
}

/** What one source or span did of a trace. */
export interface TracePart {
  readonly name: string;
  readonly records: number;
  readonly start: string;
  /** From the trace's start. */
  readonly offset_ms: number;
  readonly duration_ms: number;
  readonly levels: LevelCounts;
}

export interface Trace {
  readonly trace_id: string;
  readonly records: readonly LogRecord[];
  readonly start: string | null;
  readonly end: string | null;
  readonly duration_ms: number;
  readonly sources: readonly TracePart[];
  readonly spans: readonly TracePart[];
  readonly truncated: boolean;
  readonly scanned: Scanned;
  readonly warnings?: readonly Warning[];
}

export interface AggregateParams extends FilterParams {
  /** With pipes: `level:error | stats count() by source`. */
  readonly q: string;
}

export interface Aggregate extends Summed {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly [column: string]: Json }[];
  readonly approximate: boolean;
  /** What is estimated or left out, and why. */
  readonly notes: readonly string[];
}

export interface ExportParams extends FilterParams {
  /** `asc` when left out. */
  readonly order?: "asc" | "desc" | undefined;
  /** All when left out. */
  readonly limit?: number | undefined;
  /** Of an earlier export with the same parameters. */
  readonly cursor?: string | undefined;
}

export interface ExportOptions {
  readonly signal?: AbortSignal;
  /** Told of each place from which an export that breaks can be gone on with, as `cursor`. */
  readonly onCheckpoint?: (cursor: string) => void;
  /** Told of what the export lacks, once for each code. */
  readonly onWarning?: (warning: Warning) => void;
}
