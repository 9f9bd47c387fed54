import { ARCHIVE_LIMITS } from "./limits.ts";

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
export function firstKept(ageMs: number, nowMs: number): Day {
  return dayOf(nowMs - ageMs);
}

/** The days that there has to be room for, oldest first. */
export function wantedDays(ageMs: number, nowMs: number): readonly Day[] {
  const today = dayOf(nowMs);
  const first = Math.max(firstKept(ageMs, nowMs), today - ARCHIVE_LIMITS.daysBack, 0);
  const count = today + ARCHIVE_LIMITS.daysAhead - first + 1;
  return Array.from({ length: count }, (_, index) => first + index);
}
