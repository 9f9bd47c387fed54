import type { BlockHeader } from "../block/header.ts";
import type { RowMask } from "../block/pattern.ts";
import type { BlockRows } from "../block/rows.ts";
import type { CompileTombstone, Tombstone } from "./port.ts";

/** What a tombstone says of records, positions apart. */
export type ClearedTimes = Pick<Tombstone, "filter" | "fromMs" | "toMs">;

/** Whether a block may hold records that were cleared, by its header alone. */
export function mayBeCleared({ fromMs, toMs }: ClearedTimes, header: BlockTimes): boolean {
  return (
    (fromMs === undefined || header.last.ms >= fromMs) &&
    (toMs === undefined || header.first.ms < toMs)
  );
}

/** Whether all records of a block were cleared, as far as a header tells. */
export function isAllCleared({ filter, fromMs, toMs }: ClearedTimes, header: BlockTimes): boolean {
  return (
    filter === "" &&
    (fromMs === undefined || header.first.ms >= fromMs) &&
    (toMs === undefined || header.last.ms < toMs)
  );
}

type BlockTimes = {
  readonly [Side in "first" | "last"]: Pick<BlockHeader[Side], "ms">;
};

/** 1 for each row that a tombstone covers, positions apart. */
export function clearedRows(
  { filter, fromMs, toMs }: ClearedTimes,
  rows: BlockRows,
  compile: CompileTombstone,
): RowMask {
  const { ms, count } = rows;
  const mask: RowMask =
    filter === "" ? new Uint8Array(count).fill(1) : Uint8Array.from(compile(filter)(rows));
  for (let row = 0; row < count; row += 1) {
    const time = ms[row] ?? 0;
    if ((fromMs !== undefined && time < fromMs) || (toMs !== undefined && time >= toMs)) {
      mask[row] = 0;
    }
  }
  return mask;
}
