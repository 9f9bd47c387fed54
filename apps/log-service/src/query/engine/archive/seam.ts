import type { IdRange } from "../../../archive/port.ts";
import type { PositionBounds, SnapshotLane } from "../../../store/port.ts";
import { behind, lanePrefix } from "../../../store/position.ts";
import type { ArchivedLanes } from "./probe.ts";

/**
 * Who answers for what. Up to its cut a lane is the archive's, from there on the hot store's alone:
 * a record that both have is shown once, and one that has moved in between is not missed.
 */
export interface Seam {
  /** By lane: what the hot store is not asked for, as it may have dropped some of it. */
  readonly cuts: ReadonlyMap<string, string>;
  /** The ids that the archive answers for. */
  readonly within: readonly IdRange[];
  /** Of the lanes that only the archive has, where it stands. */
  readonly positions: readonly string[];
  /** The hot store has dropped what had not come to the archive when it was asked: ask it again. */
  readonly isBehind: boolean;
}

/**
 * @param hot Of the snapshot that is read.
 * @param moved How far lanes of the hot store are; may be older than the snapshot, unless `isBehind`.
 * @param archived How far the others are.
 * @param isWanted Namespaces.
 */
export function seamOf(
  hot: readonly SnapshotLane[],
  moved: ArchivedLanes,
  archived: ArchivedLanes,
  isWanted: (namespace: string) => boolean,
  bounds: PositionBounds,
): Seam {
  const after = byLane(bounds.after);
  const upTo = bounds.upTo && byLane(bounds.upTo);
  const cuts = new Map<string, string>();
  const within: IdRange[] = [];
  const add = (prefix: string, last: string): void => {
    const most = upTo === undefined ? last : upTo.get(prefix);
    if (most === undefined) return;
    const start = after.get(prefix);
    const first = start === undefined ? prefix : behind(start);
    const end = behind(most < last ? most : last);
    if (first < end) within.push([first, end]);
  };
  const hotLanes = new Set<string>();
  let isBehind = false;
  for (const { prefix, dropped } of hot) {
    hotLanes.add(prefix);
    if (dropped === undefined) continue;
    const position = moved.get(prefix)?.position;
    if (position === undefined || position < dropped) isBehind = true;
    if (position === undefined) continue;
    const cut = position < dropped ? position : dropped;
    cuts.set(prefix, cut);
    add(prefix, cut);
  }
  const positions: string[] = [];
  for (const [prefix, { namespace, position }] of archived) {
    if (hotLanes.has(prefix) || !isWanted(namespace)) continue;
    positions.push(position);
    add(prefix, position);
  }
  return { cuts, within, positions, isBehind };
}

function byLane(positions: readonly string[] = []): ReadonlyMap<string, string> {
  return new Map(positions.map((position) => [lanePrefix(position), position]));
}
