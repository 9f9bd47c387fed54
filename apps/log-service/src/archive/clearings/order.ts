import type { Tombstone } from "../../store/port.ts";

/** The oldest first, as every list of pending clearings is. */
export function inOrder(tombstones: readonly Tombstone[]): readonly Tombstone[] {
  return tombstones.toSorted((a, b) => a.createdMs - b.createdMs || (a.id < b.id ? -1 : 1));
}
