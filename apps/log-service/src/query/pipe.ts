import type { TextField } from "./filter.ts";

/** What is done with the records that a filter lets through, one after the other. Plain JSON. */
export type Pipe = StatsPipe | TopPipe | UniqPipe | SortPipe | FieldsPipe | LimitPipe;

/** A field of a record, or of a table that an earlier pipe made. */
export type Field = TextField | "level" | "timestamp" | "received";

/** One row for each group, with the groups' keys and one column for each function. */
export interface StatsPipe {
  readonly kind: "stats";
  /** At least one. */
  readonly functions: readonly StatsFunction[];
  readonly by: readonly GroupKey[];
}

export type StatsFunction =
  | { readonly name: "count"; readonly as: string }
  | {
      readonly name: "sum" | "min" | "max" | "avg" | "count_uniq";
      readonly of: Field;
      readonly as: string;
    }
  /** `phi` from 0 to 1. */
  | { readonly name: "quantile"; readonly phi: number; readonly of: Field; readonly as: string };

export type GroupKey =
  | { readonly kind: "field"; readonly field: Field }
  /** The start of the bucket of so many milliseconds that the timestamp lies in. */
  | { readonly kind: "bin"; readonly ms: number };

/** The values of a field that most records have: columns are the field's name and `count`. */
export interface TopPipe {
  readonly kind: "top";
  readonly limit: number;
  readonly field: Field;
}

/** The distinct values of these fields together. */
export interface UniqPipe {
  readonly kind: "uniq";
  readonly by: readonly Field[];
}

export interface SortPipe {
  readonly kind: "sort";
  readonly by: readonly SortColumn[];
}

export interface SortColumn {
  readonly column: string;
  readonly descending: boolean;
}

export interface FieldsPipe {
  readonly kind: "fields";
  readonly columns: readonly string[];
}

export interface LimitPipe {
  readonly kind: "limit";
  readonly limit: number;
}
