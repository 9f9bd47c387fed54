import { ServiceError } from "../../errors.ts";
import { ENGINE_LIMITS } from "../../limits.ts";
import type { QuestionKind } from "./questions.ts";
import { CancelledError } from "./task.ts";

/** Questions of one sort wait for each other, never for those of another. */
export type Sort = keyof typeof ENGINE_LIMITS.running;

const LOOKUPS: readonly QuestionKind[] = ["search", "trace", "context", "namespaces"];

/** Look-ups end with their page; sums read whatever matches. */
export function sortOf(kind: QuestionKind): Sort {
  return LOOKUPS.includes(kind) ? "lookups" : "sums";
}

/** How many questions of each sort run at once; the others wait, up to a bound. */
export class Admission {
  readonly #running = { lookups: 0, sums: 0, streams: 0 };
  readonly #waiting: Readonly<Record<Sort, (() => void)[]>> = {
    lookups: [],
    sums: [],
    streams: [],
  };

  /**
   * Runs the work when there is room.
   * @throws ServiceError NL_QUERY_BUSY when too many wait already.
   */
  async run<T>(sort: Sort, cancelled: () => boolean, work: () => Promise<T>): Promise<T> {
    await this.enter(sort, cancelled);
    try {
      return await work();
    } finally {
      this.leave(sort);
    }
  }

  /** To be followed by one `leave`. */
  async enter(sort: Sort, cancelled: () => boolean): Promise<void> {
    if (this.#running[sort] < ENGINE_LIMITS.running[sort]) {
      this.#running[sort] += 1;
      return;
    }
    const waiting = this.#waiting[sort];
    if (waiting.length >= ENGINE_LIMITS.waiting) {
      throw new ServiceError("NL_QUERY_BUSY", undefined, { retryAfterSeconds: 1 });
    }
    await new Promise<void>((start) => waiting.push(start));
    if (cancelled()) {
      this.leave(sort);
      throw new CancelledError();
    }
  }

  leave(sort: Sort): void {
    const next = this.#waiting[sort].shift();
    if (next === undefined) this.#running[sort] -= 1;
    else next();
  }
}
