import { SUGGESTION_SHARE } from "../limits.ts";

/** Edit distance with neighbours swapped counted as one: `owenr` is one step from `owner`. */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, at(before, j - 2) + 1);
      }
      row.push(best);
    }
    before = last;
    last = row;
  }
  return at(last, b.length);
}

const at = (row: number[], index: number): number => row[index] ?? Infinity;

/** `did you mean 'x'?` for the nearest of the names, or null when none is near. */
export function didYouMean(word: string, names: Iterable<string>): string | null {
  const best = nearest(word, names);
  return best === null ? null : `did you mean '${best}'?`;
}

/** The nearest of the names, or null when none is near. */
export function nearest(word: string, names: Iterable<string>): string | null {
  // Nobody misspells a name into hundreds of characters, and the distance is quadratic.
  if (word.length > 100) return null;
  let best: string | null = null;
  let bestDistance = Infinity;
  for (const name of names) {
    const steps = distance(word.toLowerCase(), name.toLowerCase());
    const near =
      steps <= Math.max(1, Math.floor(Math.max(word.length, name.length) * SUGGESTION_SHARE));
    if (near && steps < bestDistance) {
      best = name;
      bestDistance = steps;
    }
  }
  return best;
}
