import type { Accumulator, Saved, Scalar } from "./types.ts";

/**
 * Counts distinct values by the smallest of their hashes: exactly until there are more than it keeps,
 * then from how densely the smallest lie. With 4,096 kept, two of three estimates are within 1.6 %.
 */
export class DistinctCount implements Accumulator {
  readonly #most: number;
  readonly #hashes = new Set<number>();
  /** Only hashes below it are kept, once there were too many. */
  #bound = Infinity;

  constructor(most: number) {
    this.#most = most;
  }

  get approximate(): boolean {
    return this.#bound !== Infinity;
  }

  add(value: Scalar): void {
    this.#keep(hashOf(typeof value === "string" ? `s${value}` : `v${value}`));
  }

  merge({ numbers: [bound = Infinity, ...hashes] }: Saved): void {
    this.#bound = Math.min(this.#bound, bound);
    for (const hash of this.#hashes) if (hash >= this.#bound) this.#hashes.delete(hash);
    for (const hash of hashes) this.#keep(hash);
  }

  save(): Saved {
    return { numbers: [this.#bound, ...this.#hashes], texts: [] };
  }

  result(): number {
    const { size } = this.#hashes;
    return this.#bound === Infinity ? size : Math.round((size / this.#bound) * RANGE);
  }

  #keep(hash: number): void {
    if (hash >= this.#bound) return;
    this.#hashes.add(hash);
    if (this.#hashes.size <= this.#most * 2) return;
    // The larger half goes at once: sorting for each new value would cost far more.
    const sorted = Float64Array.from(this.#hashes).sort();
    this.#bound = sorted[this.#most] ?? this.#bound;
    for (const known of sorted.subarray(this.#most)) this.#hashes.delete(known);
  }
}

const RANGE = 2 ** 53;

/** 53 bits: two of a million values meet once in 18,000 tries. */
function hashOf(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x01234567;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x85ebca6b);
    high ^= high >>> 15;
  }
  return (mix(high ^ low) >>> 11) * 2 ** 32 + mix(low + Math.imul(high, 0x9e3779b1));
}

function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
