/**
 * Values from which quantiles are read: all of them up to a bound, then their counts in buckets
 * whose borders grow by 2 % (a DDSketch), so that an estimate is within 1 % of a value that is there.
 */
export class Quantiles {
  readonly #most: number;
  #exact: number[] | undefined = [];
  /** Key: the bucket's place; those of negative values are kept apart, by their size. */
  readonly #above = new Map<number, number>();
  readonly #below = new Map<number, number>();
  #zeros = 0;
  #count = 0;
  #least = Infinity;
  #greatest = -Infinity;

  /** @param most Values that are kept as they are. */
  constructor(most: number) {
    this.#most = most;
  }

  get approximate(): boolean {
    return this.#exact === undefined;
  }

  add(value: number): void {
    if (this.#exact === undefined) {
      this.#bucket(value, 1);
      return;
    }
    this.#exact.push(value);
    if (this.#exact.length > this.#most) this.#toBuckets();
  }

  /** @param phi 0 to 1. @returns undefined without any value. */
  at(phi: number): number | undefined {
    if (this.#exact !== undefined) {
      const sorted = Float64Array.from(this.#exact).sort();
      return sorted[rank(phi, sorted.length)];
    }
    let left = rank(phi, this.#count);
    const negative = [...this.#below].sort(([a], [b]) => b - a);
    for (const [place, count] of negative) {
      if (left < count) return this.#clamp(-middle(place));
      left -= count;
    }
    if (left < this.#zeros) return 0;
    left -= this.#zeros;
    for (const [place, count] of [...this.#above].sort(([a], [b]) => a - b)) {
      if (left < count) return this.#clamp(middle(place));
      left -= count;
    }
    return this.#greatest;
  }

  /** Plain numbers: the values, or after a mark the buckets. */
  save(): number[] {
    if (this.#exact !== undefined) return [0, ...this.#exact];
    const pairs = (buckets: ReadonlyMap<number, number>): number[] => [...buckets].flat();
    const head = [1, this.#zeros, this.#least, this.#greatest, this.#above.size];
    return [...head, ...pairs(this.#above), ...pairs(this.#below)];
  }

  merge(saved: readonly number[]): void {
    if (saved[0] === 0) {
      for (const value of saved.slice(1)) this.add(value);
      return;
    }
    if (this.#exact !== undefined) this.#toBuckets();
    const [, zeros = 0, least = Infinity, greatest = -Infinity, above = 0] = saved;
    this.#zeros += zeros;
    this.#count += zeros;
    this.#least = Math.min(this.#least, least);
    this.#greatest = Math.max(this.#greatest, greatest);
    for (let at = 5; at < saved.length; at += 2) {
      const into = at < 5 + above * 2 ? this.#above : this.#below;
      this.#count += saved[at + 1] ?? 0;
      raise(into, saved[at] ?? 0, saved[at + 1] ?? 0);
    }
  }

  #toBuckets(): void {
    const values = this.#exact ?? [];
    this.#exact = undefined;
    for (const value of values) this.#bucket(value, 1);
  }

  #bucket(value: number, times: number): void {
    this.#count += times;
    this.#least = Math.min(this.#least, value);
    this.#greatest = Math.max(this.#greatest, value);
    const size = Math.abs(value);
    if (size < SMALLEST) this.#zeros += times;
    else raise(value > 0 ? this.#above : this.#below, placeOf(size), times);
  }

  #clamp(value: number): number {
    return Math.min(this.#greatest, Math.max(this.#least, value));
  }
}

const GROWTH = 1.02;
const LOG_GROWTH = Math.log(GROWTH);
/** Nothing that is logged is smaller and not 0; with the largest this bounds the buckets to 3,500. */
const SMALLEST = 1e-12;
const LARGEST = 1e18;

function placeOf(size: number): number {
  return Math.ceil(Math.log(Math.min(size, LARGEST)) / LOG_GROWTH);
}

function middle(place: number): number {
  return (2 * GROWTH ** place) / (GROWTH + 1);
}

/** The nearest rank: a quantile is always a value that is there. */
function rank(phi: number, count: number): number {
  return Math.min(count - 1, Math.max(0, Math.ceil(phi * count) - 1));
}

function raise(buckets: Map<number, number>, place: number, times: number): void {
  buckets.set(place, (buckets.get(place) ?? 0) + times);
}
