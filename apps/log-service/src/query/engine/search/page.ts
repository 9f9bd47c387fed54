import type { BlockRows } from "../../../block/rows.ts";
import { unitsOf, type PreparedRecord } from "../../../record/record.ts";
import type { BlockRef } from "../../../store/port.ts";
import type { Selection } from "../../match/matcher.ts";
import { keyComparison, type CompareKeys, type Order, type SortKey } from "../../key.ts";

/** A record of the page. */
export interface Found extends SortKey {
  readonly record: PreparedRecord;
}

export interface PageOptions {
  readonly order: Order;
  /** Records. */
  readonly limit: number;
  /** Text of the records in UTF-16 units. */
  readonly units: number;
}

interface Source {
  readonly block: Pick<BlockRef, "idOf" | "recordOf">;
  readonly rows: BlockRows;
  readonly selection: Selection;
  /** Whether a record of this key is still asked for. */
  readonly wants: (key: SortKey) => boolean;
}

interface Candidate extends SortKey {
  readonly row: number;
}

/** The best records so far, in order: at most `limit` of them, and a page's worth of text. */
export class Page {
  readonly #compare: CompareKeys;
  readonly #direction: 1 | -1;
  readonly #units: number;
  #limit: number;
  #found: readonly Found[] = [];
  /** Whether a record was left out for want of room. */
  overflowed = false;

  constructor({ order, limit, units }: PageOptions) {
    this.#compare = keyComparison(order);
    this.#direction = order === "asc" ? 1 : -1;
    this.#limit = limit;
    this.#units = units;
  }

  get full(): boolean {
    return this.#found.length >= this.#limit;
  }

  get last(): SortKey | undefined {
    return this.#found.at(-1);
  }

  get found(): readonly Found[] {
    return this.#found;
  }

  /**
   * Adds one block's rows and copies what the page keeps of them, so that the block can be let go.
   * If that throws, the page is as before.
   */
  add(source: Source): void {
    const candidates = this.#best(source);
    if (candidates.length === 0) return;
    // What is left out here stays out, so only what comes in is copied.
    const { kept, cut } = this.#merge(candidates);
    const found = kept.map((item) => {
      if ("record" in item) return item;
      const { ms, nanos, id, row } = item;
      return { ms, nanos, id, record: recordOf(source, row) };
    });
    this.#keep(found, cut);
  }

  /** Adds records that are all asked for. @param records In the order of the page. */
  addAll(records: readonly Found[]): void {
    const { kept, cut } = this.#merge(records);
    this.#keep(kept, cut);
  }

  /** The rows that could come in, in order. */
  #best({ block, rows, selection, wants }: Source): readonly Candidate[] {
    if (selection === "none") return [];
    const { ms } = rows;
    const direction = this.#direction;
    const worst = this.full ? this.last : undefined;
    const places: number[] = [];
    for (let row = 0; row < rows.count; row += 1) {
      if (selection !== "all" && selection[row] === 0) continue;
      if (worst !== undefined && direction * ((ms[row] ?? 0) - worst.ms) > 0) {
        this.overflowed = true;
        continue;
      }
      places.push(row);
    }
    const byTime = (a: number, b: number) =>
      direction * ((ms[a] ?? 0) - (ms[b] ?? 0) || rows.nanos(a) - rows.nanos(b));
    if (direction === -1) places.reverse();
    places.sort(byTime);
    const candidates: Candidate[] = [];
    let last = -1;
    for (const row of places) {
      // Ids take time to write: none is written for a record behind a whole page of this block alone.
      if (candidates.length >= this.#limit && byTime(last, row) < 0) {
        this.overflowed = true;
        break;
      }
      const key = { ms: ms[row] ?? 0, nanos: rows.nanos(row), id: block.idOf(row) };
      if (!wants(key)) continue;
      candidates.push({ ...key, row });
      last = row;
    }
    // Equal times stand in the order of rows, which for merged blocks need not be that of ids.
    return candidates.sort(this.#compare);
  }

  #merge<T extends SortKey>(candidates: readonly T[]): { kept: (Found | T)[]; cut: boolean } {
    const before = this.#found;
    const kept: (Found | T)[] = [];
    let a = 0;
    let b = 0;
    while (kept.length < this.#limit) {
      const mine = before[a];
      const theirs = candidates[b];
      if (mine === undefined && theirs === undefined) break;
      if (theirs === undefined || (mine !== undefined && this.#compare(mine, theirs) <= 0)) {
        if (mine !== undefined) kept.push(mine);
        a += 1;
      } else {
        kept.push(theirs);
        b += 1;
      }
    }
    return { kept, cut: a < before.length || b < candidates.length };
  }

  #keep(found: readonly Found[], isCut: boolean): void {
    this.#found = found;
    if (isCut) this.overflowed = true;
    this.#shrink();
  }

  /** Lets go of the last records while there is too much text, and has no room for as many again. */
  #shrink(): void {
    let units = 0;
    const fitting = this.#found.findIndex(({ record }, at) => {
      units += unitsOf(record);
      return at > 0 && units > this.#units;
    });
    if (fitting === -1) return;
    this.#found = this.#found.slice(0, fitting);
    this.#limit = fitting;
    this.overflowed = true;
  }
}

function recordOf({ block, rows }: Source, row: number): PreparedRecord {
  return block.recordOf?.(row) ?? detach(rows.record(row));
}

/** V8 keeps a whole column alive for a part of it: a page of 1,000 records would hold 1,000 blocks. */
function detach(record: PreparedRecord): PreparedRecord {
  return {
    ...record,
    message: copy(record.message),
    source: copy(record.source),
    traceId: copy(record.traceId),
    spanId: copy(record.spanId),
    tags: copy(record.tags),
    metadata: copy(record.metadata),
  };
}

function copy(text: string): string {
  return text === "" ? "" : Buffer.from(text).toString();
}
