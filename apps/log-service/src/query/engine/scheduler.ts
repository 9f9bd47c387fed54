/**
 * Lets questions that scan share one thread: each works for a slice, then waits for its turn. Between
 * two slices whatever else the thread does gets its chance, so that an answer which needs no slice of
 * its own, as a trace look-up, comes at once.
 */
export class Scheduler {
  readonly #waiting: (() => void)[] = [];
  #scheduled = false;

  /** Resolves when it is the caller's turn: first come, first served. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // One slice for each round of the event loop: answers of the store and messages come in between.
    setImmediate(() => {
      this.#scheduled = false;
      this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}
