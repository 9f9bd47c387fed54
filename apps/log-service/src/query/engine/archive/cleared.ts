import { lanePrefix } from "../../../store/position.ts";
import type { Tombstone } from "../../../store/port.ts";
import type { ThereThen } from "../tombstones.ts";
import { ArchivedBlock } from "./block.ts";

/**
 * Which archived records were there when something was cleared: by their position, where the clearing
 * names their lane. Lanes of the archive's own have none in it: there it is what was received until then.
 */
export const wasThere: ThereThen = (block, tombstone) => {
  if (!(block instanceof ArchivedBlock)) return block.rowsWithin({ upTo: tombstone.upTo });
  const bounds = boundsOf(tombstone);
  const mask = new Uint8Array(block.rows.count);
  for (let row = 0; row < mask.length; row += 1) {
    const position = block.positionOf(row);
    const last = bounds.get(lanePrefix(position));
    const isCovered =
      last === undefined ? block.rows.received(row) <= tombstone.createdMs : position <= last;
    mask[row] = isCovered ? 1 : 0;
  }
  return mask.includes(0) ? mask : "all";
};

function boundsOf({ upTo }: Tombstone): ReadonlyMap<string, string> {
  return new Map(upTo.map((position) => [lanePrefix(position), position]));
}
