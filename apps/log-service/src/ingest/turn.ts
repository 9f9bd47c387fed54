import { setImmediate } from "node:timers/promises";

import { INGEST_LIMITS } from "../limits.ts";

/**
 * Long work in turns, so that others are served in between: after each piece it asks whether its
 * turn is over, and then waits for the next one.
 */
export class Turn {
  #until = performance.now() + INGEST_LIMITS.turnMs;

  isOver(): boolean {
    return performance.now() >= this.#until;
  }

  async next(): Promise<void> {
    await setImmediate();
    this.#until = performance.now() + INGEST_LIMITS.turnMs;
  }
}
