import { setImmediate } from "node:timers/promises";

/** Hands out turns of the event loop, one after the other, so that others are served in between. */
export class LoopTurns {
  #last: Promise<void> = Promise.resolve();

  next(): Promise<void> {
    this.#last = this.#last.then(() => setImmediate());
    return this.#last;
  }
}
