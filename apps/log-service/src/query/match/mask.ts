import type { RowMask } from "../../block/pattern.ts";
import type { Selection } from "./matcher.ts";

/** A mask, told apart from none and all by one look each. */
export function selectionOf(mask: RowMask): Selection {
  if (!mask.includes(1)) return "none";
  return mask.includes(0) ? mask : "all";
}

export function both(a: Selection, b: Selection): Selection {
  if (a === "none" || b === "all") return a;
  if (b === "none" || a === "all") return b;
  const mask = new Uint8Array(a.length);
  for (let row = 0; row < mask.length; row += 1) mask[row] = (a[row] ?? 0) & (b[row] ?? 0);
  return selectionOf(mask);
}

export function either(a: Selection, b: Selection): Selection {
  if (a === "all" || b === "none") return a;
  if (b === "all" || a === "none") return b;
  const mask = new Uint8Array(a.length);
  for (let row = 0; row < mask.length; row += 1) mask[row] = (a[row] ?? 0) | (b[row] ?? 0);
  return selectionOf(mask);
}

export function opposite(a: Selection): Selection {
  if (a === "all") return "none";
  if (a === "none") return "all";
  const mask = new Uint8Array(a.length);
  for (let row = 0; row < mask.length; row += 1) mask[row] = (a[row] ?? 0) ^ 1;
  return mask;
}

/** How many of a block's rows are in. */
export function countOf(selection: Selection, rows: number): number {
  if (selection === "all") return rows;
  if (selection === "none") return 0;
  let count = 0;
  // By index: iterating bytes takes ten times as long.
  for (let row = 0; row < selection.length; row += 1) count += selection[row] ?? 0;
  return count;
}

/** The rows that pass a test, of those that still count. */
export function rowsThat(
  count: number,
  among: Selection,
  test: (row: number) => boolean,
): Selection {
  if (among === "none") return "none";
  const mask = new Uint8Array(count);
  for (let row = 0; row < count; row += 1) {
    if ((among === "all" || among[row] === 1) && test(row)) mask[row] = 1;
  }
  return selectionOf(mask);
}
