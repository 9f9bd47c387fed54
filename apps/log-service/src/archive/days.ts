import { ARCHIVE_LIMITS } from "./limits.ts";
import type { TendTrouble } from "./port.ts";

export const DAY_MS = 24 * 60 * 60 * 1000;

/** A day in UTC: its number since the epoch. */
export type Day = number;

export function dayOf(ms: number): Day {
  return Math.floor(ms / DAY_MS);
}

/** As `2026-11-21`. */
export function writeDay(day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** @param text As `writeDay` makes it. */
export function readDay(text: string): Day {
  return dayOf(Date.parse(`${text}T00:00:00Z`));
}

/** The first day that is kept: whole days go, once the last moment of them is too old. */
export function firstKept(ageMs: number | undefined, nowMs: number): Day {
  return ageMs === undefined ? -Infinity : dayOf(nowMs - ageMs);
}

export interface DueDays {
  /** What was received before this day goes now. */
  readonly first: Day;
  /** Days that go now, and those that are due and stay for another time. */
  readonly now: number;
  readonly held: number;
}

/**
 * Of the days that are too old the few that may go at a time.
 * @param days In any order.
 * @param droppedMs When some were last dropped; undefined if never.
 */
export function dueDays(
  first: Day,
  days: Iterable<Day>,
  droppedMs: number | undefined,
  nowMs: number,
): DueDays {
  const due = [...new Set(days)].filter((day) => day < first).toSorted((a, b) => a - b);
  const since = droppedMs === undefined ? Infinity : nowMs - droppedMs;
  // What was dropped in the future, under a clock that was wrong, holds up nothing.
  const isSoon = since >= 0 && since < ARCHIVE_LIMITS.dropEveryMs;
  const held = due.slice(isSoon ? 0 : ARCHIVE_LIMITS.daysDropped);
  return { first: held[0] ?? first, now: due.length - held.length, held: held.length };
}

/** As `Tended.troubles` tells of days that are held back. */
export function heldTrouble({ held }: DueDays): readonly TendTrouble[] {
  if (held === 0) return [];
  const reason =
    `${held} more days are due to be dropped: ${ARCHIVE_LIMITS.daysDropped} go in an hour, ` +
    "as a clock may be wrong";
  return [{ kind: "held", reason }];
}

/** The days that there has to be room for, oldest first. */
export function wantedDays(ageMs: number | undefined, nowMs: number): readonly Day[] {
  const today = dayOf(nowMs);
  const first = Math.max(firstKept(ageMs, nowMs), today - ARCHIVE_LIMITS.daysBack, 0);
  const count = today + ARCHIVE_LIMITS.daysAhead - first + 1;
  return Array.from({ length: count }, (_, index) => first + index);
}
