import type { BlockRows } from "../../../block/rows.ts";
import { ENGINE_LIMITS } from "../../../limits.ts";
import type { BlockRef } from "../../../store/port.ts";
import type { Selection } from "../../match/matcher.ts";
import type { Field } from "../../pipe.ts";
import type { Aggregation } from "../../pipes/aggregation.ts";
import { createAggregation } from "../../pipes/create.ts";
import type { Asking } from "../asking.ts";
import type {
  CountAnswer,
  CountQuestion,
  Facet,
  FacetsAnswer,
  FacetsQuestion,
  ValuesAnswer,
  ValuesQuestion,
} from "../questions.ts";
import { countOf } from "../../match/mask.ts";
import type { HeaderNeeds } from "../../pipes/header-groups.ts";
import { sumUp, type HeaderRef, type Sum } from "./sum.ts";

export async function answerCount(question: CountQuestion, asking: Asking): Promise<CountAnswer> {
  const fields = question.by === undefined ? [] : [question.by];
  const counts = new Counts(fields, ENGINE_LIMITS.values);
  const summed = await sumUp(question, asking, () => counts);
  const [by] = counts.facets();
  return { count: counts.count, ...(by !== undefined && { by }), ...summed };
}

export async function answerFacets(
  question: FacetsQuestion,
  asking: Asking,
): Promise<FacetsAnswer> {
  const counts = new Counts(question.fields, question.limit);
  const summed = await sumUp(question, asking, () => counts);
  return { count: counts.count, facets: counts.facets(), ...summed };
}

export async function answerValues(
  question: ValuesQuestion,
  asking: Asking,
): Promise<ValuesAnswer> {
  const { field, prefix = "", limit } = question;
  const counts = new Counts([field], prefix === "" ? limit : ENGINE_LIMITS.distinct);
  const summed = await sumUp(question, asking, () => counts);
  const [facet = { field, values: [], more: false, approximate: false }] = counts.facets();
  const fitting = facet.values.filter(({ value }) => value.startsWith(prefix));
  return {
    ...facet,
    values: fitting.slice(0, limit).sort((a, b) => (a.value < b.value ? -1 : 1)),
    more: facet.more || fitting.length > limit,
    ...summed,
  };
}

/** Counts records, and those of each value of some fields. */
class Counts implements Sum {
  readonly #fields: readonly Field[];
  readonly #limit: number;
  readonly #tops: readonly Aggregation[];
  count = 0;

  constructor(fields: readonly Field[], limit: number) {
    this.#fields = fields;
    this.#limit = limit;
    // One more than is shown, to know whether there are more.
    this.#tops = fields.map((field) =>
      createAggregation([{ kind: "top", limit: limit + 1, field }]),
    );
  }

  get headerNeeds(): HeaderNeeds | undefined {
    const needs = this.#tops.map(({ headerNeeds }) => headerNeeds);
    if (needs.includes(undefined)) return undefined;
    return { sources: needs.some((each) => each?.sources), bucketMs: undefined };
  }

  addHeader({ header, namespace }: HeaderRef, levels: readonly boolean[]): boolean {
    // All of them or none: a block that one field has to read is read for all.
    const needs = this.headerNeeds;
    const isTold = header.sourcesComplete && !levels.includes(false);
    if (needs === undefined || (needs.sources && !isTold)) return false;
    for (const top of this.#tops) top.addHeader(header, levels, namespace);
    for (let level = 0; level < levels.length; level += 1) {
      if (levels[level] === true) this.count += header.levels[level] ?? 0;
    }
    return true;
  }

  addCount(count: number): boolean {
    if (this.#tops.length > 0) return false;
    this.count += count;
    return true;
  }

  addRows(block: BlockRef, rows: BlockRows, selection: Selection): void {
    for (const top of this.#tops) top.addBlock(block, rows, selection);
    this.count += countOf(selection, rows.count);
  }

  facets(): Facet[] {
    return this.#tops.map((top, at) => {
      const field = this.#fields[at] ?? "message";
      const { rows, approximate, truncated } = top.result();
      const values = rows.map((row) => ({
        value: String(row[field] ?? ""),
        count: Number(row["count"] ?? 0),
      }));
      return {
        field,
        values: values.slice(0, this.#limit),
        more: truncated || values.length > this.#limit,
        approximate,
      };
    });
  }
}
