import { DamagedBlockError } from "../../../block/bytes.ts";
import type { BlockHeader } from "../../../block/header.ts";
import type { BlockRows } from "../../../block/rows.ts";
import { SEARCH_LIMITS } from "../../../limits.ts";
import { compareInstants } from "../../../record/time.ts";
import type { BlockRef, Snapshot } from "../../../store/port.ts";
import { lanePrefix } from "../../../store/position.ts";
import { keyComparison, type CompareKeys, type Order, type SortKey } from "../../key.ts";
import { warnOf, type Asking, type Opened } from "../asking.ts";
import { readBlocks } from "../reading.ts";
import type { Selector } from "../selector.ts";
import type { Task } from "../task.ts";
import { ArchiveFeed, type Choice, type Listed } from "./archive-feed.ts";
import { ArchivePart } from "./archive-part.ts";
import { byFirst, byLast, direction, edgeOf } from "./block-order.ts";
import { lastOfLanes, type Cursor } from "./cursor.ts";
import {
  archivedUpTo,
  countRecords,
  countScanned,
  place,
  type ArchiveEnd,
  type HotEnd,
} from "./ends.ts";
import { Page, type Found } from "./page.ts";
import { recall } from "./recall.ts";

export interface Outcome {
  readonly records: readonly Found[];
  readonly next: Cursor | undefined;
  readonly truncated: boolean;
  /** The archive failed: what only it has may be missing, and is asked for again with `next`. */
  readonly isPartial: boolean;
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

type ScanAsking = Pick<Asking, "task" | "templates" | "warnings">;

/**
 * One page's way through the blocks. They are read in the order of their own range's near end, and
 * the page is complete once the next block cannot hold anything that comes before its last record.
 */
export class Scan {
  readonly #order: Order;
  readonly #compare: CompareKeys;
  readonly #selector: Selector;
  readonly #limit: number;
  readonly #base: Cursor;
  #resumed: Cursor | undefined;
  readonly #page: Page;
  /** Each lane's last block when the page before was made. */
  #seen: ReadonlyMap<string, string>;
  /** In the page already, though a block that merging made may bring them again. */
  #recalled: ReadonlySet<string> = new Set();
  /** The last of more pending records than a cursor holds: what follows it was let go, so the page ends there. */
  #cap: SortKey | undefined;

  constructor({ selector, order, limit, units, base, resumed }: ScanOptions) {
    this.#order = order;
    this.#compare = keyComparison(order);
    this.#selector = selector;
    this.#limit = limit;
    this.#base = base;
    this.#resumed = resumed;
    this.#seen = new Map(
      resumed?.scanned?.seen.map((position) => [lanePrefix(position), position]),
    );
    this.#page = new Page({ order, limit, units });
  }

  async run(opened: Opened, asking: ScanAsking): Promise<Outcome> {
    const { task, warnings } = asking;
    const { archived } = opened;
    const single = archived && new ArchivePart(archived);
    const listed = archived && new ArchivePart(archived);
    await this.#recall(opened, single, asking);
    const feed = listed && this.#feedOf(listed);
    const blocks = this.#toScan(opened.snapshot.blocks, task);
    const hot = await this.#scanBlocks(blocks, opened, asking, single, feed);
    const archive = feed && (await this.#scanArchive(feed, hot, task));
    // An archive that fails now may have told enough before for a shorter page that lacks nothing.
    const isShortened = listed?.failure !== undefined && this.#isSettled(feed);
    const failure = single?.failure ?? (isShortened ? undefined : listed?.failure);
    if (failure !== undefined) warnOf(failure, warnings);
    const isPartial = failure !== undefined;
    const isArchiveSpent = archive?.isSpent === true || isShortened;
    if (hot.kind === "spent" || isArchiveSpent) {
      return { ...this.#truncate(hot, opened.snapshot, feed, isArchiveSpent), isPartial };
    }
    return this.#complete(hot.kind === "full" || archive?.hasMore === true, isPartial);
  }

  /** Whether the page's first record is known to be that: the archive was read up to there. */
  #isSettled(feed: ArchiveFeed | undefined): boolean {
    const [first] = this.#page.found;
    return first !== undefined && feed?.isPast(first) === true;
  }

  /** The hot store's part. */
  async #scanBlocks(
    blocks: readonly BlockRef[],
    { snapshot }: Opened,
    asking: ScanAsking,
    archive: ArchivePart | undefined,
    feed: ArchiveFeed | undefined,
  ): Promise<HotEnd> {
    const { task } = asking;
    const all = blocks.reduce((sum, { header }) => sum + header.records, 0);
    let scanned = 0;
    if (this.#order === "asc" || this.#isSparse(scanned, all)) feed?.ask();
    const lastRepeat = blocks.findLast((block) => this.#isRepeat(block));
    let before: BlockRef | undefined;
    let hasProgress = false;
    for await (const { block, rows: read } of readBlocks(
      blocks,
      this.#selector.matcher,
      snapshot,
      asking,
    )) {
      const edge = edgeOf(block, this.#order);
      const list = feed?.ready();
      if (list !== undefined) await this.#addList(list, task);
      if (this.#isComplete(edge)) return { kind: "full" };
      if (before !== undefined && hasProgress && task.spent) {
        const repeats =
          lastRepeat !== undefined && this.#compare(edge, edgeOf(lastRepeat, this.#order)) <= 0;
        if (!repeats) return { kind: "spent", edge, before };
      }
      before = block;
      // At least one block that is no repeat, or a page might never get further than the one before.
      hasProgress ||= !this.#isRepeat(block);
      const rows = await read();
      const selector = this.#selector;
      if (rows !== undefined)
        this.#collect(task, () => this.#scanRows(selector, block, rows, task));
      if (rows === undefined || rows.count < block.header.records) {
        const left = rows === undefined ? undefined : block;
        await archive?.use(async (archived) => {
          const blocks = await archived.ofGone(block, left);
          await this.#addBlocks({ blocks, selector: archived.selector }, task);
        });
      }
      scanned += block.header.records;
      if (this.#isSparse(scanned, all)) feed?.ask();
    }
    return { kind: "end" };
  }

  /** The archive's part, after the hot store's: what the page has by then bounds what is asked for. */
  async #scanArchive(feed: ArchiveFeed, hot: HotEnd, task: Task): Promise<ArchiveEnd> {
    while (!feed.isEnd) {
      const goal = this.#goal(hot);
      if (goal !== undefined && feed.isPast(goal)) return { hasMore: true, isSpent: false };
      // At least one list, or a page might never get further than the one before.
      if (feed.lists > 0 && task.spent) return { hasMore: true, isSpent: true };
      await task.pause();
      const list = await feed.next(goal);
      if (list !== undefined) await this.#addList(list, task);
    }
    return { hasMore: false, isSpent: false };
  }

  /** What lies behind it is not needed for this page. */
  #goal(hot: HotEnd): SortKey | undefined {
    if (this.#page.full) return this.#page.last;
    return this.#cap ?? (hot.kind === "spent" ? hot.edge : undefined);
  }

  async #addList({ records, choice }: Listed, task: Task): Promise<void> {
    if (choice !== undefined) return this.#addBlocks(choice, task);
    await task.pause();
    countRecords(task, records);
    const found = records.map(({ id, record }) => ({
      ms: record.ms,
      nanos: record.nanos,
      id,
      record,
    }));
    this.#page.addAll(found.filter((each) => this.#wants(each)));
  }

  async #addBlocks({ blocks, selector }: Choice, task: Task): Promise<void> {
    for (const block of blocks) {
      await task.pause();
      countScanned(task, block);
      this.#collect(task, () => this.#scanRows(selector, block, block.rows, task));
    }
  }

  #feedOf(part: ArchivePart): ArchiveFeed {
    const from = this.#resumed?.archived;
    const key = this.#base.key;
    const passed = from?.id === undefined ? undefined : { ...from, id: from.id };
    const isFurther = passed !== undefined && (key === undefined || this.#compare(passed, key) > 0);
    return new ArchiveFeed({
      part,
      order: this.#order,
      behind: isFurther ? passed : key,
      moment: from?.id === undefined ? from : undefined,
      enough: this.#limit + 1,
    });
  }

  /**
   * Whether the hot store will not fill the page, going by what it gave so far: the archive is asked
   * then while its blocks are read, and otherwise only for what would come before the page's last
   * record. In ascending order the records begin in the archive.
   */
  #isSparse(scanned: number, all: number): boolean {
    const share = scanned === 0 ? 1 : this.#page.found.length / scanned;
    return share * all < this.#limit;
  }

  /** Puts the pending records of the page before back in. */
  async #recall(
    opened: Opened,
    archive: ArchivePart | undefined,
    { task }: ScanAsking,
  ): Promise<void> {
    const { pending = [], capped } = this.#resumed ?? {};
    this.#recalled = await recall(pending, this.#page, opened, archive, task);
    if (capped !== true) return;
    if (this.#recalled.has(pending.at(-1) ?? "")) {
      this.#cap = this.#page.last;
      return;
    }
    // Nobody knows any more behind which record others were let go: all is scanned again.
    const { scanned: _scanned, archived: _archived, ...rest } = this.#resumed ?? this.#base;
    this.#resumed = rest;
    this.#seen = new Map();
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
    if (done === undefined || direction(edgeOf(block, this.#order), done, this.#order) > 0)
      return false;
    return block.position > (this.#seen.get(lanePrefix(block.position)) ?? "");
  }

  #isDone(block: BlockRef): boolean {
    const done = this.#resumed?.scanned;
    if (done === undefined || this.#compare(edgeOf(block, this.#order), done) > 0) return false;
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

  #isComplete(edge: SortKey): boolean {
    const last = this.#page.full ? this.#page.last : this.#cap;
    return last !== undefined && direction(edge, last, this.#order) > 0;
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

  #scanRows(selector: Selector, block: BlockRef, rows: BlockRows, task: Task): void {
    const selection = selector.rows(block, rows, () => task.check());
    if (selection === "none") return;
    this.#page.add({ block, rows, selection, wants: (place) => this.#wants(place) });
  }

  #wants(place: SortKey): boolean {
    const { key } = this.#base;
    return (
      (key === undefined || this.#compare(place, key) > 0) &&
      (this.#cap === undefined || this.#compare(place, this.#cap) <= 0) &&
      !this.#recalled.has(place.id)
    );
  }

  #complete(blocksLeft: boolean, isPartial: boolean): Outcome {
    const records = this.#page.found;
    const key = records.at(-1);
    const more = blocksLeft || this.#page.overflowed || this.#cap !== undefined;
    const isOver = !isPartial && (!more || key === undefined);
    const next = isOver ? undefined : { ...this.#base, ...(key && { key: place(key) }) };
    return { records, next, truncated: isPartial, isPartial };
  }

  /** Gives out what nothing unread can come before, and remembers the rest. */
  #truncate(
    hot: HotEnd,
    snapshot: Snapshot,
    feed: ArchiveFeed | undefined,
    isArchiveSpent: boolean,
  ): Omit<Outcome, "isPartial"> {
    const { found } = this.#page;
    const settled = found.filter(
      (record) =>
        (hot.kind !== "spent" || direction(record, hot.edge, this.#order) < 0) &&
        !(isArchiveSpent && feed?.isPast(record) !== true),
    );
    const key = settled.at(-1);
    const archived = archivedUpTo(hot, feed?.frontier, this.#order) ?? this.#resumed?.archived;
    const next = {
      ...this.#base,
      ...(key !== undefined && { key: place(key) }),
      ...(archived !== undefined && { archived }),
    };
    // Blocks are scanned again then: what was found there and is not given out is found again.
    if (hot.kind !== "spent") return { records: settled, next, truncated: true };
    const pending = found.slice(settled.length, settled.length + SEARCH_LIMITS.pending);
    const capped =
      this.#cap !== undefined ||
      this.#page.overflowed ||
      settled.length + pending.length < found.length;
    return {
      records: settled,
      next: {
        ...next,
        scanned: {
          ...edgeOf(hot.before, this.#order),
          seen: lastOfLanes(snapshot.blocks.map(({ position }) => position)),
        },
        pending: pending.map(({ id }) => id),
        ...(capped && { capped }),
      },
      truncated: true,
    };
  }
}
