import { DamagedBlockError } from "../block/bytes.ts";
import type { BlockHeader } from "../block/header.ts";
import type { BlockRows } from "../block/rows.ts";
import { ServiceError } from "../errors.ts";
import { SEARCH_LIMITS } from "../limits.ts";
import { presentRecord } from "../record/present.ts";
import type { LogRecord } from "../record/record.ts";
import { compareInstants } from "../record/time.ts";
import type { BlockRef, LogStore } from "../store/port.ts";
import { readPositions, readRecordId, writePositions, writeRecordId } from "../store/position.ts";
import { readCursor, searchFingerprint, writeCursor, type Cursor } from "./cursor.ts";
import type { Filter } from "./filter.ts";
import { keyComparison, type CompareKeys, type Order, type SortKey } from "./key.ts";
import { compileFilter, NEVER, type Matcher } from "./match.ts";
import { Page, type Candidate } from "./page.ts";
import { readAhead } from "./scan.ts";

/** A moment to the nanosecond; `nanos` are those below the millisecond. */
export interface Moment {
  readonly ms: number;
  readonly nanos: number;
}

export interface SearchRequest {
  /** At most `SEARCH_LIMITS.searchNamespaces`. */
  readonly namespaces: readonly string[];
  readonly filter: Filter;
  /** The first moment that counts. A cursor carries its own times: these are ignored beside one. */
  readonly from?: Moment | undefined;
  /** The first moment that no longer counts. */
  readonly to?: Moment | undefined;
  /** By timestamp, then id. */
  readonly order: Order;
  /** 1 to `SEARCH_LIMITS.records`. */
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** Only what was committed after this: `position` of an earlier page. Ignored beside a cursor. */
  readonly after?: string | undefined;
}

export interface SearchPage {
  readonly records: readonly LogRecord[];
  /** For the next page; null if there is none. Pages together hold each record once. */
  readonly cursor: string | null;
  /** A limit on work ended the page early: there may be more even if it is short. */
  readonly truncated: boolean;
  /** What the search saw of the store: as `after` of another search, only later commits count. */
  readonly position: string;
  readonly scanned: Scanned;
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

/** Limits on the work for one page. */
export interface SearchBudget {
  readonly bytes: number;
  readonly ms: number;
  readonly signal?: AbortSignal;
}

const DEFAULT_BUDGET: SearchBudget = {
  bytes: SEARCH_LIMITS.scannedBytes,
  ms: SEARCH_LIMITS.scanMs,
};

/**
 * Finds one page of records.
 *
 * Blocks are read in the order of their own range's near end, and the page is complete once the
 * next block cannot hold anything that comes before the page's last record.
 * @throws ServiceError NL_CURSOR_INVALID or NL_PARAMETER_INVALID for a cursor or `after` that is
 * not one, and what the store throws; the signal's reason when aborted.
 */
export async function search(
  store: LogStore,
  request: SearchRequest,
  budget: SearchBudget = DEFAULT_BUDGET,
): Promise<SearchPage> {
  const fingerprint = searchFingerprint(request.namespaces, request.filter, request.order);
  const cursor = request.cursor === undefined ? undefined : readCursor(request.cursor, fingerprint);
  const { from, to } = cursor ?? request;
  const after = cursor === undefined ? readAfter(request.after) : cursor.after;
  const snapshot = await store.snapshot(request.namespaces, {
    ...(after !== undefined && { after }),
    ...(cursor !== undefined && { upTo: cursor.upTo }),
  });
  const base: Cursor = {
    search: fingerprint,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(after !== undefined && { after: [...after] }),
    upTo: [...snapshot.positions],
    ...(cursor?.key !== undefined && { key: cursor.key }),
    pending: [],
  };
  const scan = new Scan(request, base, cursor);
  const outcome = await scan.run(snapshot.blocks, budget);
  return {
    records: outcome.records.map(({ id, record }) => presentRecord(id, record)),
    cursor: outcome.next === undefined ? null : writeCursor(outcome.next),
    truncated: outcome.truncated,
    position: writePositions(snapshot.positions),
    scanned: scan.scanned,
  };
}

function readAfter(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const positions = readPositions(text);
  if (positions === undefined || positions.length > SEARCH_LIMITS.searchNamespaces) {
    throw new ServiceError("NL_PARAMETER_INVALID", "'after' is not a position that a search gave");
  }
  return positions;
}

interface Outcome {
  readonly records: readonly Candidate[];
  readonly next: Cursor | undefined;
  readonly truncated: boolean;
}

/** One page's way through the blocks. */
class Scan {
  readonly scanned = { blocks: 0, records: 0, bytes: 0, skipped: 0, damaged: 0 };
  readonly #order: Order;
  readonly #compare: CompareKeys;
  readonly #matcher: Matcher;
  readonly #base: Cursor;
  readonly #resumed: Cursor | undefined;
  readonly #page: Page;
  /** The last pending record: what follows it in scanned blocks is not known, so the page ends there. */
  #cap: SortKey | undefined;

  constructor(request: SearchRequest, base: Cursor, resumed: Cursor | undefined) {
    this.#order = request.order;
    this.#compare = keyComparison(request.order);
    this.#matcher = compileFilter(request.filter);
    this.#base = base;
    this.#resumed = resumed;
    this.#page = new Page(request.limit, this.#compare);
  }

  async run(all: readonly BlockRef[], budget: SearchBudget): Promise<Outcome> {
    await this.#recall(all);
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
      else if (rows !== undefined) this.#scanRows(block, rows);
    }
    return this.#complete(false);
  }

  /** Puts the pending records of the page before back in. */
  async #recall(all: readonly BlockRef[]): Promise<void> {
    const wanted = new Map<string, number[]>();
    for (const id of this.#resumed?.pending ?? []) {
      const place = readRecordId(id);
      if (place === undefined) continue;
      const rows = wanted.get(place.position);
      if (rows === undefined) wanted.set(place.position, [place.index]);
      else rows.push(place.index);
    }
    if (wanted.size === 0) return;
    for (const block of all) {
      const indexes = wanted.get(block.position);
      if (indexes === undefined) continue;
      const rows = await readWhole(block);
      for (const row of indexes) {
        if (rows !== undefined && row < rows.count)
          this.#page.add(keyOf(block, rows, row), rows, row);
      }
      this.#page.settle();
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
      const time = { ms: rows.ms[row] ?? 0, nanos: rows.nanos[row] ?? 0 };
      if (from !== undefined && compareInstants(time, from) < 0) continue;
      if (to !== undefined && compareInstants(time, to) >= 0) continue;
      if (!matches(row)) continue;
      const place = { ...time, id: writeRecordId(block.position, row) };
      if (key !== undefined && this.#compare(place, key) <= 0) continue;
      if (this.#cap !== undefined && this.#compare(place, this.#cap) > 0) continue;
      this.#page.add(place, rows, row);
    }
    this.#page.settle();
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
    nanos: rows.nanos[row] ?? 0,
    id: writeRecordId(block.position, row),
  };
}

async function readWhole(block: BlockRef): Promise<BlockRows | undefined> {
  try {
    return await block.read();
  } catch (error) {
    if (error instanceof DamagedBlockError) return undefined;
    throw error;
  }
}
