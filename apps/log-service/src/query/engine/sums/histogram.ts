import type { BlockRows } from "../../../block/rows.ts";
import { ENGINE_LIMITS } from "../../../limits.ts";
import { LEVELS } from "../../../record/level.ts";
import { writeInstant } from "../../../record/time.ts";
import type { BlockRef } from "../../../store/port.ts";
import type { Selection } from "../../match/matcher.ts";
import type { Asking } from "../asking.ts";
import type { HistogramAnswer, HistogramQuestion } from "../questions.ts";
import { levelCounts, sumOf } from "./levels.ts";
import type { HeaderNeeds } from "../../pipes/header-groups.ts";
import { sumUp, type HeaderRef, type Sum, type Span } from "./sum.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Intervals that people can read on an axis. */
const INTERVALS = [
  1,
  10,
  100,
  1_000,
  5_000,
  10_000,
  30_000,
  ...[1, 2, 5, 10, 30].map((minutes) => minutes * MINUTE),
  ...[1, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 7, 30, 90, 365, 3_650, 36_500].map((days) => days * DAY),
];
const BUCKETS = 60;

export async function answerHistogram(
  question: HistogramQuestion,
  asking: Asking,
): Promise<HistogramAnswer> {
  let buckets = new Buckets(MINUTE, 0, 0);
  const layOut = (spans: readonly Span[]) => {
    buckets = bucketsFor(question, spans);
    return buckets;
  };
  const summed = await sumUp(question, asking, layOut, { isLaidOut: true });
  return { interval_ms: buckets.interval, ...buckets.answer(), ...summed };
}

/** Buckets for the times that the blocks, within what was asked, can have records in. */
function bucketsFor(question: HistogramQuestion, blocks: readonly Span[]): Buckets {
  const { from, to, intervalMs } = question;
  let first = Infinity;
  let last = -Infinity;
  for (const { header } of blocks) {
    first = Math.min(first, header.first.ms);
    last = Math.max(last, header.last.ms);
  }
  first = Math.max(first, from?.ms ?? -Infinity);
  last = Math.min(last, to?.ms ?? Infinity);
  if (!(first <= last)) return new Buckets(intervalMs ?? MINUTE, 0, 0);
  // The interval is chosen by what was asked, so that it does not change as records come in.
  const asked = from === undefined || to === undefined ? last - first : to.ms - from.ms;
  const most = intervalMs === undefined ? (question.buckets ?? BUCKETS) : ENGINE_LIMITS.buckets - 2;
  const span = intervalMs === undefined ? asked : last - first;
  const interval =
    intervalMs !== undefined && span / intervalMs <= most
      ? intervalMs
      : (INTERVALS.find((ms) => ms >= (intervalMs ?? 0) && span / ms <= most) ?? span);
  return new Buckets(interval, Math.floor(first / interval), Math.floor(last / interval));
}

/** Counts by level of each interval, side by side in one array. */
class Buckets implements Sum {
  readonly interval: number;
  readonly #first: number;
  readonly #counts: Float64Array;

  /** @param first And `last`: intervals since the epoch. */
  constructor(interval: number, first: number, last: number) {
    this.interval = interval;
    this.#first = first;
    this.#counts = new Float64Array((last - first + 1) * LEVELS.length);
  }

  addHeader({ header }: HeaderRef, levels: readonly boolean[]): boolean {
    const first = Math.floor(header.first.ms / this.interval);
    if (first === Math.floor(header.last.ms / this.interval)) {
      this.#add(first, header.levels, levels);
      return true;
    }
    if (header.minutes === undefined || this.interval % MINUTE !== 0) return false;
    const minutes = this.interval / MINUTE;
    for (const { minute, levels: counts } of header.minutes) {
      this.#add(Math.floor(minute / minutes), counts, levels);
    }
    return true;
  }

  addRows(_block: BlockRef, rows: BlockRows, selection: Selection): void {
    const { ms, levels } = rows;
    const counts = this.#counts;
    for (let row = 0; row < rows.count; row += 1) {
      if (selection !== "all" && selection[row] === 0) continue;
      const bucket = Math.floor((ms[row] ?? 0) / this.interval) - this.#first;
      const at = bucket * LEVELS.length + (levels[row] ?? 0);
      counts[at] = (counts[at] ?? 0) + 1;
    }
  }

  answer(): Pick<HistogramAnswer, "count" | "buckets"> {
    const buckets: { start: string; count: number; levels: ReturnType<typeof levelCounts> }[] = [];
    let count = 0;
    let lastFull = 0;
    for (let at = 0; at < this.#counts.length; at += LEVELS.length) {
      const here = sumOf(this.#counts, at);
      if (here === 0 && buckets.length === 0) continue;
      const start = (this.#first + at / LEVELS.length) * this.interval;
      buckets.push({
        start: writeInstant(Math.max(0, start), 0, 3),
        count: here,
        levels: levelCounts(this.#counts, at),
      });
      count += here;
      if (here > 0) lastFull = buckets.length;
    }
    return { count, buckets: buckets.slice(0, lastFull) };
  }

  get headerNeeds(): HeaderNeeds {
    return { sources: false, bucketMs: this.interval };
  }

  #add(bucket: number, counts: readonly number[], levels: readonly boolean[]): void {
    const at = (bucket - this.#first) * LEVELS.length;
    for (let level = 0; level < counts.length; level += 1) {
      if (levels[level] !== true) continue;
      this.#counts[at + level] = (this.#counts[at + level] ?? 0) + (counts[level] ?? 0);
    }
  }
}
