interface Waiter {
  /** How many of the oldest records that wait are its own. */
  own: number;
  readonly done: () => void;
}

/**
 * Those that wait until their records are gone: the ones that were there when they came. Newer ones
 * come behind these, so that the own ones are always the first of all that wait.
 */
export class Waiters {
  #all: Waiter[] = [];

  get count(): number {
    return this.#all.length;
  }

  /**
   * @param own Records that wait now
   * @returns after `ms` at most, and then false
   */
  wait(own: number, ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isDone: boolean) => {
        clearTimeout(deadline);
        this.#all = this.#all.filter((other) => other !== waiter);
        resolve(isDone);
      };
      // This timer alone holds the process open, for no longer than it may take.
      const deadline = setTimeout(() => end(false), ms);
      const waiter = { own, done: () => end(true) };
      this.#all.push(waiter);
    });
  }

  /** Records are gone, with so many older ones before them that are not. */
  gone(records: number, before: number): void {
    if (this.#all.length === 0) return;
    for (const waiter of this.#all) {
      waiter.own -= Math.min(records, Math.max(0, waiter.own - before));
      if (waiter.own === 0) waiter.done();
    }
  }

  /** Some of the oldest are gone, nobody knows which: so many were tried, and so many of them are left. */
  someGone(tried: number, left: number): void {
    for (const waiter of this.#all) {
      waiter.own = waiter.own >= tried ? waiter.own - tried + left : Math.min(waiter.own, left);
      if (waiter.own === 0) waiter.done();
    }
  }
}
