import { DamagedBlockError } from "../block/bytes.ts";
import type { RowMask } from "../block/pattern.ts";
import type { BlockRows } from "../block/rows.ts";
import { FOLLOW_LIMITS } from "../limits.ts";
import { lanePrefix } from "../store/position.ts";
import type { BlockRef, LogStore, PositionBounds, Tombstone } from "../store/port.ts";
import {
  hadUpTo,
  positionBefore,
  positionsAfter,
  positionsUpTo,
  type Bookmark,
  type Mark,
} from "./bookmark.ts";

/** One block's rows that were committed within a window. */
export interface WindowBlock {
  readonly lane: string;
  readonly ref: BlockRef;
  readonly rows: BlockRows;
  readonly within: RowMask | "all";
}

/** What was committed between two bookmarks, as much of it as is held in memory at once. */
export interface Window {
  readonly blocks: readonly WindowBlock[];
  readonly tombstones: readonly Tombstone[];
  /** Where it starts and ends, for every lane of the namespaces. */
  readonly start: Bookmark;
  readonly end: Bookmark;
  /** There is more after it that was there already. */
  readonly more: boolean;
}

/**
 * Reads what was committed after a bookmark. A merged block reaches over the positions of others, so
 * a window that has to leave blocks out ends in front of the first of them.
 * @param upTo Ends no later than here; now when left out.
 */
export async function readWindow(
  store: LogStore,
  namespaces: readonly string[],
  start: Bookmark,
  upTo?: Bookmark,
): Promise<Window> {
  const after = positionsAfter(start);
  const snapshot = await store.snapshot(namespaces, {
    after,
    ...(upTo !== undefined && { upTo: positionsUpTo(upTo) }),
  });
  const end = new Map<string, Mark>(start);
  for (const at of snapshot.positions) {
    const lane = lanePrefix(at);
    // Where nothing came, what is known of the lane still holds.
    if (end.get(lane)?.at !== at) end.set(lane, { at });
  }
  const lanes = Map.groupBy(snapshot.blocks, ({ position }) => lanePrefix(position));
  const taken: BlockRef[] = [];
  let more = false;
  for (const [lane, blocks] of lanes) {
    blocks.sort((a, b) => (a.positionOf(0) < b.positionOf(0) ? -1 : 1));
    // An equal share for each lane: a busy one must not starve the others.
    const fitting = fit(blocks, FOLLOW_LIMITS.windowBytes / lanes.size);
    const left = blocks[fitting];
    if (left !== undefined) {
      end.set(lane, { at: positionBefore(left.positionOf(0)) });
      more = true;
    }
    taken.push(...blocks.slice(0, fitting));
  }
  const bounds: PositionBounds = { after, upTo: positionsUpTo(end) };
  // Asked for in one turn, so that they come in one round trip.
  const read = await Promise.all(taken.map((ref) => readBlock(ref, bounds, start)));
  const blocks = read.flatMap((block) => block ?? []);
  for (const [lane, count] of counts(blocks)) {
    const mark = end.get(lane);
    if (mark !== undefined) end.set(lane, { ...mark, count });
  }
  return { blocks, tombstones: snapshot.tombstones, start, end, more };
}

/** How many of the first blocks fit so many bytes; one at least. */
function fit(blocks: readonly BlockRef[], most: number): number {
  let bytes = 0;
  const beyond = blocks.findIndex(({ header }, at) => {
    bytes += header.rawBytes;
    return at > 0 && bytes > most;
  });
  return beyond === -1 ? blocks.length : beyond;
}

async function readBlock(
  ref: BlockRef,
  bounds: PositionBounds,
  start: Bookmark,
): Promise<WindowBlock | undefined> {
  let rows: BlockRows | undefined;
  try {
    rows = await ref.read();
  } catch (error) {
    // Searches count damaged blocks; a follower has nothing to wait for in one.
    if (!(error instanceof DamagedBlockError)) throw error;
  }
  if (rows === undefined) return undefined;
  const lane = lanePrefix(ref.position);
  // Asked after the read: a block that was merged meanwhile speaks of other rows.
  const within = withoutHad(ref, rows, ref.rowsWithin(bounds), hadUpTo(start, lane));
  return { lane, ref, rows, within };
}

function withoutHad(
  ref: BlockRef,
  { count }: BlockRows,
  within: RowMask | "all",
  had: string | undefined,
): RowMask | "all" {
  if (had === undefined) return within;
  const mask = within === "all" ? new Uint8Array(count).fill(1) : Uint8Array.from(within);
  for (let row = 0; row < count; row += 1) {
    if (mask[row] === 1 && ref.idOf(row) <= had) mask[row] = 0;
  }
  return mask;
}

/**
 * Records committed to each lane up to the window's end. Exact for blocks as they were committed;
 * where others lie between a merged one's records, less.
 */
function counts(blocks: readonly WindowBlock[]): ReadonlyMap<string, number> {
  const ends = new Map<string, number>();
  for (const { lane, ref, rows, within } of blocks) {
    const inside = within === "all" ? rows.count : within.lastIndexOf(1) + 1;
    ends.set(lane, Math.max(ends.get(lane) ?? 0, ref.before + inside));
  }
  return ends;
}

/**
 * How many records retention took between a bookmark and what is left, in all lanes; undefined if
 * there are some and nobody knows how many. Others may have been among them than who follows wants.
 */
export async function lostSince(
  store: LogStore,
  namespaces: readonly string[],
  bookmark: Bookmark,
): Promise<number | undefined> {
  const kept = await store.snapshot(namespaces, { upTo: positionsUpTo(bookmark) });
  const later = await store.snapshot(namespaces, { after: positionsUpTo(bookmark) });
  const known = new Set(kept.blocks.map(({ position }) => lanePrefix(position)));
  let lost = 0;
  for (const [lane, { count }] of bookmark) {
    // What the bookmark stands at is still there, so what followed it is too.
    if (known.has(lane)) continue;
    const before = later.blocks
      .filter(({ position }) => lanePrefix(position) === lane)
      .reduce((least, block) => Math.min(least, block.before), Infinity);
    if (before === Infinity || before === 0) continue;
    if (count === undefined) return undefined;
    lost += Math.max(0, before - count);
  }
  return lost;
}
