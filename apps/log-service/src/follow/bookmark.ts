import { lanePrefix, readPosition, readRecordId, writePosition } from "../store/position.ts";

/** How far a follower is in one lane. */
export interface Mark {
  /** A position whose records it all has, or the id of the last record that it has of a block. */
  readonly at: string;
  /** Records committed to the lane up to there, if known: tells what retention took from in between. */
  readonly count?: number | undefined;
}

/** How far a follower is, by the lane's part of a position. */
export type Bookmark = ReadonlyMap<string, Mark>;

const BETWEEN = ".";
const COUNT = "-";
const MARK = /^([0-9a-z]{1,64})(?:-([0-9a-z]{1,11}))?$/;

/** As an event's id. Lanes stand in one order, so equal bookmarks are equal texts. */
export function writeBookmark(bookmark: Bookmark): string {
  return sortedLanes(bookmark)
    .flatMap((lane) => bookmark.get(lane) ?? [])
    .map(writeMark)
    .join(BETWEEN);
}

export function writeMark({ at, count }: Mark): string {
  return count === undefined ? at : at + COUNT + count.toString(36);
}

/** @returns undefined for a text that no event had as its id, or with more lanes than there may be. */
export function readBookmark(text: string, mostLanes: number): Bookmark | undefined {
  const bookmark = new Map<string, Mark>();
  if (text === "") return bookmark;
  const entries = text.split(BETWEEN, mostLanes + 1);
  if (entries.length > mostLanes) return undefined;
  for (const entry of entries) {
    const [, at, count] = MARK.exec(entry) ?? [];
    if (at === undefined) return undefined;
    if (readPosition(at) === undefined && readRecordId(at) === undefined) return undefined;
    const known = count === undefined ? {} : { count: Number.parseInt(count, 36) };
    bookmark.set(lanePrefix(at), { at, ...known });
  }
  return bookmark.size === entries.length ? bookmark : undefined;
}

export function bookmarkOf(positions: readonly string[]): Bookmark {
  return new Map(positions.map((at) => [lanePrefix(at), { at }]));
}

export function sortedLanes(bookmark: Bookmark): string[] {
  return [...bookmark.keys()].sort();
}

/** Positions after which to read: for a block that was had in part, the one before it. */
export function positionsAfter(bookmark: Bookmark): string[] {
  return [...bookmark.values()].map(({ at }) => {
    const inBlock = readRecordId(at);
    return inBlock === undefined ? at : positionBefore(inBlock.position);
  });
}

/** Positions up to which everything was had, a block that was had in part included. */
export function positionsUpTo(bookmark: Bookmark): string[] {
  return [...bookmark.values()].map(({ at }) => readRecordId(at)?.position ?? at);
}

/** The id in a lane up to which a block was had in part; undefined where none was. */
export function hadUpTo(bookmark: Bookmark, lane: string): string | undefined {
  const at = bookmark.get(lane)?.at;
  return at === undefined || readRecordId(at) === undefined ? undefined : at;
}

/** The last position that a lane can have before this one. */
export function positionBefore(position: string): string {
  const parts = readPosition(position);
  if (parts === undefined) throw new RangeError(`'${position}' is no position`);
  const { lane, major, minor } = parts;
  if (minor > 0) return writePosition({ lane, major, minor: minor - 1 });
  return writePosition({ lane, major: Math.max(0, major - 1), minor: Number.MAX_SAFE_INTEGER });
}
