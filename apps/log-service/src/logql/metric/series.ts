import { ServiceError } from "../../errors.ts";
import { LOKI_LIMITS } from "../../limits.ts";
import { streamWith, type LabelMap, type Stream } from "../stream.ts";
import type { Grouping } from "../syntax/ast.ts";

/** A value at each step; where `present` is 0 there is none. */
export interface Series {
  readonly stream: Stream;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** What an expression comes to. */
export type Value = { readonly scalar: number } | { readonly series: readonly Series[] };

/** The labels that a group has. */
export function groupLabels(labels: LabelMap, grouping: Grouping | undefined): LabelMap {
  if (grouping === undefined) return new Map();
  const keeps = grouping.kind === "by";
  return new Map([...labels].filter(([name]) => grouping.labels.includes(name) === keeps));
}

/** Streams with these labels, one object for equal ones. */
export class Groups {
  readonly #known = new Map<string, Stream>();

  of(labels: LabelMap): Stream {
    const made = streamWith(labels);
    const known = this.#known.get(made.key);
    if (known !== undefined) return known;
    this.#known.set(made.key, made);
    return made;
  }
}

/** Loki's own words: its clients know them. */
export function tooManySeries(most: number = LOKI_LIMITS.series): ServiceError {
  return new ServiceError(
    "NL_LOGQL_LIMIT",
    `maximum number of series (${most}) reached for a single query; consider reducing query cardinality by adding more specific stream selectors, reducing the time range, or aggregating results with functions like sum(), count() or topk()`,
  );
}
