import type { BlockHeader, Run } from "../block/header.ts";
import type { RowMask } from "../block/pattern.ts";
import type { BlockRows } from "../block/rows.ts";
import type { BlockRef, PositionBounds } from "./port.ts";
import {
  lanePrefix,
  readPosition,
  readRecordId,
  writePosition,
  writeRecordId,
} from "./position.ts";

/** A place in a lane: the two numbers of a stream id. */
export interface Place {
  readonly major: number;
  readonly minor: number;
}

export function comparePlaces(a: Place, b: Place): number {
  return a.major - b.major || a.minor - b.minor;
}

export function later<P extends Place>(a: P | undefined, b: P): P {
  return a === undefined || comparePlaces(a, b) < 0 ? b : a;
}

/** Where the last of a block's records was committed. */
export function lastPlace({ runs }: Pick<BlockHeader, "runs">, own: Place): Place {
  const last = runs?.reduce<Place | undefined>((found, run) => later(found, run), undefined) ?? own;
  return placeOf(last);
}

/** `PositionBounds` of one lane: after the first place, up to the second. */
export interface PlaceBounds {
  readonly after: Place | undefined;
  readonly upTo: Place | undefined;
}

/** @returns undefined if nothing of the lane lies within. */
export function boundsOfLane(bounds: PositionBounds, lane: number): PlaceBounds | undefined {
  const upTo = placeIn(bounds.upTo, lane);
  if (bounds.upTo !== undefined && upTo === undefined) return undefined;
  return { after: placeIn(bounds.after, lane), upTo };
}

function placeIn(positions: readonly string[] | undefined, lane: number): Place | undefined {
  if (positions === undefined) return undefined;
  const prefix = lanePrefix(writePosition({ lane, major: 0, minor: 0 }));
  const mine = positions.find((position) => lanePrefix(position) === prefix);
  return mine === undefined ? undefined : readPosition(mine);
}

export interface StoredBlockFields extends Place {
  readonly namespace: string;
  /** The lane's number. */
  readonly lane: number;
  readonly header: BlockHeader;
  readonly before: number;
}

/**
 * What every store's blocks have in common: which record is in which row. Stores add how a block is
 * read.
 */
export abstract class StoredBlock implements BlockRef, Place {
  readonly namespace: string;
  readonly lane: number;
  readonly major: number;
  readonly minor: number;
  readonly header: BlockHeader;
  readonly before: number;
  /** Where the rows come from, in their order; undefined for the block's own first rows. */
  #runs: readonly Run[] | undefined;
  /** The first row of each run. */
  #starts: Uint32Array | undefined;
  #position: string | undefined;

  constructor({ namespace, lane, major, minor, header, before }: StoredBlockFields) {
    this.namespace = namespace;
    this.lane = lane;
    this.major = major;
    this.minor = minor;
    this.header = header;
    this.before = before;
    this.#runs = header.runs;
  }

  abstract read(): Promise<BlockRows | undefined>;

  get position(): string {
    this.#position ??= writePosition(this);
    return this.#position;
  }

  get runs(): readonly Run[] {
    return (
      this.#runs ?? [{ major: this.major, minor: this.minor, index: 0, count: this.header.records }]
    );
  }

  /** What was read is not what the header says: the block went into another one meanwhile. */
  protected becomes(runs: readonly Run[]): void {
    this.#runs = runs;
    this.#starts = undefined;
  }

  idOf(row: number): string {
    if (this.#runs === undefined) return writeRecordId(this.position, row);
    const { run, offset } = this.#find(this.#runs, row);
    return writeRecordId(writePosition({ lane: this.lane, ...placeOf(run) }), run.index + offset);
  }

  positionOf(row: number): string {
    if (this.#runs === undefined) return this.position;
    return writePosition({ lane: this.lane, ...placeOf(this.#find(this.#runs, row).run) });
  }

  rowOf(id: string): number | undefined {
    const { position, index } = readRecordId(id) ?? {};
    if (position === undefined || index === undefined) return undefined;
    const place = readPosition(position);
    if (place?.lane !== this.lane) return undefined;
    let start = 0;
    for (const run of this.runs) {
      const offset = index - run.index;
      if (comparePlaces(run, place) === 0 && offset >= 0 && offset < run.count) {
        return start + offset;
      }
      start += run.count;
    }
    return undefined;
  }

  rowsWithin(bounds: PositionBounds): RowMask | "all" {
    const places = boundsOfLane(bounds, this.lane);
    const { runs } = this;
    if (places !== undefined && runs.every((run) => isWithin(run, places))) return "all";
    const mask = new Uint8Array(runs.reduce((sum, { count }) => sum + count, 0));
    if (places === undefined) return mask;
    let start = 0;
    for (const run of runs) {
      if (isWithin(run, places)) mask.fill(1, start, start + run.count);
      start += run.count;
    }
    return mask;
  }

  /** Whether any of the records may have been committed within bounds. */
  meets(bounds: PlaceBounds): boolean {
    return this.#runs === undefined
      ? isWithin(this, bounds)
      : this.#runs.some((run) => isWithin(run, bounds));
  }

  #find(runs: readonly Run[], row: number): { run: Run; offset: number } {
    const starts = (this.#starts ??= startsOf(runs));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((starts[middle] ?? 0) <= row) low = middle;
      else high = middle - 1;
    }
    const run = runs[low];
    const offset = row - (starts[low] ?? 0);
    if (run === undefined || offset < 0 || offset >= run.count) {
      throw new RangeError(`the block has no row ${row}`);
    }
    return { run, offset };
  }
}

function placeOf({ major, minor }: Place): Place {
  return { major, minor };
}

function isWithin(place: Place, { after, upTo }: PlaceBounds): boolean {
  return (
    (after === undefined || comparePlaces(place, after) > 0) &&
    (upTo === undefined || comparePlaces(place, upTo) <= 0)
  );
}

function startsOf(runs: readonly Run[]): Uint32Array {
  const starts = new Uint32Array(runs.length);
  let start = 0;
  runs.forEach(({ count }, index) => {
    starts[index] = start;
    start += count;
  });
  return starts;
}
