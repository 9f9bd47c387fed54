import { LEVELS, type Level } from "../record/level.ts";

/**
 * What records to find: what the query language, the parameters of a search and LogQL are read into.
 * Plain JSON, so that tombstones keep it and threads hand it over; `filter-json.ts` reads it back.
 * docs/query-language.md says what each test means.
 */
export type Filter =
  | { readonly kind: "all"; readonly of: readonly Filter[] }
  | { readonly kind: "any"; readonly of: readonly Filter[] }
  /** Matches what `of` does not: a record that lacks the field is among them. */
  | { readonly kind: "not"; readonly of: Filter }
  | { readonly kind: "level"; readonly levels: readonly Level[] }
  | TimeFilter
  | ValueFilter
  | RangeFilter
  | LikeFilter
  | RegexFilter
  | ExistsFilter
  | OldFilter;

/** A moment to the nanosecond; `nanos` are those below the millisecond. */
export interface Moment {
  readonly ms: number;
  readonly nanos: number;
}

/** `from` is the first moment that counts, `to` the first that no longer does. */
export interface TimeFilter {
  readonly kind: "time";
  readonly field: "timestamp" | "received";
  readonly from?: Moment | undefined;
  readonly to?: Moment | undefined;
}

/**
 * Fields that hold text. The path behind `metadata.` is dotted; a step may be a key with dots itself.
 * A record's own fields are "" where the record has none; `tags`, and arrays in the metadata, pass a
 * test if any of their elements does.
 */
export type TextField =
  | "message"
  | "source"
  | "namespace"
  | "trace_id"
  | "span_id"
  | "tags"
  | "id"
  | `metadata.${string}`;

/** The value is one of these. Numbers in the metadata equal any way to write them. */
export interface ValueFilter {
  readonly kind: "is";
  readonly field: TextField;
  readonly values: readonly string[];
}

/** The value lies between two bounds, of which one may be missing: as numbers, where the bounds are numbers. */
export interface RangeFilter {
  readonly kind: "range";
  readonly field: TextField;
  readonly from?: Bound | undefined;
  readonly to?: Bound | undefined;
}

export interface Bound {
  readonly value: string;
  readonly inclusive: boolean;
}

/**
 * The text holds these parts in this order, with anything between them. A side is bound to a word's
 * edge, to the value's, or to nothing. One empty part with both sides free matches everything.
 */
export interface LikeFilter {
  readonly kind: "like";
  readonly field: TextField;
  /** At least one. */
  readonly parts: readonly string[];
  readonly start: Side;
  readonly end: Side;
  readonly ignoreCase: boolean;
}

export type Side = "any" | "word" | "value";

export interface RegexFilter {
  readonly kind: "regex";
  readonly field: TextField;
  /** Of the dialect that runs in linear time: `regex/regex.ts`. Finds its match anywhere. */
  readonly pattern: string;
  readonly ignoreCase: boolean;
}

/** There is a value: for a record's own fields one that is not "", for the metadata one that is not null. */
export interface ExistsFilter {
  readonly kind: "exists";
  readonly field: TextField;
}

/** The kinds of searches by parameters alone. */
export type OldFilter =
  | { readonly kind: "source"; readonly is: string }
  | { readonly kind: "tag"; readonly is: string }
  | { readonly kind: "trace"; readonly is: string }
  | { readonly kind: "text"; readonly contains: string }
  | { readonly kind: "metadata"; readonly path: string; readonly is: string };

export const EVERYTHING: Filter = { kind: "all", of: [] };
export const NOTHING: Filter = { kind: "any", of: [] };

/** A level and all that are more severe. */
export function levelsFrom(least: Level): readonly Level[] {
  return LEVELS.slice(LEVELS.indexOf(least));
}

/** The value is one of these; see `ValueFilter`. */
export function valueIs(field: TextField, ...values: readonly string[]): Filter {
  return { kind: "is", field, values };
}

/** The field holds this text anywhere. */
export function contains(field: TextField, text: string, ignoreCase: boolean): Filter {
  return { kind: "like", field, parts: [text], start: "any", end: "any", ignoreCase };
}
