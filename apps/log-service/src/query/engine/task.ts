import { ENGINE_LIMITS } from "../../limits.ts";
import type { Scanned, Work } from "./port.ts";
import type { Scheduler } from "./scheduler.ts";

/** Thrown by work that nobody waits for any more; whoever asked has been told already. */
export class CancelledError extends Error {
  override readonly name = "CancelledError";
}

/** What the work for one answer may take. */
export interface Budget {
  /** After decompression. */
  readonly bytes: number;
  readonly ms: number;
}

export interface TaskOptions {
  readonly scheduler: Scheduler;
  readonly budget: Budget;
  /** Asked between blocks: may be set by another thread. */
  readonly cancelled: () => boolean;
}

/** The work for one answer: its limits, its turns on the thread, and what it scanned. */
export class Task {
  readonly scanned = { blocks: 0, records: 0, bytes: 0, skipped: 0, counted: 0, damaged: 0 };
  readonly #options: TaskOptions;
  readonly #started = performance.now();
  #slice = this.#started;

  constructor(options: TaskOptions) {
    this.#options = options;
  }

  /** A limit is reached: the answer is what was found so far. */
  get spent(): boolean {
    const { bytes, ms } = this.#options.budget;
    return this.scanned.bytes >= bytes || performance.now() - this.#started > ms;
  }

  /** What is left of its time. */
  get msLeft(): number {
    return Math.max(0, this.#options.budget.ms - (performance.now() - this.#started));
  }

  get work(): Work {
    return { ms: performance.now() - this.#started, scanned: this.scanned satisfies Scanned };
  }

  /** A part of the work that may take less; what it scans counts for itself. */
  within(budget: Budget): Task {
    return new Task({ ...this.#options, budget });
  }

  /** @throws CancelledError when nobody waits for the answer. */
  check(): void {
    if (this.#options.cancelled()) throw new CancelledError();
  }

  /** Lets others on the thread when this one has had its slice. */
  async pause(): Promise<void> {
    this.check();
    if (performance.now() - this.#slice < ENGINE_LIMITS.sliceMs) return;
    await this.#options.scheduler.turn();
    this.#slice = performance.now();
    this.check();
  }
}
