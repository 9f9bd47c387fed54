import { DamagedBlockError } from "../../../block/bytes.ts";
import type { BlockHeader } from "../../../block/header.ts";
import type { BlockRows } from "../../../block/rows.ts";
import { SEARCH_LIMITS } from "../../../limits.ts";
import { compareInstants } from "../../../record/time.ts";
import type { BlockRef, Snapshot } from "../../../store/port.ts";
import { lanePrefix, readRecordId } from "../../../store/position.ts";
import { keyComparison, type CompareKeys, type Order, type SortKey } from "../../key.ts";
import type { Asking } from "../asking.ts";
import { readBlocks } from "../reading.ts";
import type { Selector } from "../selector.ts";
import type { Task } from "../task.ts";
import { lastOfLanes, type Cursor } from "./cursor.ts";
import { Page, type Found } from "./page.ts";

export interface Outcome {
  readonly records: readonly Found[];
  readonly next: Cursor | undefined;
  readonly truncated: boolean;
}

export interface ScanOptions {
  readonly selector: Selector;
  readonly order: Order;
  readonly limit: number;
  /** Text of the page's records in UTF-16 units. */
  readonly units: number;
  /** What the next page's cursor has in common with this one's. */
  readonly base: Cursor;
  /** The cursor that this page goes on from. */
  readonly resumed: Cursor | undefined;
}

/**
 * One page's way through the blocks. They are read in the order of their own range's near end, and
 * the page is complete once the next block cannot hold anything that comes before its last record.
 */
export class Scan {
  readonly #order: Order;
  readonly #compare: CompareKeys;
  readonly #selector: Selector;
  readonly #base: Cursor;
  readonly #resumed: Cursor | undefined;
  readonly #page: Page;
  /** Each lane's last block when the page before was made. */
  readonly #seen: ReadonlyMap<string, string>;
  /** In the page already, though a block that merging made may bring them again. */
  readonly #recalled = new Set<string>();
  /** The last of more pending records than a cursor holds: what follows it was let go, so the page ends there. */
  #cap: SortKey | undefined;

  constructor({ selector, order, limit, units, base, resumed }: ScanOptions) {
    this.#order = order;
    this.#compare = keyComparison(order);
    this.#selector = selector;
    this.#base = base;
    this.#resumed = resumed;
    this.#seen = new Map(
      resumed?.scanned?.seen.map((position) => [lanePrefix(position), position]),
    );
    this.#page = new Page({ order, limit, units });
  }

  async run(snapshot: Snapshot, asking: Pick<Asking, "task" | "templates">): Promise<Outcome> {
    const { task } = asking;
    await this.#recall(snapshot, task);
    const blocks = this.#toScan(snapshot.blocks, task);
    const lastRepeat = blocks.findLast((block) => this.#isRepeat(block));
    let before: BlockRef | undefined;
    let hasProgress = false;
    for await (const { block, rows: read } of readBlocks(
      blocks,
      this.#selector.matcher,
      snapshot,
      asking,
    )) {
      const edge = this.#edge(block);
      if (this.#isComplete(edge)) return this.#complete(true);
      if (before !== undefined && hasProgress && task.spent) {
        const repeats =
          lastRepeat !== undefined && this.#compare(edge, this.#edge(lastRepeat)) <= 0;
        if (!repeats) return this.#truncate(edge, before, snapshot);
      }
      before = block;
      // At least one block that is no repeat, or a page might never get further than the one before.
      hasProgress ||= !this.#isRepeat(block);
      const rows = await read();
      if (rows !== undefined) this.#collect(task, () => this.#scanRows(block, rows, task));
    }
    return this.#complete(false);
  }

  /** Puts the pending records of the page before back in. */
  async #recall({ blocks }: Snapshot, task: Task): Promise<void> {
    const pending = this.#resumed?.pending ?? [];
    const holders = pending.length === 0 ? [] : blocks.filter((block) => holdsAny(block, pending));
    for (const block of holders) {
      await task.pause();
      await this.#recallFrom(block, pending, task);
    }
    if (this.#resumed?.capped === true) this.#cap = this.#page.last;
  }

  async #recallFrom(block: BlockRef, pending: readonly string[], task: Task): Promise<void> {
    let rows: BlockRows | undefined;
    try {
      rows = await block.read();
    } catch (error) {
      if (!(error instanceof DamagedBlockError)) throw error;
    }
    if (rows === undefined) return;
    const read = rows;
    const selection = new Uint8Array(read.count);
    for (const id of pending) {
      const row = block.rowOf(id);
      if (row === undefined || this.#recalled.has(id)) continue;
      selection[row] = 1;
      this.#recalled.add(id);
    }
    this.#collect(task, () =>
      this.#page.add({ rows: read, idOf: (row) => block.idOf(row), selection, wants: () => true }),
    );
  }

  /** The blocks that may hold something and are not done, nearest end first. */
  #toScan(all: readonly BlockRef[], task: Task): readonly BlockRef[] {
    const found: BlockRef[] = [];
    for (const block of all) {
      if (this.#isDone(block)) continue;
      if (this.#isAhead(block.header) && this.#selector.mayMatch(block)) found.push(block);
      else task.scanned.skipped += 1;
    }
    return found.sort(this.#order === "asc" ? byFirst : byLast);
  }

  /** Whether merging made the block of what may have been scanned for an earlier page. */
  #isRepeat(block: BlockRef): boolean {
    const done = this.#resumed?.scanned;
    if (done === undefined || this.#direction(this.#edge(block), done) > 0) return false;
    return block.position > (this.#seen.get(lanePrefix(block.position)) ?? "");
  }

  #isDone(block: BlockRef): boolean {
    const done = this.#resumed?.scanned;
    if (done === undefined || this.#compare(this.#edge(block), done) > 0) return false;
    return block.position <= (this.#seen.get(lanePrefix(block.position)) ?? "");
  }

  /** Whether the block reaches beyond the last record given out. */
  #isAhead({ first, last }: BlockHeader): boolean {
    const { key } = this.#base;
    if (key === undefined) return true;
    return this.#order === "asc"
      ? compareInstants(last, key) >= 0
      : compareInstants(first, key) <= 0;
  }

  /** The place in the order before which a block holds nothing. */
  #edge({ header, position }: BlockRef): SortKey {
    const { ms, nanos } = this.#order === "asc" ? header.first : header.last;
    return { ms, nanos, id: position };
  }

  #isComplete(edge: SortKey): boolean {
    const last = this.#page.full ? this.#page.last : this.#cap;
    return last !== undefined && this.#direction(edge, last) > 0;
  }

  /** Compares times alone: a block's position says nothing about its records' ids at that time. */
  #direction(a: SortKey, b: SortKey): number {
    return this.#order === "asc" ? compareInstants(a, b) : compareInstants(b, a);
  }

  /** Columns are checked as they are read: a damaged block gives nothing, and fails nothing. */
  #collect(task: Task, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof DamagedBlockError)) throw error;
      task.scanned.damaged += 1;
    }
  }

  #scanRows(block: BlockRef, rows: BlockRows, task: Task): void {
    const selection = this.#selector.rows(block, rows, () => task.check());
    if (selection === "none") return;
    const { key } = this.#base;
    this.#page.add({
      rows,
      idOf: (row) => block.idOf(row),
      selection,
      wants: (place) =>
        (key === undefined || this.#compare(place, key) > 0) &&
        (this.#cap === undefined || this.#compare(place, this.#cap) <= 0) &&
        !this.#recalled.has(place.id),
    });
  }

  #complete(blocksLeft: boolean): Outcome {
    const records = this.#page.found;
    const key = records.at(-1);
    const more = blocksLeft || this.#page.overflowed || this.#cap !== undefined;
    const next = more && key !== undefined ? { ...this.#base, key: place(key) } : undefined;
    return { records, next, truncated: false };
  }

  /** Gives out what no unscanned block can come before, and remembers the rest. */
  #truncate(edge: SortKey, lastScanned: BlockRef, snapshot: Snapshot): Outcome {
    const { found } = this.#page;
    const settled = found.filter((record) => this.#direction(record, edge) < 0);
    const pending = found.slice(settled.length, settled.length + SEARCH_LIMITS.pending);
    const key = settled.at(-1);
    const capped =
      this.#cap !== undefined ||
      this.#page.overflowed ||
      settled.length + pending.length < found.length;
    return {
      records: settled,
      next: {
        ...this.#base,
        ...(key !== undefined && { key: place(key) }),
        scanned: {
          ...this.#edge(lastScanned),
          seen: lastOfLanes(snapshot.blocks.map(({ position }) => position)),
        },
        pending: pending.map(({ id }) => id),
        ...(capped && { capped }),
      },
      truncated: true,
    };
  }
}

/** By their edges in ascending order, which are not made for it: every search sorts all blocks. */
function byFirst(a: BlockRef, b: BlockRef): number {
  return compareInstants(a.header.first, b.header.first) || byPosition(a, b);
}

/** The same in descending order. */
function byLast(a: BlockRef, b: BlockRef): number {
  return compareInstants(b.header.last, a.header.last) || byPosition(b, a);
}

function byPosition(a: BlockRef, b: BlockRef): number {
  return a.position < b.position ? -1 : Number(a.position > b.position);
}

function place({ ms, nanos, id }: SortKey): SortKey {
  return { ms, nanos, id };
}

function holdsAny(block: BlockRef, ids: readonly string[]): boolean {
  return ids.some((id) => {
    const record = readRecordId(id);
    if (record === undefined || lanePrefix(record.position) !== lanePrefix(block.position)) {
      return false;
    }
    return block.rowOf(id) !== undefined;
  });
}
