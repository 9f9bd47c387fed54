import { ServiceError } from "../errors.ts";
import { behind, lanePrefix, readRecordId, writePosition } from "../store/position.ts";
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
    checkIds(records, lane, from, to);
  }
}

/**
 * By their texts alone, whose order is theirs: each record of all that is archived passes here. Those
 * between a first and a last id that are well formed are of our own making too.
 */
function checkIds(
  records: LaneMove["records"],
  lane: string,
  from: string | undefined,
  to: string,
): void {
  for (const end of [records[0], records.at(-1)]) {
    if (end !== undefined && readRecordId(end.id) === undefined) refuse(`${end.id} is no id`);
  }
  const end = behind(to);
  let last = from === undefined ? lane : behind(from);
  for (const { id } of records) {
    if (id <= last) refuse(`record ${id} is not behind ${last}`);
    if (id >= end) refuse(`record ${id} is not up to ${to}`);
    last = id;
  }
}

export function refuse(reason: string): never {
  throw new ServiceError("NL_ARCHIVE_POSITION", undefined, { cause: new Error(reason) });
}
