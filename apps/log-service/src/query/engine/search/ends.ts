import type { ArchivedRecord } from "../../../archive/port.ts";
import { unitsOf } from "../../../record/record.ts";
import { lanePrefix, readRecordId } from "../../../store/position.ts";
import type { BlockRef } from "../../../store/port.ts";
import type { Order, SortKey } from "../../key.ts";
import type { Task } from "../task.ts";
import { direction } from "./block-order.ts";
import type { Cursor } from "./cursor.ts";

/** How the hot store's part of a page ended: with its last block, a full page, or a limit on work. */
export type HotEnd =
  | { readonly kind: "end" | "full" }
  | { readonly kind: "spent"; readonly edge: SortKey; readonly before: BlockRef };

export interface ArchiveEnd {
  readonly hasMore: boolean;
  /** A limit on work ended it before the page was done. */
  readonly isSpent: boolean;
}

/**
 * Where the next page reads the archive on. Never behind the first block that was not scanned: before
 * then it may go from the hot store, and the archive has its records.
 * @param frontier Everything up to there was read.
 */
export function archivedUpTo(
  hot: HotEnd,
  frontier: SortKey | undefined,
  order: Order,
): Cursor["archived"] {
  if (frontier === undefined) return undefined;
  const { ms, nanos, id } = frontier;
  if (hot.kind !== "spent" || direction(frontier, hot.edge, order) < 0) {
    // All of a moment may have been read, and not up to one record.
    return readRecordId(id) === undefined ? { ms, nanos } : { ms, nanos, id };
  }
  return { ms: hot.edge.ms, nanos: hot.edge.nanos };
}

export function countScanned({ scanned }: Task, { header }: BlockRef): void {
  scanned.blocks += 1;
  scanned.records += header.records;
  scanned.bytes += header.rawBytes;
}

/** Records that came in no block. */
export function countRecords({ scanned }: Task, records: readonly ArchivedRecord[]): void {
  scanned.records += records.length;
  for (const { record } of records) scanned.bytes += unitsOf(record);
}

export function holdsAny(block: BlockRef, ids: readonly string[]): boolean {
  return ids.some((id) => {
    const record = readRecordId(id);
    if (record === undefined || lanePrefix(record.position) !== lanePrefix(block.position)) {
      return false;
    }
    return block.rowOf(id) !== undefined;
  });
}

export function place({ ms, nanos, id }: SortKey): SortKey {
  return { ms, nanos, id };
}
