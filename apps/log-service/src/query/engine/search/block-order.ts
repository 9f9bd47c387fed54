import { compareInstants } from "../../../record/time.ts";
import type { BlockRef } from "../../../store/port.ts";
import type { Moment } from "../../filter.ts";
import type { Order, SortKey } from "../../key.ts";

/** Below zero if the first comes before the second in the order, by time alone. */
export function direction(a: Moment, b: Moment, order: Order): number {
  return order === "asc" ? compareInstants(a, b) : compareInstants(b, a);
}

/** The place in the order before which a block holds nothing. */
export function edgeOf({ header, position }: BlockRef, order: Order): SortKey {
  const { ms, nanos } = order === "asc" ? header.first : header.last;
  return { ms, nanos, id: position };
}

/** By their edges in ascending order, which are not made for it: every search sorts all blocks. */
export function byFirst(a: BlockRef, b: BlockRef): number {
  return compareInstants(a.header.first, b.header.first) || byPosition(a, b);
}

/** The same in descending order. */
export function byLast(a: BlockRef, b: BlockRef): number {
  return compareInstants(b.header.last, a.header.last) || byPosition(b, a);
}

function byPosition(a: BlockRef, b: BlockRef): number {
  return a.position < b.position ? -1 : Number(a.position > b.position);
}
