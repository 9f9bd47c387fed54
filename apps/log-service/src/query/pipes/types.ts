import type { JsonValue } from "../../record/record.ts";

/** One row of the answer; a column that a record or group lacks is missing. */
export type Row = Readonly<Record<string, JsonValue>>;

/** A figure for one group, in the making. */
export interface Accumulator {
  add(value: Scalar): void;
  /** Adds what another of the same function holds. */
  merge(saved: Saved): void;
  save(): Saved;
  /** null where no value counted. */
  result(): JsonValue;
  /** Whether `result` is an estimate. */
  readonly approximate: boolean;
}

export type Scalar = string | number | boolean;

export interface Saved {
  readonly numbers: readonly number[];
  readonly texts: readonly string[];
}
