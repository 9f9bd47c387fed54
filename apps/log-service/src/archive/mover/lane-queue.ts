import type { BlockRef, SnapshotLane } from "../../store/port.ts";
import { comparePlaces } from "../../store/stored-block.ts";
import { addSkipped, NONE_SKIPPED, type LanePosition, type Skipped } from "../port.ts";
import { recordBytes, RunOrder, type Stretch } from "./run-order.ts";

/** What is left of one commit: never divided, as a lane stands at the position of a commit. */
export interface Commit {
  readonly lane: SnapshotLane;
  readonly position: string;
  /** Records that were ever committed to the lane up to there. */
  readonly committed: number;
  /** What is passed over before its rows. */
  readonly skipped: Skipped;
  /** In order; none where a lane ends with what is passed over. */
  readonly rows: readonly Stretch[];
}

export interface LaneState {
  readonly lane: SnapshotLane;
  /** Where the archive has it; undefined for a lane that it has not. */
  readonly from: LanePosition | undefined;
  /** The lane's last position in the hot store. */
  readonly last: string | undefined;
  /** Whether clearings may have taken records out since `from`. */
  readonly hasClearings: boolean;
}

/** One lane's records that the archive does not have, commit by commit. */
export class LaneQueue {
  readonly #state: LaneState;
  readonly #order: RunOrder;
  #back: Commit[] = [];
  #backRecords = 0;
  #backBytes = 0;
  #position: string | undefined;
  #committed: number;
  /** Passed over since the last commit that was given out. */
  #skipped = NONE_SKIPPED;

  /** @param blocks Of this lane, all that have records behind `from`. */
  constructor(state: LaneState, blocks: readonly BlockRef[]) {
    const { from, lane } = state;
    this.#state = state;
    this.#order = new RunOrder(blocks, from?.position);
    this.#position = from?.position;
    // A store that lost its data has counted anew.
    this.#committed = Math.min(from?.committed ?? 0, lane.committed);
  }

  /** Records that are left. */
  get records(): number {
    return this.#order.records + this.#backRecords;
  }

  /** About what they take in the hot store. */
  get bytes(): number {
    return this.#order.bytes + this.#backBytes;
  }

  /** The block that the next record lies in. */
  get block(): BlockRef | undefined {
    return (this.#back[0]?.rows[0] ?? this.#order.peek())?.block;
  }

  /** @returns undefined once nothing is left, to move or to pass over. */
  take(): Commit | undefined {
    const back = this.#back.shift();
    if (back === undefined) return this.#next() ?? this.#end();
    this.#backRecords -= recordsOf(back);
    this.#backBytes -= bytesOf(back);
    const skipped = addSkipped(this.#skipped, back.skipped);
    this.#skipped = NONE_SKIPPED;
    return { ...back, skipped };
  }

  /** Puts back what was taken last. */
  giveBack(commits: readonly Commit[]): void {
    this.#back = [...commits, ...this.#back];
    for (const commit of commits) {
      this.#backRecords += recordsOf(commit);
      this.#backBytes += bytesOf(commit);
    }
  }

  /**
   * Passes over up to so many of the next records, as too many wait.
   * @returns How many.
   */
  skip(most: number): number {
    let left = most;
    while (left > 0 && this.records > 0) {
      const commit = this.take();
      if (commit === undefined) break;
      const over = Math.min(left, recordsOf(commit));
      left -= over;
      const skipped = addSkipped(commit.skipped, { ...NONE_SKIPPED, overflow: over });
      const rows = withoutFirst(commit.rows, over);
      if (rows.length === 0) this.#skipped = skipped;
      else this.giveBack([{ ...commit, skipped, rows }]);
    }
    return most - left;
  }

  #next(): Commit | undefined {
    const rows: Stretch[] = [];
    for (;;) {
      const next = this.#order.peek();
      const [first] = rows;
      const follows = first === undefined || (next && comparePlaces(next.run, first.run) === 0);
      if (next === undefined || follows !== true) break;
      this.#order.take();
      // A block tells how many came before its first record, and no other.
      if (next.row === 0) this.#miss(next.block.before);
      this.#committed += next.run.count;
      rows.push(next);
    }
    const [first] = rows;
    return first && this.#commit(first.block.positionOf(first.row), rows);
  }

  /** What is missing behind the last block, and what was passed over there. */
  #end(): Commit | undefined {
    const { last, lane } = this.#state;
    if (last !== undefined && lane.committed > this.#committed) {
      this.#miss(lane.committed);
      return this.#commit(last, []);
    }
    return this.#skipped === NONE_SKIPPED || this.#position === undefined
      ? undefined
      : this.#commit(this.#position, []);
  }

  #commit(position: string, rows: readonly Stretch[]): Commit {
    const skipped = this.#skipped;
    this.#skipped = NONE_SKIPPED;
    this.#position = position;
    return { lane: this.#state.lane, position, committed: this.#committed, skipped, rows };
  }

  /** Records up to a count that no block has: dropped, cleared, or in a block that cannot be read. */
  #miss(before: number): void {
    const missing = before - this.#committed;
    if (missing <= 0) return;
    this.#committed = before;
    const { from, lane, hasClearings } = this.#state;
    if (lane.dropped !== undefined && (this.#position ?? "") < lane.dropped) {
      this.#skipped = addSkipped(this.#skipped, { ...NONE_SKIPPED, retention: missing });
    } else if (from !== undefined && !hasClearings) {
      this.#skipped = addSkipped(this.#skipped, { ...NONE_SKIPPED, damaged: missing });
    }
  }
}

export function recordsOf({ rows }: Commit): number {
  return rows.reduce((sum, { run }) => sum + run.count, 0);
}

function bytesOf({ rows }: Commit): number {
  return rows.reduce((sum, { block, run }) => sum + run.count * recordBytes(block), 0);
}

function withoutFirst(rows: readonly Stretch[], count: number): readonly Stretch[] {
  let left = count;
  return rows.flatMap(({ block, run, row }): Stretch[] => {
    const over = Math.min(left, run.count);
    left -= over;
    if (over === run.count) return [];
    const rest = { ...run, index: run.index + over, count: run.count - over };
    return [{ block, run: rest, row: row + over }];
  });
}
