import type { Backlog, MovingStats } from "../moving.ts";
import { addSkipped, NONE_SKIPPED, type Moved, type Tended } from "../port.ts";
import type { Batch } from "./batch.ts";

/** What a mover has done, added up for whoever asks. */
export class MoveCounters {
  state: MovingStats["state"] = "starting";
  backlog: Backlog | undefined;
  #moved = 0;
  #batches = 0;
  #quarantined = 0;
  #cleared = 0;
  #expired = 0;
  #skipped = NONE_SKIPPED;
  #lastMoveMs: number | undefined;

  moved({ moves }: Batch, { stored, quarantined }: Moved, nowMs: number): void {
    this.#batches += 1;
    this.#moved += stored;
    this.#quarantined += quarantined.length;
    for (const { skipped } of moves) this.#skipped = addSkipped(this.#skipped, skipped);
    if (stored > 0) this.#lastMoveMs = nowMs;
  }

  cleared(records: number): void {
    this.#cleared += records;
  }

  tended({ dropped }: Tended): void {
    for (const { records } of dropped) this.#expired += records;
  }

  read(troubles: MovingStats["troubles"] = []): MovingStats {
    return {
      state: this.state,
      moved: this.#moved,
      batches: this.#batches,
      quarantined: this.#quarantined,
      skipped: this.#skipped,
      cleared: this.#cleared,
      expired: this.#expired,
      backlog: this.backlog,
      lastMoveMs: this.#lastMoveMs,
      troubles,
    };
  }
}
