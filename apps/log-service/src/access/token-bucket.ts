/**
 * A rate with room for a burst of one second.
 *
 * A charge may take the bucket below zero: a batch larger than the burst passes when the bucket is
 * not empty, and what it overdrew is paid by waiting. Refusing such a batch would refuse it for ever.
 */
export class TokenBucket {
  readonly #perSecond: number;
  #tokens: number;
  #filledAt: number;

  /** @param nowMs Any monotonic clock in milliseconds, the same one for every call. */
  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#filledAt = nowMs;
  }

  /** Milliseconds until the next charge is taken; 0 when it is taken now. */
  waitMs(nowMs: number): number {
    this.#fill(nowMs);
    return this.#tokens > 0 ? 0 : ((1 - this.#tokens) / this.#perSecond) * 1000;
  }

  charge(amount: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#tokens -= amount;
  }

  #fill(nowMs: number): void {
    const gained = ((nowMs - this.#filledAt) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + gained);
    this.#filledAt = nowMs;
  }
}
