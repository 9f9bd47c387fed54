import type { RowMask } from "../../block/pattern.ts";
import type { BlockRows } from "../../block/rows.ts";
import { clearedRows, mayBeCleared } from "../../store/clearing.ts";
import type { BlockRef, CompileTombstone, Tombstone } from "../../store/port.ts";

/**
 * The rows of a block that were cleared, by the hot store's tombstones or by the clearings that the
 * archive has to carry out; undefined if none was.
 */
export function clearedMask(
  block: BlockRef,
  rows: BlockRows,
  tombstones: readonly Tombstone[],
  compile: CompileTombstone,
): RowMask | undefined {
  let mask: RowMask | undefined;
  for (const tombstone of tombstones) {
    if (tombstone.namespace !== block.namespace || !mayBeCleared(tombstone, block.header)) continue;
    // A lane that it does not name had nothing when it was cleared.
    const within = block.rowsWithin({ upTo: tombstone.upTo });
    const covered = clearedRows(tombstone, rows, compile);
    mask ??= new Uint8Array(rows.count);
    for (let row = 0; row < rows.count; row += 1) {
      if (covered[row] === 1 && (within === "all" || within[row] === 1)) mask[row] = 1;
    }
  }
  return mask?.includes(1) === true ? mask : undefined;
}
