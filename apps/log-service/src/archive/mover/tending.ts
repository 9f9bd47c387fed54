import { reasonOf } from "../../errors.ts";
import { MOVER_LIMITS } from "../limits.ts";
import type { Tended } from "../port.ts";
import { atMost } from "./at-most.ts";
import type { MoveSession } from "./session.ts";
import type { Troubles } from "./troubles.ts";

export interface TendingOptions {
  readonly waitMs: number;
  readonly retryMs: number;
}

/**
 * Has days made and dropped, in its own time and beside the moving: whatever it is refused, and however
 * long it takes, records are moved.
 */
export class Tending {
  readonly #tended: (tended: Tended) => void;
  readonly #troubles: Troubles;
  readonly #options: TendingOptions;
  #running: Promise<void> | undefined;
  #dueAt = 0;
  #failures = 0;

  constructor(tended: (tended: Tended) => void, troubles: Troubles, options: TendingOptions) {
    this.#tended = tended;
    this.#troubles = troubles;
    this.#options = options;
  }

  /** The archive was away. A row of failures goes on: one of them may be why. */
  reopened(): void {
    if (this.#failures > 0) return;
    this.#dueAt = Math.min(this.#dueAt, performance.now() + MOVER_LIMITS.tendAgainMs);
  }

  /** Begins if it is due, and waits a while for it: there should be days for what is moved then. */
  async keep(session: MoveSession): Promise<void> {
    if (this.#running !== undefined || performance.now() < this.#dueAt) return;
    this.#running = this.#tend(session).finally(() => {
      this.#running = undefined;
    });
    await atMost(this.#running, this.#options.waitMs);
  }

  async #tend(session: MoveSession): Promise<void> {
    let failed: string | undefined;
    try {
      this.#tended(await session.tend());
    } catch (error) {
      failed = reasonOf(error);
    }
    this.#failures = failed === undefined ? 0 : this.#failures + 1;
    this.#dueAt = performance.now() + this.#pause();
    // That the archive is away is told by the moving.
    if (failed === undefined) this.#troubles.set("tending", []);
    else if (await session.isHeld()) this.#troubles.set("tending", [failed]);
  }

  #pause(): number {
    if (this.#failures === 0) return MOVER_LIMITS.tendMs;
    const doubled = this.#options.retryMs * 2 ** Math.min(this.#failures - 1, 30);
    return Math.min(doubled, MOVER_LIMITS.tendRetryMostMs);
  }
}
