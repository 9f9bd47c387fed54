import type { BlockRows } from "../block/rows.ts";
import { SEARCH_LIMITS } from "../limits.ts";
import { unitsOf, type PreparedRecord } from "../record/record.ts";
import type { CompareKeys, SortKey } from "./key.ts";

/** A record that may be part of the page. */
export interface Candidate extends SortKey {
  readonly record: PreparedRecord;
}

interface Found extends SortKey {
  /** Undefined until the block that holds it was read to its end. */
  record: PreparedRecord | undefined;
  readonly rows: BlockRows | undefined;
  readonly row: number;
}

/** The best records so far, in order: at most `limit` of them, and a page's worth of text. */
export class Page {
  #limit: number;
  readonly #compare: CompareKeys;
  #found: Found[] = [];
  /** Whether a record was left out for want of room. */
  overflowed = false;

  constructor(limit: number, compare: CompareKeys) {
    this.#limit = limit;
    this.#compare = compare;
  }

  get full(): boolean {
    return this.#found.length === this.#limit;
  }

  get last(): SortKey | undefined {
    return this.#found.at(-1);
  }

  /** Whether a record of this time could still come in, whatever its id. */
  admits(key: SortKey): boolean {
    const worst = this.#found.at(-1);
    return !this.full || worst === undefined || this.#compare(key, worst) < 0;
  }

  add(key: SortKey, rows: BlockRows, row: number): void {
    if (!this.admits(key)) {
      this.overflowed = true;
      return;
    }
    let low = 0;
    let high = this.#found.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = this.#found[middle];
      if (at !== undefined && this.#compare(at, key) < 0) low = middle + 1;
      else high = middle;
    }
    this.#found.splice(low, 0, { ...key, record: undefined, rows, row });
    if (this.#found.length > this.#limit) {
      this.#found.pop();
      this.overflowed = true;
    }
  }

  /**
   * Runs what adds one block's records, then copies what the page keeps of it, so that the block
   * itself can be let go. If that throws, the page is as before: what the block gave is taken back,
   * and what it had pushed out is there again.
   */
  addBlock(add: () => void): void {
    const before = { found: [...this.#found], overflowed: this.overflowed };
    try {
      add();
      this.#settle();
    } catch (error) {
      this.#found = before.found;
      this.overflowed = before.overflowed;
      throw error;
    }
    this.#shrink();
  }

  #settle(): void {
    this.#found = this.#found.map((found) =>
      found.rows === undefined
        ? found
        : { ...found, record: detach(found.rows.record(found.row)), rows: undefined },
    );
  }

  /** Lets go of the last records while there is too much text, and has no room for as many again. */
  #shrink(): void {
    let units = 0;
    const fitting = this.#found.findIndex(({ record }, at) => {
      units += record === undefined ? 0 : unitsOf(record);
      return at > 0 && units > SEARCH_LIMITS.pageUnits;
    });
    if (fitting === -1) return;
    this.#found.length = fitting;
    this.#limit = fitting;
    this.overflowed = true;
  }

  candidates(): Candidate[] {
    return this.#found.flatMap(({ ms, nanos, id, record }) =>
      record === undefined ? [] : [{ ms, nanos, id, record }],
    );
  }
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
