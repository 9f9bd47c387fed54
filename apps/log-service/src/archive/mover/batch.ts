import { DamagedBlockError } from "../../block/bytes.ts";
import type { RowMask } from "../../block/pattern.ts";
import type { BlockRows } from "../../block/rows.ts";
import { unitsOf } from "../../record/record.ts";
import type { BlockRef } from "../../store/port.ts";
import { writeRecordId } from "../../store/position.ts";
import { MOVER_LIMITS } from "../limits.ts";
import { addSkipped, NONE_SKIPPED, type ArchivedRecord, type LaneMove } from "../port.ts";
import type { Waiting } from "./backlog.ts";
import { recordsOf, type Commit, type LaneQueue } from "./lane-queue.ts";

export interface Batch {
  readonly moves: readonly LaneMove[];
  /** Records of commits in it, those that were cleared or passed over by a damaged block too. */
  readonly records: number;
  /** The hot store has changed: what comes next has to be looked at anew. */
  readonly isStale: boolean;
}

/** A block's rows; `changed` if they are not those that its header tells of any more. */
type Read =
  | { readonly kind: "rows"; readonly rows: BlockRows; readonly cleared: RowMask | undefined }
  | { readonly kind: "damaged" }
  | { readonly kind: "changed" };

interface Taken {
  readonly queue: LaneQueue;
  readonly commit: Commit;
}

/** @param cleared The rows that are left out. */
export type ClearedRows = (block: BlockRef, rows: BlockRows) => RowMask | undefined;

export interface BatchSize {
  readonly records: number;
  readonly units: number;
}

export interface BatchesOptions {
  readonly waiting: Waiting;
  /** The archive's position of each lane, by its prefix. */
  readonly from: ReadonlyMap<string, string>;
  readonly cleared: ClearedRows;
  /** Positions of blocks that were listed and not there: twice in a row, and they count as damaged. */
  readonly missing: Set<string>;
  readonly size?: BatchSize | undefined;
}

/** Makes what waits into batches, one after the other. */
export class Batches {
  readonly #waiting: Waiting;
  readonly #cleared: ClearedRows;
  readonly #size: BatchSize;
  /** Where each lane stands after the batches so far. */
  readonly #from: Map<string, string>;
  readonly #missing: Set<string>;
  /** Blocks of the last batch, as the next one often goes on with them. */
  #reads = new Map<BlockRef, Promise<Read>>();

  constructor({ waiting, from, cleared, missing, size }: BatchesOptions) {
    this.#waiting = waiting;
    this.#from = new Map(from);
    this.#cleared = cleared;
    this.#missing = missing;
    this.#size = size ?? { records: MOVER_LIMITS.batchRecords, units: MOVER_LIMITS.batchUnits };
  }

  /**
   * @returns undefined once nothing is left.
   * @throws ServiceError if the hot store fails.
   */
  async next(): Promise<Batch | undefined> {
    const taken = this.#take();
    if (taken.length === 0) return undefined;
    const reads = this.#read(taken);
    const moves = new Map<string, Move>();
    let records = 0;
    let units = 0;
    for (const [at, { commit }] of taken.entries()) {
      if (units >= this.#size.units) {
        this.#giveBack(taken.slice(at));
        break;
      }
      const found = await rowsOf(commit, reads);
      if (found === "changed") return { moves: this.#done(moves), records, isStale: true };
      units += this.#put(moves, commit, found);
      records += recordsOf(commit);
    }
    return { moves: this.#done(moves), records, isStale: false };
  }

  #take(): readonly Taken[] {
    const taken: Taken[] = [];
    const blocks = new Set<BlockRef>();
    let records = 0;
    let bytes = 0;
    while (
      records < this.#size.records &&
      bytes < this.#size.units &&
      blocks.size < MOVER_LIMITS.batchBlocks
    ) {
      const next = this.#waiting.take();
      if (next === undefined) break;
      taken.push(next);
      records += recordsOf(next.commit);
      for (const { block, run } of next.commit.rows) {
        blocks.add(block);
        bytes += (block.header.rawBytes / block.header.records) * run.count;
      }
    }
    return taken;
  }

  /** Asked for together, so that they come together. */
  #read(taken: readonly Taken[]): ReadonlyMap<BlockRef, Promise<Read>> {
    const reads = new Map<BlockRef, Promise<Read>>();
    for (const { commit } of taken) {
      for (const { block } of commit.rows) {
        if (reads.has(block)) continue;
        const read = this.#reads.get(block) ?? this.#readBlock(block);
        // Whoever comes to it hears of its failure; the batch may end before.
        read.catch(() => undefined);
        reads.set(block, read);
      }
    }
    this.#reads = reads;
    return reads;
  }

  async #readBlock(block: BlockRef): Promise<Read> {
    try {
      const rows = await block.read();
      if (rows?.count === block.header.records) {
        return { kind: "rows", rows, cleared: this.#cleared(block, rows) };
      }
      // Merged or dropped since; another look tells. A body that is lost is there in no look.
      if (this.#missing.has(block.position)) return { kind: "damaged" };
      this.#missing.add(block.position);
      return { kind: "changed" };
    } catch (error) {
      if (error instanceof DamagedBlockError) return { kind: "damaged" };
      throw error;
    }
  }

  #giveBack(taken: readonly Taken[]): void {
    for (const [queue, mine] of Map.groupBy(taken, (each) => each.queue)) {
      queue.giveBack(mine.map(({ commit }) => commit));
    }
  }

  /** @returns The text of what was put, in UTF-16 units. */
  #put(moves: Map<string, Move>, commit: Commit, found: Found): number {
    const { lane, position, committed, skipped } = commit;
    const known = moves.get(lane.prefix);
    const move = known ?? {
      namespace: lane.namespace,
      from: this.#from.get(lane.prefix),
      to: position,
      committed,
      records: [],
      skipped: NONE_SKIPPED,
    };
    move.to = position;
    move.committed = committed;
    move.skipped = addSkipped(addSkipped(move.skipped, skipped), {
      ...NONE_SKIPPED,
      damaged: found.damaged,
    });
    let units = 0;
    for (const record of found.records) {
      units += unitsOf(record.record);
      move.records.push(record);
    }
    moves.set(lane.prefix, move);
    return units;
  }

  #done(moves: ReadonlyMap<string, Move>): readonly LaneMove[] {
    for (const [lane, { to }] of moves) this.#from.set(lane, to);
    return [...moves.values()];
  }
}

/** A part that grows. */
interface Move extends LaneMove {
  to: string;
  committed: number;
  skipped: LaneMove["skipped"];
  readonly records: ArchivedRecord[];
}

interface Found {
  readonly records: readonly ArchivedRecord[];
  readonly damaged: number;
}

async function rowsOf(
  { position, rows: stretches }: Commit,
  reads: ReadonlyMap<BlockRef, Promise<Read>>,
): Promise<Found | "changed"> {
  const records: ArchivedRecord[] = [];
  let damaged = 0;
  for (const { block, run, row } of stretches) {
    const read = await reads.get(block);
    if (read === undefined || read.kind === "changed") return "changed";
    if (read.kind === "damaged") {
      damaged += run.count;
      continue;
    }
    const { rows, cleared } = read;
    const mine: ArchivedRecord[] = [];
    try {
      for (let at = 0; at < run.count; at += 1) {
        if (cleared?.[row + at] === 1) continue;
        const id = writeRecordId(position, run.index + at);
        mine.push({ id, record: rows.record(row + at) });
      }
      records.push(...mine);
    } catch (error) {
      if (!(error instanceof DamagedBlockError)) throw error;
      damaged += run.count;
    }
  }
  return { records, damaged };
}
