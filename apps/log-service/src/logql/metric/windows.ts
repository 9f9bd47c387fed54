import { ServiceError } from "../../errors.ts";
import { LOKI_LIMITS } from "../../limits.ts";
import type { Range } from "../parameters.ts";
import { MS } from "../time.ts";

/** Moments at which a metric query is answered. Nanoseconds since the epoch; the step is above 0. */
export interface Steps {
  readonly start: bigint;
  readonly step: bigint;
  readonly count: number;
}

/**
 * Instants of a query as Loki takes them: whole multiples of the step, from the one before `start`
 * to the one after `end`. Otherwise the newest lines were in no window until the next step is full.
 * @throws ServiceError NL_LOGQL_LIMIT for too many.
 */
export function stepsOf({ start, end }: Range, step: bigint): Steps {
  if ((end - start) / step >= BigInt(LOKI_LIMITS.steps)) {
    throw new ServiceError(
      "NL_LOGQL_LIMIT",
      `exceeded maximum resolution of ${LOKI_LIMITS.steps} points per time series. Try increasing the value of the step parameter`,
    );
  }
  const first = start / step;
  const last = (end + step - 1n) / step;
  return { start: first * step, step, count: Number(last - first) + 1 };
}

/**
 * The times that all windows `(moment - range, moment]` cover, cut into slots so that each window is
 * a run of whole ones: a sample goes into one slot, however many windows have it.
 *
 * A step's cell is cut once where the windows' starts fall inside the cells.
 */
export class Windows {
  readonly steps: Steps;
  /** Seconds of one window. */
  readonly seconds: number;
  readonly slots: number;
  /** Slots of one window. */
  readonly width: number;
  readonly #step: number;
  readonly #originMs: number;
  readonly #originNanos: number;
  readonly #cellsBefore: number;
  /** How far before a cell's end it is cut; 0 for not at all. */
  readonly #cut: number;

  /** @param range And `offset`: nanoseconds. */
  constructor(steps: Steps, range: number, offset: number) {
    this.steps = steps;
    this.seconds = range / 1e9;
    this.#step = Number(steps.step);
    const origin = steps.start - BigInt(Math.round(offset));
    this.#originMs = Number(origin / MS);
    this.#originNanos = Number(origin % MS);
    this.#cellsBefore = Math.floor(range / this.#step);
    this.#cut = range % this.#step;
    const perCell = this.#cut === 0 ? 1 : 2;
    this.slots = (steps.count + this.#cellsBefore) * perCell;
    this.width = this.#cellsBefore * perCell + perCell - 1;
  }

  /** The slot of a sample's time; undefined if no window has it. */
  slotOf(ms: number, nanos: number): number | undefined {
    const after = (ms - this.#originMs) * 1e6 + (nanos - this.#originNanos);
    const cell = Math.ceil(after / this.#step);
    const place = cell + this.#cellsBefore;
    if (this.#cut === 0) return place >= 1 && place < this.slots ? place : undefined;
    const isLate = after > cell * this.#step - this.#cut;
    const slot = place * 2 + (isLate ? 1 : 0);
    return slot >= 1 && slot < this.slots ? slot : undefined;
  }

  /** Intervals of so many milliseconds, each with its end and not its start, lie within one slot each. */
  get evenMs(): number | undefined {
    const origin = BigInt(this.#originMs) * MS + BigInt(this.#originNanos);
    const nanos = [BigInt(this.#step), BigInt(this.#cut), origin].reduce(divisor);
    return nanos % MS === 0n ? Number(nanos / MS) : undefined;
  }

  /** The first slot of a window, which has `width` of them. */
  firstOf(step: number): number {
    return this.#cut === 0 ? step + 1 : step * 2 + 1;
  }
}

function divisor(a: bigint, b: bigint): bigint {
  return b === 0n ? (a < 0n ? -a : a) : divisor(b, a % b);
}
