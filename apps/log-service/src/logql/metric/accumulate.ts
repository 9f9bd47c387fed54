import { ServiceError } from "../../errors.ts";
import { LOKI_LIMITS } from "../../limits.ts";
import type { RangeFunction } from "../syntax/ast.ts";
import type { Windows } from "./windows.ts";

/** One series' samples, by slot. */
export interface Accumulator {
  /** @param time Orders samples of one slot; any unit. */
  add(slot: number, value: number, time: number): void;
  /** What the function makes of each window; where `present` is 0 there was no sample. */
  finish(windows: Windows): { readonly values: Float64Array; readonly present: Uint8Array };
}

/** How many numbers a series of this function holds for each slot. */
export function numbersPerSlot(fn: RangeFunction): number {
  return fn === "first_over_time" || fn === "last_over_time" || fn.startsWith("std") ? 3 : 2;
}

export function createAccumulator(
  fn: RangeFunction,
  slots: number,
  parameter: number | undefined,
): Accumulator {
  switch (fn) {
    case "rate":
    case "bytes_rate":
      return new Totals(slots, (total, _count, seconds) => total / seconds);
    case "avg_over_time":
      return new Totals(slots, (total, count) => total / count);
    case "absent_over_time":
    case "count_over_time":
    case "bytes_over_time":
    case "sum_over_time":
      return new Totals(slots, (total) => total);
    case "min_over_time":
      return new Extremes(slots, Math.min);
    case "max_over_time":
      return new Extremes(slots, Math.max);
    case "first_over_time":
      return new Ends(slots, (time, known) => time < known);
    case "last_over_time":
      return new Ends(slots, (time, known) => time >= known);
    case "stdvar_over_time":
      return new Spread(slots, (variance) => variance);
    case "stddev_over_time":
      return new Spread(slots, Math.sqrt);
    case "quantile_over_time":
      return new Quantiles(slots, parameter ?? 0.5);
  }
}

/** Windows that overlap this much are added up by differences of running totals instead. */
const MOST_ADDITIONS = 1_000_000;

class Totals implements Accumulator {
  readonly #totals: Float64Array;
  readonly #counts: Float64Array;
  readonly #result: (total: number, count: number, seconds: number) => number;

  constructor(slots: number, result: (total: number, count: number, seconds: number) => number) {
    this.#totals = new Float64Array(slots);
    this.#counts = new Float64Array(slots);
    this.#result = result;
  }

  add(slot: number, value: number): void {
    this.#totals[slot] = (this.#totals[slot] ?? 0) + value;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
  }

  finish(windows: Windows) {
    const { count } = windows.steps;
    const totals = sums(this.#totals, windows);
    const counts = sums(this.#counts, windows);
    const present = new Uint8Array(count);
    for (let step = 0; step < count; step += 1) {
      const samples = counts[step] ?? 0;
      if (samples === 0) continue;
      present[step] = 1;
      totals[step] = this.#result(totals[step] ?? 0, samples, windows.seconds);
    }
    return { values: totals, present };
  }
}

function sums(slots: Float64Array, windows: Windows): Float64Array {
  const { count } = windows.steps;
  const { width } = windows;
  const totals = new Float64Array(count);
  if (count * width <= MOST_ADDITIONS) {
    eachWindow(windows, (step, slot) => {
      totals[step] = (totals[step] ?? 0) + (slots[slot] ?? 0);
    });
    return totals;
  }
  const running = new Float64Array(slots.length + 1);
  for (let slot = 0; slot < slots.length; slot += 1) {
    running[slot + 1] = (running[slot] ?? 0) + (slots[slot] ?? 0);
  }
  for (let step = 0; step < count; step += 1) {
    const first = windows.firstOf(step);
    totals[step] = (running[first + width] ?? 0) - (running[first] ?? 0);
  }
  return totals;
}

function eachWindow(windows: Windows, visit: (step: number, slot: number) => void): void {
  const { width, steps } = windows;
  for (let step = 0; step < steps.count; step += 1) {
    const first = windows.firstOf(step);
    for (let slot = first; slot < first + width; slot += 1) visit(step, slot);
  }
}

/** For what cannot be told from running totals. */
function checkOverlap({ steps, width }: Windows): void {
  if (steps.count * width > LOKI_LIMITS.overlap) {
    throw new ServiceError(
      "NL_LOGQL_LIMIT",
      "the range is too many times the step for this function: ask for a larger step or a shorter range",
    );
  }
}

class Extremes implements Accumulator {
  readonly #values: Float64Array;
  readonly #counts: Uint8Array;
  readonly #better: (a: number, b: number) => number;

  constructor(slots: number, better: (a: number, b: number) => number) {
    this.#values = new Float64Array(slots);
    this.#counts = new Uint8Array(slots);
    this.#better = better;
  }

  add(slot: number, value: number): void {
    const known = this.#counts[slot] === 1 ? (this.#values[slot] ?? 0) : value;
    this.#values[slot] = this.#better(known, value);
    this.#counts[slot] = 1;
  }

  finish(windows: Windows) {
    checkOverlap(windows);
    const values = new Float64Array(windows.steps.count);
    const present = new Uint8Array(windows.steps.count);
    eachWindow(windows, (step, slot) => {
      if (this.#counts[slot] !== 1) return;
      const value = this.#values[slot] ?? 0;
      values[step] = present[step] === 1 ? this.#better(values[step] ?? 0, value) : value;
      present[step] = 1;
    });
    return { values, present };
  }
}

class Ends implements Accumulator {
  readonly #values: Float64Array;
  readonly #times: Float64Array;
  readonly #wins: (time: number, known: number) => boolean;

  constructor(slots: number, wins: (time: number, known: number) => boolean) {
    this.#values = new Float64Array(slots);
    this.#times = new Float64Array(slots).fill(Number.NaN);
    this.#wins = wins;
  }

  add(slot: number, value: number, time: number): void {
    const known = this.#times[slot] ?? Number.NaN;
    if (!Number.isNaN(known) && !this.#wins(time, known)) return;
    this.#values[slot] = value;
    this.#times[slot] = time;
  }

  finish(windows: Windows) {
    checkOverlap(windows);
    const values = new Float64Array(windows.steps.count);
    const times = new Float64Array(windows.steps.count).fill(Number.NaN);
    const present = new Uint8Array(windows.steps.count);
    eachWindow(windows, (step, slot) => {
      const time = this.#times[slot] ?? Number.NaN;
      if (Number.isNaN(time)) return;
      if (present[step] === 1 && !this.#wins(time, times[step] ?? 0)) return;
      values[step] = this.#values[slot] ?? 0;
      times[step] = time;
      present[step] = 1;
    });
    return { values, present };
  }
}

/** Count, mean and squared distances, which add up without losing digits as sums of squares do. */
class Spread implements Accumulator {
  readonly #counts: Float64Array;
  readonly #means: Float64Array;
  readonly #squares: Float64Array;
  readonly #result: (variance: number) => number;

  constructor(slots: number, result: (variance: number) => number) {
    this.#counts = new Float64Array(slots);
    this.#means = new Float64Array(slots);
    this.#squares = new Float64Array(slots);
    this.#result = result;
  }

  add(slot: number, value: number): void {
    const count = (this.#counts[slot] ?? 0) + 1;
    const before = this.#means[slot] ?? 0;
    const mean = before + (value - before) / count;
    this.#counts[slot] = count;
    this.#means[slot] = mean;
    this.#squares[slot] = (this.#squares[slot] ?? 0) + (value - before) * (value - mean);
  }

  finish(windows: Windows) {
    checkOverlap(windows);
    const { count } = windows.steps;
    const counts = new Float64Array(count);
    const means = new Float64Array(count);
    const squares = new Float64Array(count);
    eachWindow(windows, (step, slot) => {
      const more = this.#counts[slot] ?? 0;
      if (more === 0) return;
      const known = counts[step] ?? 0;
      const distance = (this.#means[slot] ?? 0) - (means[step] ?? 0);
      counts[step] = known + more;
      means[step] = (means[step] ?? 0) + (distance * more) / (known + more);
      const between = (distance * distance * known * more) / (known + more);
      squares[step] = (squares[step] ?? 0) + (this.#squares[slot] ?? 0) + between;
    });
    const present = Uint8Array.from(counts, (samples) => (samples > 0 ? 1 : 0));
    const values = squares.map((square, step) =>
      present[step] === 1 ? this.#result(square / (counts[step] ?? 1)) : 0,
    );
    return { values, present };
  }
}

class Quantiles implements Accumulator {
  readonly #samples: (number[] | undefined)[];
  readonly #quantile: number;

  constructor(slots: number, quantile: number) {
    this.#samples = Array.from({ length: slots });
    this.#quantile = quantile;
  }

  add(slot: number, value: number): void {
    const known = this.#samples[slot];
    if (known === undefined) this.#samples[slot] = [value];
    else known.push(value);
  }

  finish(windows: Windows) {
    checkOverlap(windows);
    const values = new Float64Array(windows.steps.count);
    const present = new Uint8Array(windows.steps.count);
    for (let step = 0; step < windows.steps.count; step += 1) {
      const first = windows.firstOf(step);
      const all: number[] = [];
      for (let slot = first; slot < first + windows.width; slot += 1) {
        for (const value of this.#samples[slot] ?? []) all.push(value);
      }
      if (all.length === 0) continue;
      present[step] = 1;
      values[step] = quantileOf(
        all.sort((a, b) => a - b),
        this.#quantile,
      );
    }
    return { values, present };
  }
}

/** Between the two nearest ranks, as Prometheus does it. */
function quantileOf(sorted: readonly number[], quantile: number): number {
  if (quantile < 0) return -Infinity;
  if (quantile > 1) return Infinity;
  const rank = quantile * (sorted.length - 1);
  const low = Math.floor(rank);
  const high = Math.min(sorted.length - 1, low + 1);
  const weight = rank - low;
  return (sorted[low] ?? 0) * (1 - weight) + (sorted[high] ?? 0) * weight;
}
