import { reasonOf } from "../../errors.ts";
import { ARCHIVE_LIMITS, MOVER_LIMITS } from "../limits.ts";
import { TEND_TROUBLES, type Tended, type TendTrouble } from "../port.ts";
import { atMost } from "./at-most.ts";
import { doubledPause } from "./doubled-pause.ts";
import type { MoveSession } from "./session.ts";
import type { Troubles } from "./troubles.ts";

export interface TendingOptions {
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly steady: () => number;
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
  /** By how much the clock was ahead of what had passed. */
  #ahead: number;
  #doubted = { until: 0, reason: "" };

  constructor(tended: (tended: Tended) => void, troubles: Troubles, options: TendingOptions) {
    this.#tended = tended;
    this.#troubles = troubles;
    this.#options = options;
    this.#ahead = options.clock() - options.steady();
  }

  /** The archive was away. A row of failures goes on: one of them may be why. */
  reopened(): void {
    if (this.#failures > 0) return;
    this.#dueAt = Math.min(this.#dueAt, this.#options.steady() + MOVER_LIMITS.tendAgainMs);
  }

  /** Begins if it is due, and waits a while for it: there should be days for what is moved then. */
  async keep(session: MoveSession): Promise<void> {
    if (this.#running !== undefined || this.#options.steady() < this.#dueAt) return;
    this.#running = this.#tend(session).finally(() => {
      this.#running = undefined;
    });
    await atMost(this.#running, this.#options.waitMs);
  }

  async #tend(session: MoveSession): Promise<void> {
    let failed: string | undefined;
    try {
      const { clock } = this.#options;
      const doubt = this.#doubt();
      const tended = await session.tend(clock(), doubt.length === 0);
      this.#tended(tended);
      const troubles = [...tended.troubles, ...doubt];
      for (const kind of TEND_TROUBLES) {
        const mine = troubles.filter((each) => each.kind === kind);
        this.#troubles.set(
          kind,
          mine.map(({ reason }) => reason),
        );
      }
      failed = troubles.find(({ kind }) => kind === "tending")?.reason;
    } catch (error) {
      failed = reasonOf(error);
      // That the archive is away is told by the moving.
      if (await session.isHeld()) this.#troubles.set("tending", [failed]);
    }
    this.#failures = failed === undefined ? 0 : this.#failures + 1;
    this.#dueAt = this.#options.steady() + this.#pause();
  }

  /** For a while after the clock went ahead of the time that passed. */
  #doubt(): readonly TendTrouble[] {
    const { clock, steady } = this.#options;
    const now = steady();
    const before = this.#ahead;
    this.#ahead = clock() - now;
    const jump = this.#ahead - before;
    if (jump > ARCHIVE_LIMITS.clockJumpMs) {
      const reason =
        `The clock went ahead by ${Math.round(jump / 1_000)} s by itself: ` +
        "nothing is dropped for its age for an hour";
      this.#doubted = { until: now + ARCHIVE_LIMITS.clockDoubtMs, reason };
    }
    const { until, reason } = this.#doubted;
    return now < until ? [{ kind: "clock", reason }] : [];
  }

  #pause(): number {
    if (this.#failures === 0) return MOVER_LIMITS.tendMs;
    return doubledPause(this.#failures, this.#options.retryMs, MOVER_LIMITS.tendRetryMostMs);
  }
}
