import type { Level } from "../../record/level.ts";
import type { LogRecord } from "../../record/record.ts";
import type { Filter, Moment } from "../filter.ts";
import type { Order } from "../key.ts";
import type { NamespaceInfo, StoreStats } from "../../store/port.ts";
import type { Field, Pipe } from "../pipe.ts";
import type { TableAnswer } from "../pipes/aggregation.ts";
import type { Scanned } from "./work.ts";

/** Questions and answers: plain values, so that threads hand them over and answers are their JSON. */

/** Which logical namespaces are asked. Access to them was checked by whoever asks. */
export interface Scope {
  /** `*`: all that exist. Unknown names hold nothing. */
  readonly names: readonly string[] | "*";
  /** Left out of `*`: what exists and the caller may not see. */
  readonly except?: readonly string[] | undefined;
  /** Names that the caller did not list itself travel in the cursor: see `cursorNamespaces`. */
  readonly carried: boolean;
}

/** What every question about records has. */
export interface About {
  readonly scope: Scope;
  readonly filter: Filter;
  /** The first moment that counts. */
  readonly from?: Moment | undefined;
  /** The first moment that no longer counts. */
  readonly to?: Moment | undefined;
}

/** One page. A cursor carries its own times, and `after`: those given beside one are ignored. */
export interface SearchQuestion extends About {
  readonly kind: "search";
  /** By timestamp, then id. */
  readonly order: Order;
  /** 1 to `SEARCH_LIMITS.records`. */
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** Only what was committed after this `position` of an earlier answer. */
  readonly after?: string | undefined;
  /** What relative times in the filter were reckoned from: travels in the cursor, for the next page. */
  readonly nowMs?: number | undefined;
}

export interface SearchAnswer {
  readonly records: readonly LogRecord[];
  /** For the next page; null if there is none. Pages together hold each record once. */
  readonly next_cursor: string | null;
  /** A limit on work ended the page early: there may be more even if it is short. */
  readonly truncated: boolean;
  readonly scanned: Scanned;
  /** What the search saw of the store: as `after` of another one, only later commits count. */
  readonly position: string;
}

/** What answers that sum up have in common. */
export interface Summed {
  /** A limit on work ended it early: figures are of what `covered` says. */
  readonly truncated: boolean;
  /** Times that were counted in full, of what was asked; null when nothing was. */
  readonly covered: { readonly from: string; readonly to: string } | null;
  readonly scanned: Scanned;
}

export interface CountQuestion extends About {
  readonly kind: "count";
  /** Counts for each value of this field too. */
  readonly by?: Field | undefined;
}

export interface CountAnswer extends Summed {
  readonly count: number;
  readonly by?: Facet;
}

export type LevelCounts = Readonly<Record<Level, number>>;

export interface HistogramQuestion extends About {
  readonly kind: "histogram";
  /** Milliseconds; chosen when left out, and widened where it would make too many buckets. */
  readonly intervalMs?: number | undefined;
  /** How many buckets to aim at when the interval is chosen; 60 when left out. */
  readonly buckets?: number | undefined;
}

export interface HistogramAnswer extends Summed {
  readonly interval_ms: number;
  readonly count: number;
  /** One after the other without gaps, from the first that has records to the last. */
  readonly buckets: readonly {
    /** RFC 3339; a multiple of the interval since the epoch. */
    readonly start: string;
    readonly count: number;
    readonly levels: LevelCounts;
  }[];
}

export interface FacetsQuestion extends About {
  readonly kind: "facets";
  /** 1 to `ENGINE_LIMITS.facets`. */
  readonly fields: readonly Field[];
  /** Values of each field: 1 to `ENGINE_LIMITS.values`. */
  readonly limit: number;
}

export interface Facet {
  readonly field: string;
  /** The commonest first. */
  readonly values: readonly { readonly value: string; readonly count: number }[];
  /** There are more values than are shown. */
  readonly more: boolean;
  /** The field has so many values that counts are estimates. */
  readonly approximate: boolean;
}

export interface FacetsAnswer extends Summed {
  readonly count: number;
  readonly facets: readonly Facet[];
}

/** The distinct values of one field, by value. */
export interface ValuesQuestion extends About {
  readonly kind: "values";
  readonly field: Field;
  /** Only values that start so. */
  readonly prefix?: string | undefined;
  /** 1 to `ENGINE_LIMITS.values`. */
  readonly limit: number;
}

export interface ValuesAnswer extends Summed, Facet {}

/** Messages that differ in their numbers and names only, as one text with `<*>` for what differs. */
export interface PatternsQuestion extends About {
  readonly kind: "patterns";
  /** 1 to `ENGINE_LIMITS.patterns`. */
  readonly limit: number;
}

export interface PatternsAnswer extends Summed {
  readonly count: number;
  readonly patterns: readonly {
    readonly pattern: string;
    readonly count: number;
    readonly levels: LevelCounts;
    /** One of them. */
    readonly example: { readonly id: string; readonly timestamp: string; readonly message: string };
    readonly first: string;
    readonly last: string;
  }[];
  readonly more: boolean;
  readonly approximate: boolean;
}

/** What came before and after one record: of the same namespace, and by default the same source. */
export interface ContextQuestion {
  readonly kind: "context";
  readonly scope: Scope;
  readonly id: string;
  readonly before: number;
  readonly after: number;
  readonly same: "source" | "namespace";
  /** Only what matches; the record itself need not. */
  readonly filter: Filter;
}

/** Each list oldest first. */
export interface ContextAnswer {
  readonly before: readonly LogRecord[];
  readonly record: LogRecord;
  readonly after: readonly LogRecord[];
  readonly truncated: boolean;
  readonly scanned: Scanned;
}

export interface TraceQuestion extends About {
  readonly kind: "trace";
  readonly traceId: string;
  /** 1 to `SEARCH_LIMITS.records`. */
  readonly limit: number;
}

export interface TraceAnswer {
  readonly trace_id: string;
  /** In time order, across sources and namespaces. */
  readonly records: readonly LogRecord[];
  /** Of the records shown, RFC 3339; null without any. */
  readonly start: string | null;
  readonly end: string | null;
  readonly duration_ms: number;
  readonly sources: readonly Part[];
  readonly spans: readonly Part[];
  /** More records than the limit, or a limit on work. */
  readonly truncated: boolean;
  readonly scanned: Scanned;
}

/** What one source or span did of a trace. */
export interface Part {
  readonly name: string;
  readonly records: number;
  readonly start: string;
  /** From the trace's start. */
  readonly offset_ms: number;
  readonly duration_ms: number;
  readonly levels: LevelCounts;
}

export interface AggregateQuestion extends About {
  readonly kind: "aggregate";
  readonly pipes: readonly Pipe[];
}

export interface AggregateAnswer extends TableAnswer {
  readonly covered: Summed["covered"];
  readonly scanned: Scanned;
}

/** The namespaces themselves. */
export interface NamespacesQuestion {
  readonly kind: "namespaces";
  readonly scope: Scope;
}

/** By name. */
export interface NamespacesAnswer {
  readonly namespaces: readonly NamespaceAnswer[];
  /** What the engine's store keeps in memory for reading, in bytes. */
  readonly held: Pick<StoreStats, "headerBytes" | "tokenBytes">;
}

export interface NamespaceAnswer extends Omit<NamespaceInfo, "oldest" | "newest"> {
  /** Timestamps of records, RFC 3339. */
  readonly oldest: string | null;
  readonly newest: string | null;
  /** What the archive has of it, where there is one; records that the hot store still has among it. */
  readonly archived?: {
    /** Estimates, where counting would read everything. */
    readonly records: number;
    readonly oldest: string | null;
    readonly newest: string | null;
  };
}

/** A question in the words of another service's protocol, for whoever the engine was told knows it. */
export interface ForeignQuestion {
  readonly kind: "foreign";
  readonly protocol: string;
  readonly scope: Scope;
  /** The protocol's name for what is asked, and what it is asked of. */
  readonly call: string;
  readonly argument: string;
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  /** What the caller can read. */
  readonly flags: readonly string[];
  /** What `now` means. */
  readonly nowMs: number;
}

interface Kinds {
  search: [SearchQuestion, SearchAnswer];
  count: [CountQuestion, CountAnswer];
  histogram: [HistogramQuestion, HistogramAnswer];
  facets: [FacetsQuestion, FacetsAnswer];
  values: [ValuesQuestion, ValuesAnswer];
  patterns: [PatternsQuestion, PatternsAnswer];
  context: [ContextQuestion, ContextAnswer];
  trace: [TraceQuestion, TraceAnswer];
  aggregate: [AggregateQuestion, AggregateAnswer];
  namespaces: [NamespacesQuestion, NamespacesAnswer];
  foreign: [ForeignQuestion, object];
}

export type QuestionKind = keyof Kinds;
export type QuestionOf<K extends QuestionKind> = Kinds[K][0];
export type AnswerOf<K extends QuestionKind> = Kinds[K][1];
export type Question = QuestionOf<QuestionKind>;
export type Answer = AnswerOf<QuestionKind>;
