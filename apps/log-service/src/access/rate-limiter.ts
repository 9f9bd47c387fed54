import { ACCESS_LIMITS } from "../limits.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface Rates {
  readonly recordsPerSecond: number | undefined;
  readonly bytesPerSecond: number | undefined;
}

interface Buckets {
  readonly records: TokenBucket | undefined;
  readonly bytes: TokenBucket | undefined;
}

/** What each API key may write in this process, in records and in bytes a second. */
export class RateLimiter {
  readonly #rates: Rates;
  readonly #now: () => number;
  readonly #limits: boolean;
  readonly #buckets = new Map<string, Buckets>();

  /** @param now A monotonic clock in milliseconds. */
  constructor(rates: Rates, now: () => number = () => performance.now()) {
    this.#rates = rates;
    this.#now = now;
    this.#limits = rates.recordsPerSecond !== undefined || rates.bytesPerSecond !== undefined;
  }

  /** Milliseconds that the key has to wait; 0 lets it write now. */
  waitMs(key: string): number {
    if (!this.#limits) return 0;
    const { records, bytes } = this.#bucketsOf(key);
    const now = this.#now();
    return Math.max(records?.waitMs(now) ?? 0, bytes?.waitMs(now) ?? 0);
  }

  charge(key: string, records: number, bytes: number): void {
    if (!this.#limits) return;
    const buckets = this.#bucketsOf(key);
    const now = this.#now();
    buckets.records?.charge(records, now);
    buckets.bytes?.charge(bytes, now);
  }

  #bucketsOf(key: string): Buckets {
    const known = this.#buckets.get(key);
    if (known !== undefined) {
      // At the end again: the first is who has been away for longest.
      this.#buckets.delete(key);
      this.#buckets.set(key, known);
      return known;
    }
    const oldest = this.#buckets.keys().next();
    if (this.#buckets.size >= ACCESS_LIMITS.ratedCallers && oldest.done !== true) {
      this.#buckets.delete(oldest.value);
    }
    const made = {
      records: this.#bucket(this.#rates.recordsPerSecond),
      bytes: this.#bucket(this.#rates.bytesPerSecond),
    };
    this.#buckets.set(key, made);
    return made;
  }

  #bucket(perSecond: number | undefined): TokenBucket | undefined {
    return perSecond === undefined ? undefined : new TokenBucket(perSecond, this.#now());
  }
}
