import type { Level } from "./shared/levels.ts";

export { LEVELS, type Level } from "./shared/levels.ts";

/** Any JSON value. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A record as a caller writes it; only `message` has to be there. */
export interface LogInput {
  readonly message: string;
  /** A level's name in any case; INFO when left out. */
  readonly level?: string;
  /** RFC 3339 with up to nine fractional digits, or time since the epoch in s, ms, us or ns by magnitude. */
  readonly timestamp?: string | number;
  readonly source?: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly tags?: readonly string[];
  readonly metadata?: { readonly [key: string]: Json };
  readonly namespace?: string;
}

/** A record as the service returns it. */
export interface LogRecord {
  /** Its commit position: stable for ever. */
  readonly id: string;
  /** The sender's time, RFC 3339 with the sender's precision. */
  readonly timestamp: string;
  /** When the service took it in. */
  readonly received: string;
  readonly level: Level;
  readonly message: string;
  readonly source?: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly tags?: readonly string[];
  readonly metadata?: { readonly [key: string]: Json };
  readonly namespace: string;
}

export interface RejectedRecord {
  /** Its place in the batch, from 0. */
  readonly index: number;
  readonly code: string;
  readonly message: string;
}

export interface WriteResult {
  readonly accepted: number;
  readonly rejected: readonly RejectedRecord[];
  /** One for each record in the batch's order; `null` where it was rejected. */
  readonly ids: readonly (string | null)[];
}

export interface ArchiveResult {
  /** One for each record, in order. */
  readonly ids: readonly string[];
}

export interface SearchParams {
  /** In the query language: `level>=WARN source:checkout "connection reset" metadata.user_id=42`. */
  readonly q?: string | undefined;
  /** RFC 3339, epoch milliseconds, or how long ago: `15m`, `24h`, `7d`. */
  readonly from?: string | number | Date | undefined;
  readonly to?: string | number | Date | undefined;
  /** The least level wanted, or the exact levels wanted. */
  readonly level?: string | readonly string[] | undefined;
  readonly source?: string | readonly string[] | undefined;
  /** Every one of them has to be there. */
  readonly tag?: string | readonly string[] | undefined;
  readonly trace_id?: string | undefined;
  readonly text?: string | undefined;
  /** Dotted path to value: `{ "user.id": 42 }`. */
  readonly metadata?: { readonly [path: string]: string | number | boolean } | undefined;
  readonly namespace?: string | readonly string[] | undefined;
  /** By timestamp; newest first (`desc`) when left out. */
  readonly order?: "asc" | "desc" | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before, with the same other parameters. */
  readonly cursor?: string | undefined;
  /** `position` of an earlier answer: only what was stored since then. */
  readonly after?: string | undefined;
}

export interface SearchPage {
  readonly records: readonly LogRecord[];
  /** Passes on to the next page; `null` when there is none. */
  readonly next_cursor: string | null;
  /** True when a limit on work stopped the search before the page was full. */
  readonly truncated: boolean;
  /** What the search read, for people who wonder why it took long. */
  readonly scanned: { readonly [what: string]: number };
  /** Where the store stood: as `after` of another search, only what came since then. */
  readonly position: string;
  readonly warnings?: readonly Warning[];
}

/** What an answer lacks, beside what it says: `NL_ARCHIVE_UNAVAILABLE` while the archive is away. */
export interface Warning {
  readonly code: string;
  readonly message: string;
}

export interface NamespaceInfo {
  readonly name: string;
  readonly records: number;
  readonly bytes: number;
  readonly oldest: string | null;
  readonly newest: string | null;
  /** What the archive has of it, where there is one; records that the store still has among it. */
  readonly archived?: {
    /** An estimate, where counting would read everything. */
    readonly records: number;
    readonly oldest: string | null;
    readonly newest: string | null;
  };
}
