import { RECORD_LIMITS } from "../limits.ts";

/** An instant as the sender wrote it: UTC milliseconds, what is below them, and how precise it was. */
export interface Instant {
  readonly ms: number;
  /** Nanoseconds below the millisecond, 0 to 999,999. */
  readonly nanos: number;
  /** Digits after the second that the sender wrote, 0 to 9. */
  readonly digits: number;
}

export type TimeProblem = "format" | "offset" | "range";

const DAY_MS = 86_400_000;
const DIGITS = /^\d{1,19}(?:\.\d{1,9})?$/;
const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?([Zz]|[+-]\d{2}:?\d{2})?$/;
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Seconds, milliseconds, microseconds and nanoseconds of this century differ by a thousand each. */
const UNITS = [
  { below: 1e11, digits: 0 },
  { below: 1e14, digits: 3 },
  { below: 1e17, digits: 6 },
  { below: Infinity, digits: 9 },
] as const;

/**
 * Reads RFC 3339 with up to nine fractional digits, or an epoch in s, ms, us or ns by magnitude
 * (number or digits). A JSON number above 2^53 has lost digits before it gets here: senders of
 * nanoseconds write them as a string.
 */
export function readInstant(value: unknown): Instant | TimeProblem {
  if (typeof value === "string") {
    if (value.length >= 19 && value.charCodeAt(4) === 45) return readRfc3339(value);
    return DIGITS.test(value) ? readEpoch(value) : "format";
  }
  if (typeof value !== "number") return "format";
  if (Number.isInteger(value) && value >= 1e11 && value < 1e14) {
    return bounded(value, 0, 3);
  }
  if (!(value >= 0)) return "range";
  const text = String(value);
  return DIGITS.test(text) ? readEpoch(text) : "range";
}

function readRfc3339(text: string): Instant | TimeProblem {
  const match = RFC3339.exec(text);
  if (match === null) return "format";
  const [, years, months, days, hours, minutes, seconds, fraction = "", zone] = match;
  const year = Number(years);
  const month = Number(months);
  const day = Number(days);
  const hour = Number(hours);
  const minute = Number(minutes);
  const second = Number(seconds);
  if (zone === undefined) return "offset";
  // 23:59:60 is a leap second and counts as the next minute's first.
  if (hour > 23 || minute > 59 || second > 60) return "range";
  const start = Date.UTC(year, month - 1, day);
  if (month < 1 || day < 1 || day > (MONTH_DAYS[month - 1] ?? 0)) return "range";
  if (new Date(start).getUTCDate() !== day) return "range";
  const offset = zoneMinutes(zone);
  if (offset === undefined) return "range";
  const ms = start + ((hour * 60 + minute - offset) * 60 + second) * 1000;
  return withFraction(ms, fraction);
}

function zoneMinutes(zone: string): number | undefined {
  if (zone.length === 1) return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

function readEpoch(text: string): Instant | TimeProblem {
  const dot = text.indexOf(".");
  const whole = dot === -1 ? text : text.slice(0, dot);
  const magnitude = Number(whole);
  const unit = UNITS.find(({ below }) => magnitude < below)?.digits ?? 9;
  const seconds = unit === 0 ? whole : whole.slice(0, -unit);
  const below = unit === 0 ? "" : whole.slice(-unit);
  const fraction = below + (dot === -1 ? "" : text.slice(dot + 1));
  return withFraction(Number(seconds) * 1000, fraction.slice(0, 9));
}

function withFraction(ms: number, fraction: string): Instant | TimeProblem {
  if (fraction === "") return bounded(ms, 0, 0);
  const nanos = Number(fraction.padEnd(9, "0"));
  const below = nanos % 1_000_000;
  return bounded(ms + (nanos - below) / 1_000_000, below, fraction.length);
}

function bounded(ms: number, nanos: number, digits: number): Instant | TimeProblem {
  if (ms < RECORD_LIMITS.earliestMs || ms > RECORD_LIMITS.latestMs) return "range";
  return { ms, nanos, digits };
}

let dayStart = Number.NaN;
let dayText = "";

/** RFC 3339 in UTC, with the sender's number of fractional digits. */
export function writeInstant(ms: number, nanos: number, digits: number): string {
  // Records of a page share few days: the date is made once for each.
  const start = ms - (ms % DAY_MS);
  if (start !== dayStart) {
    dayText = new Date(start).toISOString().slice(0, 11);
    dayStart = start;
  }
  const inDay = ms - start;
  const second = Math.floor(inDay / 1000);
  const clock = `${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`;
  if (digits === 0) return `${dayText}${clock}Z`;
  const below = String((inDay % 1000) * 1_000_000 + nanos).padStart(9, "0");
  return `${dayText}${clock}.${below.slice(0, digits)}Z`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** Orders two instants: below zero if the first is earlier. */
export function compareInstants(
  a: { readonly ms: number; readonly nanos: number },
  b: { readonly ms: number; readonly nanos: number },
): number {
  return a.ms - b.ms || a.nanos - b.nanos;
}
