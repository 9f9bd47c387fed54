import { DamagedBlockError } from "../block/bytes.ts";
import type { BlockHeader } from "../block/header.ts";
import type { BlockRows } from "../block/rows.ts";
import { SEARCH_LIMITS } from "../limits.ts";
import { compareInstants } from "../record/time.ts";
import type { BlockRef } from "../store/port.ts";
import { readRecordId, writeRecordId } from "../store/position.ts";
import type { Cursor } from "./cursor.ts";
import type { Filter } from "./filter.ts";
import { keyComparison, type CompareKeys, type Order, type SortKey } from "./key.ts";
import { compileFilter, NEVER, type Matcher } from "./match.ts";
import { Page, type Candidate } from "./page.ts";
import { readAhead } from "./read-ahead.ts";

/** Limits on the work for one page. */
export interface SearchBudget {
  readonly bytes: number;
  readonly ms: number;
  readonly signal?: AbortSignal;
}

export interface Scanned {
  readonly blocks: number;
  readonly records: number;
  /** After decompression. */
  readonly bytes: number;
  /** Blocks that the headers ruled out. */
  readonly skipped: number;
  readonly damaged: number;
}

export interface Outcome {
  readonly records: readonly Candidate[];
  readonly next: Cursor | undefined;
  readonly truncated: boolean;
}

export interface ScanOptions {
  readonly filter: Filter;
  readonly order: Order;
  readonly limit: number;
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
  readonly scanned = { blocks: 0, records: 0, bytes: 0, skipped: 0, damaged: 0 };
  readonly #order: Order;
  readonly #compare: CompareKeys;
  readonly #matcher: Matcher;
  readonly #base: Cursor;
  readonly #resumed: Cursor | undefined;
  readonly #page: Page;
  /** The last pending record: what follows it in scanned blocks is not known, so the page ends there. */
  #cap: SortKey | undefined;

  constructor({ filter, order, limit, base, resumed }: ScanOptions) {
    this.#order = order;
    this.#compare = keyComparison(order);
    this.#matcher = compileFilter(filter);
    this.#base = base;
    this.#resumed = resumed;
    this.#page = new Page(limit, this.#compare);
  }

  /** @param all Every block of the snapshot. */
  async run(all: readonly BlockRef[], budget: SearchBudget): Promise<Outcome> {
    await this.#recall(all, budget.signal);
    const blocks = this.#toScan(all);
    const deadline = performance.now() + budget.ms;
    let at = 0;
    for await (const { block, rows, damaged } of readAhead(blocks, budget.signal)) {
      const edge = this.#edge(block);
      if (this.#isComplete(edge)) return this.#complete(true);
      // At least one block is read, or a page might never get further than the one before.
      const spent = this.scanned.bytes >= budget.bytes || performance.now() > deadline;
      if (spent && at > 0) return this.#truncate(edge, blocks[at - 1]);
      at += 1;
      if (damaged) this.scanned.damaged += 1;
      else if (rows !== undefined) this.#collect(() => this.#scanRows(block, rows));
    }
    return this.#complete(false);
  }

  /** Puts the pending records of the page before back in. */
  async #recall(all: readonly BlockRef[], signal: AbortSignal | undefined): Promise<void> {
    const wanted = new Map<string, number[]>();
    for (const id of this.#resumed?.pending ?? []) {
      const place = readRecordId(id);
      if (place === undefined) continue;
      const indexes = wanted.get(place.position);
      if (indexes === undefined) wanted.set(place.position, [place.index]);
      else indexes.push(place.index);
    }
    const blocks = all.filter(({ position }) => wanted.has(position));
    for await (const { block, rows } of readAhead(blocks, signal)) {
      if (rows === undefined) continue;
      this.#collect(() => {
        for (const row of wanted.get(block.position) ?? []) {
          if (row < rows.count) this.#page.add(keyOf(block, rows, row), rows, row);
        }
      });
    }
    this.#cap = this.#page.last;
  }

  /** The blocks that the headers do not rule out, nearest end first. */
  #toScan(all: readonly BlockRef[]): readonly BlockRef[] {
    const done = this.#resumed?.scanned;
    const blocks = all.filter((block) => {
      if (done !== undefined && this.#compare(this.#edge(block), done) <= 0) return false;
      const wanted = this.#mayHold(block.header) && this.#matcher.mayMatch(block.header);
      if (!wanted) this.scanned.skipped += 1;
      return wanted;
    });
    return blocks.sort((a, b) => this.#compare(this.#edge(a), this.#edge(b)));
  }

  #mayHold({ first, last }: BlockHeader): boolean {
    const { from, to, key } = this.#base;
    if (from !== undefined && compareInstants(last, from) < 0) return false;
    if (to !== undefined && compareInstants(first, to) >= 0) return false;
    if (key === undefined) return true;
    // Only what comes after the last record given out is still asked for.
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

  /** Columns are checked as they are read: what a damaged block gave so far is taken back. */
  #collect(work: () => void): void {
    try {
      this.#page.addBlock(work);
    } catch (error) {
      if (!(error instanceof DamagedBlockError)) throw error;
      this.scanned.damaged += 1;
    }
  }

  #scanRows(block: BlockRef, rows: BlockRows): void {
    this.scanned.blocks += 1;
    this.scanned.records += rows.count;
    this.scanned.bytes += block.header.rawBytes;
    const matches = this.#matcher.bind(rows);
    if (matches === NEVER) return;
    const { from, to, key } = this.#base;
    const step = this.#order === "asc" ? 1 : -1;
    const start = step === 1 ? 0 : rows.count - 1;
    for (let row = start; row >= 0 && row < rows.count; row += step) {
      if (!matches(row)) continue;
      const place = keyOf(block, rows, row);
      if (from !== undefined && compareInstants(place, from) < 0) continue;
      if (to !== undefined && compareInstants(place, to) >= 0) continue;
      if (key !== undefined && this.#compare(place, key) <= 0) continue;
      if (this.#cap !== undefined && this.#compare(place, this.#cap) > 0) continue;
      this.#page.add(place, rows, row);
    }
  }

  #complete(blocksLeft: boolean): Outcome {
    const records = this.#page.candidates();
    const key = records.at(-1);
    const more = blocksLeft || this.#page.overflowed || this.#cap !== undefined;
    const next = more && key !== undefined ? { ...this.#base, key: place(key) } : undefined;
    return { records, next, truncated: false };
  }

  /** Gives out what no unscanned block can come before, and remembers the rest. */
  #truncate(edge: SortKey, lastScanned: BlockRef | undefined): Outcome {
    const found = this.#page.candidates();
    const settled = found.filter((candidate) => this.#direction(candidate, edge) < 0);
    const pending = found.slice(settled.length, settled.length + SEARCH_LIMITS.pending);
    const key = settled.at(-1);
    return {
      records: settled,
      next: {
        ...this.#base,
        ...(key !== undefined && { key: place(key) }),
        ...(lastScanned !== undefined && { scanned: this.#edge(lastScanned) }),
        pending: pending.map(({ id }) => id),
      },
      truncated: true,
    };
  }
}

function place({ ms, nanos, id }: SortKey): SortKey {
  return { ms, nanos, id };
}

function keyOf(block: BlockRef, rows: BlockRows, row: number): SortKey {
  return {
    ms: rows.ms[row] ?? 0,
    nanos: rows.nanos(row),
    id: writeRecordId(block.position, row),
  };
}
