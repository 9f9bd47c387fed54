import type { PendingClearings } from "../archive/clearings/port.ts";
import { MOVER_LIMITS } from "../archive/limits.ts";
import { joinPositions } from "../archive/moving.ts";
import type { LogStore } from "../store/port.ts";

/** Tells when a work thread that rests is needed for the archive: by a command for each lane. */
export class ArchiveAlarm {
  readonly #store: Pick<LogStore, "positions">;
  readonly #clearings: Pick<PendingClearings, "list" | "begun"> | undefined;
  /** What the last thread left: all of it was archived. */
  #seen: string | undefined;
  /** Whatever happened: days have to be made and dropped, or another process may have gone. */
  #at = 0;

  constructor(
    store: Pick<LogStore, "positions">,
    clearings: Pick<PendingClearings, "list" | "begun"> | undefined,
  ) {
    this.#store = store;
    this.#clearings = clearings;
  }

  /** @param seen The hot store's positions as a thread left them; undefined if another process moves. */
  set(seen: string | undefined): void {
    const { wakeMs, standbyWakeMs } = MOVER_LIMITS;
    this.#seen = seen;
    this.#at = performance.now() + (seen === undefined ? standbyWakeMs : wakeMs);
  }

  /** At once: a thread has crashed. */
  ring(): void {
    this.#at = 0;
  }

  async isDue(): Promise<boolean> {
    if (performance.now() >= this.#at) return true;
    // Another process has the archive, and is asked again in a while.
    if (this.#seen === undefined) return false;
    if (joinPositions(await this.#store.positions()) !== this.#seen) return true;
    if (this.#clearings === undefined) return false;
    const [pending, begun] = await Promise.all([this.#clearings.list(), this.#clearings.begun()]);
    return pending.length + begun.length > 0;
  }
}
