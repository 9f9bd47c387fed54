import { reasonOf } from "../../errors.ts";
import type { CompileTombstone, Tombstone } from "../../store/port.ts";
import { MOVER_LIMITS } from "../limits.ts";
import type { ArchiveHold } from "../port.ts";
import { atMost } from "./at-most.ts";
import { carryOut } from "./clearings.ts";
import { doubledPause } from "./doubled-pause.ts";
import type { Troubles } from "./troubles.ts";

/** Of a clearing that failed: how often in a row, why, and when it is tried again. */
interface Retry {
  readonly failures: number;
  readonly reason: string;
  readonly at: number;
}

/** Those that failed, by their ids; outlives the hold, which they may be what ends. */
export type Retries = Map<string, Retry>;

export interface CarryingOutDeps {
  readonly hold: ArchiveHold;
  readonly compileTombstone: CompileTombstone;
  readonly retries: Retries;
  readonly troubles: Pick<Troubles, "set">;
  readonly cleared: (records: number) => void;
  /** Whether records can still be moved. */
  readonly isHeld: () => Promise<boolean>;
}

/**
 * Takes out of the archive what clearings cover, one after the other and beside the moving. One that
 * fails is put off, and the others go on.
 */
export class CarryingOut {
  readonly #deps: CarryingOutDeps;
  readonly #done = new Set<string>();
  #running: Promise<void> | undefined;

  constructor(deps: CarryingOutDeps) {
    this.#deps = deps;
  }

  /**
   * Begins what is due, and waits a while for it. Nothing may be under way that was read without these:
   * what is moved from now on is left out by them.
   * @param pending All that the archive may still have records of.
   */
  async keep(pending: readonly Tombstone[]): Promise<void> {
    if (this.#running === undefined) {
      this.#forget(pending);
      const due = pending.filter(({ id }) => this.#isDue(id));
      if (due.length === 0) return;
      this.#running = this.#run(due).finally(() => {
        this.#running = undefined;
      });
    }
    await atMost(this.#running, MOVER_LIMITS.clearWaitMs);
  }

  isDone(id: string): boolean {
    return this.#done.has(id);
  }

  #isDue(id: string): boolean {
    const { at = 0 } = this.#deps.retries.get(id) ?? {};
    return !this.#done.has(id) && performance.now() >= at;
  }

  /** What others have carried out, or this one has. */
  #forget(pending: readonly Tombstone[]): void {
    const { retries } = this.#deps;
    const ids = new Set(pending.map(({ id }) => id));
    for (const id of this.#done) if (!ids.has(id)) this.#done.delete(id);
    for (const id of retries.keys()) if (!ids.has(id)) retries.delete(id);
    this.#tell();
  }

  async #run(due: readonly Tombstone[]): Promise<void> {
    const { hold, compileTombstone, retries, cleared, isHeld } = this.#deps;
    for (const tombstone of due) {
      const { id } = tombstone;
      try {
        cleared(await carryOut(hold, tombstone, compileTombstone));
        this.#done.add(id);
        retries.delete(id);
      } catch (error) {
        const failures = (retries.get(id)?.failures ?? 0) + 1;
        const { clearRetryMs, clearRetryMostMs } = MOVER_LIMITS;
        const pause = doubledPause(failures, clearRetryMs, clearRetryMostMs);
        retries.set(id, { failures, reason: reasonOf(error), at: performance.now() + pause });
        // Of an archive that is away the moving tells.
        if (!(await isHeld())) return;
      }
      this.#tell();
    }
  }

  #tell(): void {
    const { retries, troubles } = this.#deps;
    troubles.set(
      "clearing",
      [...retries.values()].map(({ reason }) => reason),
    );
  }
}
