import type { BlockRef, PositionBounds } from "../../../store/port.ts";
import { lanePrefix, writePosition } from "../../../store/position.ts";
import { comparePlaces } from "../../../store/stored-block.ts";
import type { Join, Opened } from "../asking.ts";
import { Selector } from "../selector.ts";
import { compileTombstone } from "../tombstones.ts";
import { Archived } from "./archived.ts";
import type { ArchivedLanes, Probe } from "./probe.ts";
import { seamOf, type Seam } from "./seam.ts";

/**
 * Puts the archive beside a snapshot of the hot store. How far the archive is was asked together
 * with the snapshot, and is waited for only where the hot store's part depends on it.
 * @param probing Undefined once the archive was found to be away.
 */
export const join: Join = async (desk, opening, snapshot, probing): Promise<Opened> => {
  const { bounds, isWanted, asking, wanted, checked } = opening;
  const seam = (moved: ArchivedLanes, archived = moved) =>
    seamOf(snapshot.lanes, moved, archived, isWanted, bounds);
  let lanes = desk.known;
  let known = seam(lanes);
  let probed: Promise<Probe | undefined> = probing;
  if (known.isBehind || opening.isOpen) {
    await probing;
    lanes = desk.known;
    known = seam(lanes);
    if (known.isBehind) {
      // What has been dropped since it was asked has moved since.
      probed = opening.probe();
      await probed;
      lanes = desk.known;
      known = seam(lanes);
    }
  }
  asking.task.check();
  const archivedNames = opening.isOpen
    ? [...lanes.values()].map(({ namespace }) => namespace).filter(isWanted)
    : [];
  const names = checked([...new Set([...snapshot.namespaces, ...archivedNames])]);
  const { blocks, cut } = keptOf(snapshot.blocks, known);
  const archived = probed.then((probe) => {
    if (probe === undefined) return undefined;
    const found = seam(lanes, probe.lanes);
    const tombstones = [...snapshot.tombstones, ...probe.clearings];
    const { task } = asking;
    if (!opening.missesLanes || bounds.upTo === undefined) {
      return new Archived({ desk, task, names, wanted, bounds, seam: found, tombstones });
    }
    const ends = { ...bounds, upTo: withLanes(bounds.upTo, found.positions) };
    const whole = seamOf(snapshot.lanes, lanes, probe.lanes, isWanted, ends);
    return new Archived({ desk, task, names, wanted, bounds: ends, seam: whole, tombstones });
  });
  // Lanes of the archive's own that were there before it went away stay in a cursor.
  const positions = archived.then((found) => {
    if (bounds.upTo === undefined) {
      return [...snapshot.positions, ...(found?.positions ?? known.positions)];
    }
    return opening.missesLanes && found !== undefined
      ? withLanes(bounds.upTo, found.positions)
      : snapshot.positions;
  });
  // A question that ends early waits for neither.
  for (const promise of [archived, positions]) promise.catch(() => undefined);
  const clearings = snapshot.tombstones.map((tombstone) => compileTombstone(tombstone));
  return {
    names,
    snapshot: { ...snapshot, blocks },
    selector: new Selector(wanted, bounds, clearings, cut),
    archived,
    positions,
  };
};

/** Positions with those of further lanes; one that is named already stands where these say. */
function withLanes(positions: readonly string[], further: readonly string[]): readonly string[] {
  const lanes = new Set(further.map(lanePrefix));
  return [...positions.filter((position) => !lanes.has(lanePrefix(position))), ...further];
}

/** The blocks that have anything behind their lane's cut, and those that have something before it. */
function keptOf(
  all: readonly BlockRef[],
  { cuts }: Seam,
): { blocks: readonly BlockRef[]; cut: ReadonlyMap<BlockRef, PositionBounds> } {
  const cut = new Map<BlockRef, PositionBounds>();
  if (cuts.size === 0) return { blocks: all, cut };
  const blocks = all.filter((block) => {
    const last = cuts.get(lanePrefix(block.position));
    if (last === undefined || firstOf(block) > last) return true;
    const bounds = { after: [last] };
    const rows = block.rowsWithin(bounds);
    if (rows !== "all") cut.set(block, bounds);
    return rows === "all" || rows.includes(1);
  });
  return { blocks, cut };
}

const firsts = new WeakMap<BlockRef["header"], string>();

/** Where the first of a block's records was committed: most blocks are asked for it again and again. */
function firstOf({ header, position }: BlockRef): string {
  if (header.runs === undefined) return position;
  const known = firsts.get(header);
  if (known !== undefined) return known;
  const lane = Number.parseInt(lanePrefix(position).slice(1), 36);
  const first = header.runs.reduce((a, b) => (comparePlaces(b, a) < 0 ? b : a));
  const text = writePosition({ lane, major: first.major, minor: first.minor });
  firsts.set(header, text);
  return text;
}
