import type { NamespaceAnswer } from "../../operations/search.ts";

/** A namespace's hot and archived records as one. */
export interface Whole {
  readonly records: number;
  /** There may be more: both tiers have some, and what the hot store has may be archived too. */
  readonly orMore: boolean;
  readonly oldest: string | null;
  readonly newest: string | null;
}

export function wholeOf({ records, oldest, newest, archived }: NamespaceAnswer): Whole {
  const times = (one: string | null, other: string | null | undefined) =>
    [one, other].filter((time) => typeof time === "string").sort(byTime);
  return {
    records: Math.max(records, archived?.records ?? 0),
    orMore: records > 0 && (archived?.records ?? 0) > 0,
    oldest: times(oldest, archived?.oldest).at(0) ?? null,
    newest: times(newest, archived?.newest).at(-1) ?? null,
  };
}

function byTime(a: string, b: string): number {
  return Date.parse(a) - Date.parse(b);
}
