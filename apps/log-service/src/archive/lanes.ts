import { ServiceError } from "../errors.ts";
import { lanePrefix, readRecordId, writePosition } from "../store/position.ts";
import { ARCHIVE_LIMITS } from "./limits.ts";
import type { LaneMove } from "./port.ts";

/** The position of something that was stored directly. @param lane Counted from 0. @param commit From 1. */
export function directPosition(lane: number, commit: number): string {
  return writePosition({ lane: ARCHIVE_LIMITS.firstDirectLane + lane, major: commit, minor: 0 });
}

/** Of the first lane of the archive's own: those of the hot store are before it, in the order of texts. */
export const FIRST_DIRECT_LANE = lanePrefix(directPosition(0, 1));

/** @throws ServiceError NL_ARCHIVE_POSITION for parts that go back, leave their lane, or come twice. */
export function checkMoves(parts: readonly LaneMove[]): void {
  const lanes = new Set<string>();
  for (const { from, to, records } of parts) {
    const lane = lanePrefix(to);
    if (lanes.has(lane)) refuse(`lane ${lane} comes twice`);
    lanes.add(lane);
    if (from !== undefined && (lanePrefix(from) !== lane || from >= to)) {
      refuse(`lane ${lane} cannot go from ${from} to ${to}`);
    }
    let last = from ?? lane;
    for (const { id } of records) {
      const position = readRecordId(id)?.position;
      if (position === undefined || lanePrefix(position) !== lane || position > to) {
        refuse(`record ${id} is not up to ${to}`);
      }
      if (position === from || id <= last) refuse(`record ${id} is not behind ${last}`);
      last = id;
    }
  }
}

export function refuse(reason: string): never {
  throw new ServiceError("NL_ARCHIVE_POSITION", undefined, { cause: new Error(reason) });
}
