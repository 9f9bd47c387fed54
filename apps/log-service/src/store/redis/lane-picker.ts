import { STORE_LIMITS } from "../../limits.ts";

/** What the choice goes by. */
export interface PickableLane {
  /** Commits under way and waiting. */
  readonly load: number;
}

/**
 * Which of a namespace's lanes takes the next write. Small writes stay with one lane for a while, as
 * groups are larger then; large ones go where least waits, by turns among equals. Processes begin at
 * different lanes.
 */
export class LanePicker<Lane extends PickableLane> {
  readonly #lanes: readonly [Lane, ...Lane[]];
  #turn: number;

  constructor(lanes: readonly [Lane, ...Lane[]], start: number) {
    this.#lanes = lanes;
    this.#turn = start;
  }

  /** @param nowMs Of a steady clock. */
  forSmall(nowMs: number): Lane {
    return this.#at(this.#turn + Math.floor(nowMs / STORE_LIMITS.laneTurnMs));
  }

  forLarge(): Lane {
    this.#turn += 1;
    let best = this.#at(this.#turn);
    for (let step = 1; step < this.#lanes.length; step += 1) {
      const lane = this.#at(this.#turn + step);
      if (lane.load < best.load) best = lane;
    }
    return best;
  }

  /** The same lane for the same key, whichever process asks; another one if there are more lanes. */
  forKey(digest: Buffer): Lane {
    return this.#at(digest.readUInt32BE(0));
  }

  #at(index: number): Lane {
    return this.#lanes[index % this.#lanes.length] ?? this.#lanes[0];
  }
}
