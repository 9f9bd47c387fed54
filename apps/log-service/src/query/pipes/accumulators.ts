import { PIPE_LIMITS } from "../../limits.ts";
import type { JsonValue } from "../../record/record.ts";
import { numberOf } from "../match/values.ts";
import type { StatsFunction } from "../pipe.ts";
import type { Accumulator, Saved, Scalar } from "./types.ts";
import { DistinctCount } from "./distinct.ts";
import { Quantiles } from "./quantile.ts";

/** A function of the values of a field: all but `count`, which counts records. */
export type ValueFunction = Exclude<StatsFunction, { readonly name: "count" }>;

/**
 * @param groups How many groups there are already: the more, the less each keeps as it is.
 */
export function createAccumulator(fn: ValueFunction, groups: number): Accumulator {
  switch (fn.name) {
    case "sum":
      return new Total((sum) => sum);
    case "avg":
      return new Total((sum, count) => sum / count);
    case "min":
      return new Extreme((a, b) => a < b);
    case "max":
      return new Extreme((a, b) => a > b);
    case "count_uniq":
      return new DistinctCount(share(PIPE_LIMITS.hashes, PIPE_LIMITS.allHashes, groups));
    case "quantile":
      return new Quantile(fn.phi, share(PIPE_LIMITS.exact, PIPE_LIMITS.allExact, groups));
  }
}

/** What one group may keep: its own bound, or its part of all while they are many. */
function share(own: number, all: number, groups: number): number {
  return Math.max(LEAST_SHARE, Math.min(own, Math.floor(all / (groups + 1))));
}

const LEAST_SHARE = 64;

/** The number that a value is, written as a number or as text. */
function readNumber(value: Scalar): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" ? numberOf(value) : undefined;
}

class Total implements Accumulator {
  readonly approximate = false;
  readonly #of: (sum: number, count: number) => number;
  #sum = 0;
  #count = 0;

  constructor(of: (sum: number, count: number) => number) {
    this.#of = of;
  }

  add(value: Scalar): void {
    const number = readNumber(value);
    if (number === undefined) return;
    this.#sum += number;
    this.#count += 1;
  }

  merge({ numbers: [sum = 0, count = 0] }: Saved): void {
    this.#sum += sum;
    this.#count += count;
  }

  save(): Saved {
    return { numbers: [this.#sum, this.#count], texts: [] };
  }

  result(): JsonValue {
    if (this.#count === 0) return null;
    const value = this.#of(this.#sum, this.#count);
    // JSON has no form for a sum beyond all numbers.
    return Number.isFinite(value) ? value : null;
  }
}

/** The least or greatest number; of texts where no value is a number. */
class Extreme implements Accumulator {
  readonly approximate = false;
  readonly #better: <T extends string | number>(a: T, b: T) => boolean;
  #number: number | undefined;
  #text: string | undefined;

  constructor(better: <T extends string | number>(a: T, b: T) => boolean) {
    this.#better = better;
  }

  add(value: Scalar): void {
    const number = readNumber(value);
    if (number !== undefined) {
      if (this.#number === undefined || this.#better(number, this.#number)) this.#number = number;
      return;
    }
    const text = String(value);
    if (this.#text === undefined || this.#better(text, this.#text)) this.#text = text;
  }

  merge({ numbers, texts }: Saved): void {
    for (const number of numbers) this.add(number);
    for (const text of texts) this.add(text);
  }

  save(): Saved {
    return {
      numbers: this.#number === undefined ? [] : [this.#number],
      texts: this.#text === undefined ? [] : [this.#text],
    };
  }

  result(): JsonValue {
    return this.#number ?? this.#text ?? null;
  }
}

class Quantile implements Accumulator {
  readonly #phi: number;
  readonly #values: Quantiles;

  constructor(phi: number, most: number) {
    this.#phi = phi;
    this.#values = new Quantiles(most);
  }

  get approximate(): boolean {
    return this.#values.approximate;
  }

  add(value: Scalar): void {
    const number = readNumber(value);
    if (number !== undefined) this.#values.add(number);
  }

  merge({ numbers }: Saved): void {
    this.#values.merge(numbers);
  }

  save(): Saved {
    return { numbers: this.#values.save(), texts: [] };
  }

  result(): JsonValue {
    return this.#values.at(this.#phi) ?? null;
  }
}
