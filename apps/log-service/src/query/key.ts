/** Where a record stands in the order of searches: by its timestamp, then by its id. */
export interface SortKey {
  readonly ms: number;
  readonly nanos: number;
  readonly id: string;
}

export type Order = "asc" | "desc";

/** Below zero if `a` comes before `b` in the order. */
export type CompareKeys = (a: SortKey, b: SortKey) => number;

export function keyComparison(order: Order): CompareKeys {
  return order === "asc" ? compareKeys : (a, b) => compareKeys(b, a);
}

function compareKeys(a: SortKey, b: SortKey): number {
  return a.ms - b.ms || a.nanos - b.nanos || (a.id < b.id ? -1 : Number(a.id > b.id));
}
