import type { BlockRows } from "../block/rows.ts";
import type { PreparedRecord } from "../record/record.ts";
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

/** The best records so far, in order, at most `limit` of them. */
export class Page {
  readonly #limit: number;
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

  /** Takes back what came from a block that turned out to be damaged. */
  forget(rows: BlockRows): void {
    this.#found = this.#found.filter((found) => found.rows !== rows);
  }

  /** Copies what the page keeps of a block, so that the block itself can be let go. */
  settle(): void {
    this.#found = this.#found.map((found) =>
      found.rows === undefined
        ? found
        : { ...found, record: detach(found.rows.record(found.row)), rows: undefined },
    );
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
