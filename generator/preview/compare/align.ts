import { MAX_ALIGNED } from "../../limits.ts";

/** Positions in the old and the new list; undefined where one has no counterpart. */
export interface Pair {
  readonly old: number | undefined;
  readonly now: number | undefined;
}

/**
 * Lays two lists side by side so that as many equal elements as possible face each other. What is left
 * between them faces each other too as far as it is `alike`. Equal pairs are left out.
 */
export function align<T>(
  before: readonly T[],
  after: readonly T[],
  alike: (a: T, b: T) => boolean,
): Pair[] {
  const [a, b] = [before.map(textOf), after.map(textOf)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1])
    [endA, endB] = [endA - 1, endB - 1];
  const kept = commonOf(a.slice(start, endA), b.slice(start, endB));
  const pairs: Pair[] = [];
  let [i, j] = [start, start];
  for (const [keptA, keptB] of [...kept, [endA - start, endB - start] as const]) {
    const [stopA, stopB] = [keptA + start, keptB + start];
    while (i < stopA && j < stopB && isAlike(before[i], after[j], alike)) {
      pairs.push({ old: i++, now: j++ });
    }
    while (i < stopA) pairs.push({ old: i++, now: undefined });
    while (j < stopB) pairs.push({ old: undefined, now: j++ });
    [i, j] = [stopA + 1, stopB + 1];
  }
  return pairs;
}

function isAlike<T>(a: T | undefined, b: T | undefined, alike: (a: T, b: T) => boolean): boolean {
  return a !== undefined && b !== undefined && alike(a, b);
}

const textOf = (value: unknown): string =>
  typeof value === "string" ? `"${value}` : canonical(value);

/** JSON with sorted keys: equal values have equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Positions of a longest common subsequence; none where it would take too long to find. */
function commonOf(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  if (a.length * b.length > MAX_ALIGNED) return [];
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const found: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) found.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return found;
}
