import type { Run } from "../../block/header.ts";
import type { BlockRef } from "../../store/port.ts";
import { readPosition } from "../../store/position.ts";
import { storedBytes } from "../../store/retention.ts";
import { comparePlaces, type Place } from "../../store/stored-block.ts";

/** Rows of a block that were committed one after the other. */
export interface Stretch {
  readonly block: BlockRef;
  readonly run: Run;
  /** The first of the rows. */
  readonly row: number;
}

/** A block, and how far its runs were taken. */
interface Cursor {
  readonly block: BlockRef;
  readonly runs: readonly Run[];
  /** About what each of its records takes in the hot store. */
  readonly recordBytes: number;
  next: number;
  row: number;
}

/**
 * The rows of one lane's blocks in commit order. Merged blocks may hold commits on both sides of
 * another block's, so those that lie within each other are gone through together.
 */
export class RunOrder {
  /** Blocks that were not begun, in the order of their first runs. */
  readonly #waiting: Cursor[];
  #at = 0;
  #begun: Cursor[] = [];
  #records = 0;
  #bytes = 0;

  /** @param after The position of the last commit that is left out. */
  constructor(blocks: readonly BlockRef[], after: string | undefined) {
    const place = after === undefined ? undefined : readPosition(after);
    const cursors = blocks.flatMap((block) => cursorOf(block, place) ?? []);
    this.#waiting = cursors.sort((a, b) => comparePlaces(headOf(a), headOf(b)));
    for (const { runs, next, recordBytes } of cursors) {
      let left = 0;
      for (let at = next; at < runs.length; at += 1) left += runs[at]?.count ?? 0;
      this.#records += left;
      this.#bytes += left * recordBytes;
    }
  }

  /** Records that are left. */
  get records(): number {
    return this.#records;
  }

  /** About what they take in the hot store. */
  get bytes(): number {
    return this.#bytes;
  }

  peek(): Stretch | undefined {
    const cursor = this.#first();
    return cursor && { block: cursor.block, run: headOf(cursor), row: cursor.row };
  }

  take(): Stretch | undefined {
    const cursor = this.#first();
    if (cursor === undefined) return undefined;
    const stretch = { block: cursor.block, run: headOf(cursor), row: cursor.row };
    cursor.next += 1;
    cursor.row += stretch.run.count;
    this.#records -= stretch.run.count;
    this.#bytes -= stretch.run.count * cursor.recordBytes;
    if (cursor.next === cursor.runs.length) {
      this.#begun = this.#begun.filter((each) => each !== cursor);
    }
    return stretch;
  }

  #first(): Cursor | undefined {
    let first: Cursor | undefined;
    for (const each of this.#begun) {
      if (first === undefined || comparePlaces(headOf(each), headOf(first)) < 0) first = each;
    }
    for (;;) {
      const waiting = this.#waiting[this.#at];
      if (waiting === undefined) return first;
      if (first !== undefined && comparePlaces(headOf(first), headOf(waiting)) <= 0) return first;
      this.#at += 1;
      this.#begun.push(waiting);
      first = waiting;
    }
  }
}

/** @returns undefined for a block of which nothing is left. */
function cursorOf(block: BlockRef, after: Place | undefined): Cursor | undefined {
  const { header } = block;
  const own = readPosition(block.position) ?? { major: 0, minor: 0 };
  const { major, minor } = own;
  const runs = header.runs ?? [{ major, minor, index: 0, count: header.records }];
  let next = 0;
  let row = 0;
  for (const run of runs) {
    if (after === undefined || comparePlaces(run, after) > 0) break;
    next += 1;
    row += run.count;
  }
  return next === runs.length
    ? undefined
    : { block, runs, recordBytes: recordBytes(block), next, row };
}

function headOf({ runs, next }: Cursor): Run {
  const run = runs[next];
  if (run === undefined) throw new RangeError("the block has no run left");
  return run;
}

/** About what each record of a block takes in the hot store. */
export function recordBytes({ header }: BlockRef): number {
  return storedBytes(header) / Math.max(1, header.records);
}
