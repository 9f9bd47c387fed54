import type { BlockRef, Snapshot, SnapshotLane, Tombstone } from "../../store/port.ts";
import { lanePrefix } from "../../store/position.ts";
import type { ArchiveBuffer, Backlog } from "../moving.ts";
import type { LanePosition } from "../port.ts";
import { LaneQueue, type Commit } from "./lane-queue.ts";
import { recordBytes } from "./run-order.ts";

/** All that waits for the archive, as of one snapshot. */
export class Waiting {
  /**
   * Lanes with blocks that a newer version of the service wrote. They wait for it: nothing of them is
   * moved, or passed over, as what comes behind a gap would leave it behind for ever.
   */
  readonly stopped: readonly SnapshotLane[];
  readonly #stoppedRecords: number;
  readonly #queues: readonly LaneQueue[];
  /** The lane that commits are taken from, and the block that they are taken from it for. */
  #current: { readonly queue: LaneQueue; readonly block: BlockRef | undefined } | undefined;

  /**
   * @param positions Where the archive's lanes stand, by their prefix.
   * @param clearings Those that the archive has not carried out, or only just.
   */
  constructor(
    snapshot: Snapshot,
    positions: ReadonlyMap<string, LanePosition>,
    clearings: readonly Tombstone[],
  ) {
    const blocks = Map.groupBy(snapshot.blocks, ({ position }) => lanePrefix(position));
    const last = new Map(snapshot.positions.map((position) => [lanePrefix(position), position]));
    const cleared = new Set(clearings.map(({ namespace }) => namespace));
    const missing = ({ prefix, committed }: SnapshotLane): number =>
      Math.max(0, committed - (positions.get(prefix)?.committed ?? 0));
    const isStopped = (lane: SnapshotLane): boolean => lane.isNewer === true && missing(lane) > 0;
    this.stopped = snapshot.lanes.filter(isStopped);
    this.#stoppedRecords = this.stopped.reduce((sum, lane) => sum + missing(lane), 0);
    this.#queues = snapshot.lanes
      .filter((lane) => !isStopped(lane))
      .map(
        (lane) =>
          new LaneQueue(
            {
              lane,
              from: positions.get(lane.prefix),
              last: last.get(lane.prefix),
              hasClearings: cleared.has(lane.namespace),
            },
            blocks.get(lane.prefix) ?? [],
          ),
      );
  }

  /** What is left now. */
  get backlog(): Backlog {
    let records = 0;
    let bytes = 0;
    let oldestMs: number | undefined;
    for (const queue of this.#queues) {
      records += queue.records;
      bytes += queue.bytes;
      const received = queue.block?.header.receivedFirst;
      if (received !== undefined) oldestMs = Math.min(oldestMs ?? received, received);
    }
    return { records: records + this.#stoppedRecords, bytes, oldestMs };
  }

  /** Of what may be moved. */
  get #movable(): { readonly records: number; readonly bytes: number } {
    const { records, bytes } = this.backlog;
    return { records: records - this.#stoppedRecords, bytes };
  }

  /**
   * Passes over the oldest where more waits than may. Across lanes it goes by when their blocks were
   * received: to a record in each lane, and to a block between them.
   */
  keepWithin({ records: most = Infinity, bytes: mostBytes = Infinity }: ArchiveBuffer): void {
    let { records, bytes } = this.#movable;
    while (records > most || bytes > mostBytes) {
      const queue = this.#oldest();
      const block = queue?.block;
      if (queue === undefined || block === undefined) return;
      const excess = Math.max(records - most, Math.ceil((bytes - mostBytes) / recordBytes(block)));
      const before = queue.bytes;
      records -= queue.skip(Math.min(excess, block.header.records));
      bytes -= before - queue.bytes;
    }
  }

  /** The next commit: of the lane whose next block was received first, until that block ends. */
  take(): { readonly queue: LaneQueue; readonly commit: Commit } | undefined {
    if (this.#current === undefined || this.#current.queue.block !== this.#current.block) {
      const queue = this.#oldest();
      this.#current = queue && { queue, block: queue.block };
    }
    const queue = this.#current?.queue;
    const commit = queue?.take();
    if (queue !== undefined && commit !== undefined) return { queue, commit };
    // Lanes may end with what is missing.
    for (const each of this.#queues) {
      const end = each.take();
      if (end !== undefined) return { queue: each, commit: end };
    }
    return undefined;
  }

  #oldest(): LaneQueue | undefined {
    let oldest: LaneQueue | undefined;
    for (const queue of this.#queues) {
      const received = queue.block?.header.receivedFirst;
      if (received === undefined) continue;
      if (oldest === undefined || received < (oldest.block?.header.receivedFirst ?? Infinity)) {
        oldest = queue;
      }
    }
    return oldest;
  }
}
