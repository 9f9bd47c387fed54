// Batches that were taken until a larger one is tried, at first and at most: a limit that stays is met ever less often.
const FIRST_PATIENCE = 4;
const MOST_PATIENCE = 1_024;

/** How much text a batch may have: less after one was refused as too large, and slowly more again. */
export class BatchSize {
  readonly #most: number;
  #bytes: number;
  #taken = 0;
  #patience = FIRST_PATIENCE;
  #hasGrown = false;

  constructor(most: number) {
    this.#most = most;
    this.#bytes = most;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A batch of that size was refused. */
  tooLarge(size: number): void {
    this.#bytes = Math.max(1, Math.floor(size / 2));
    this.#taken = 0;
    if (this.#hasGrown) this.#patience = Math.min(MOST_PATIENCE, 2 * this.#patience);
    this.#hasGrown = false;
  }

  /** A batch of that size was taken; a small one says nothing. */
  taken(size: number): void {
    if (this.#bytes === this.#most || size < this.#bytes / 2) return;
    this.#taken += 1;
    if (this.#taken < this.#patience) return;
    this.#bytes = Math.min(this.#most, 2 * this.#bytes);
    this.#taken = 0;
    this.#hasGrown = true;
  }
}
