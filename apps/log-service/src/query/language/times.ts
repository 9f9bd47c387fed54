import type { Moment } from "../filter.ts";
import { readInstant, writeInstant } from "../../record/time.ts";

const RELATIVE = /^(?:now)?(?:-(\d{1,9})(ms|s|m|h|d|w))?$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DURATION = /^(\d{1,9})(ms|s|m|h|d|w)$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** RFC 3339, a date, an epoch, `now`, or `-15m` before now; undefined for anything else. */
export function readTime(text: string, nowMs: number): Moment | undefined {
  const relative = text === "" ? null : RELATIVE.exec(text);
  if (relative !== null) {
    const ago = Number(relative[1] ?? 0) * (UNIT_MS[relative[2] ?? ""] ?? 0);
    return { ms: Math.max(0, nowMs - ago), nanos: 0 };
  }
  const instant = readInstant(DATE.test(text) ? `${text}T00:00:00Z` : text);
  return typeof instant === "string" ? undefined : { ms: instant.ms, nanos: instant.nanos };
}

/** The first moment that comes after one. */
export function after({ ms, nanos }: Moment): Moment {
  return nanos === 999_999 ? { ms: ms + 1, nanos: 0 } : { ms, nanos: nanos + 1 };
}

export function writeTime({ ms, nanos }: Moment): string {
  return writeInstant(ms, nanos, nanos === 0 ? 3 : 9);
}

/** A length of time in milliseconds; undefined for anything else, or nothing at all. */
export function readDuration(text: string): number | undefined {
  const [, digits, unit = ""] = DURATION.exec(text) ?? [];
  const ms = Number(digits) * (UNIT_MS[unit] ?? 0);
  return ms >= 1 ? ms : undefined;
}

export function writeDuration(ms: number): string {
  const fitting = ["w", "d", "h", "m", "s"].find((unit) => ms % (UNIT_MS[unit] ?? 1) === 0);
  return fitting === undefined ? `${ms}ms` : `${ms / (UNIT_MS[fitting] ?? 1)}${fitting}`;
}
