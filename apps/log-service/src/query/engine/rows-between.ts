import type { RowMask } from "../../block/pattern.ts";
import type { BlockRows } from "../../block/rows.ts";
import type { Moment } from "../filter.ts";

/** The rows from one moment on and before another. */
export function rowsBetween(
  rows: BlockRows,
  from: Moment | undefined,
  to: Moment | undefined,
): RowMask {
  const mask = new Uint8Array(rows.count);
  const { ms } = rows;
  const first = from?.ms ?? -Infinity;
  const end = to?.ms ?? Infinity;
  for (let row = 0; row < rows.count; row += 1) {
    const at = ms[row] ?? 0;
    if (at < first || at > end) continue;
    if (at === first && from !== undefined && rows.nanos(row) < from.nanos) continue;
    if (at === end && to !== undefined && rows.nanos(row) >= to.nanos) continue;
    mask[row] = 1;
  }
  return mask;
}
