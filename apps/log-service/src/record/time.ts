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
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

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

/** By hand, as it runs for every record: a regular expression took four times as long. */
function readRfc3339(text: string): Instant | TimeProblem {
  const start = text.startsWith(knownDate) ? knownStart : dayStartOf(text.slice(0, 10));
  if (typeof start === "string") return start;
  const between = text.charCodeAt(10) | 0x20;
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  const formed = (between === 0x74 || between === 0x20) && text[13] === ":" && text[16] === ":";
  if (!formed || hour < 0 || minute < 0 || second < 0) return "format";
  // 23:59:60 is a leap second and counts as the next minute's first.
  if (hour > 23 || minute > 59 || second > 60) return "range";
  let at = 19;
  let fraction = 0;
  let digits = 0;
  if (text[at] === "." || text[at] === ",") {
    at += 1;
    for (let digit = digitAt(text, at); digit >= 0; digit = digitAt(text, at)) {
      fraction = fraction * 10 + digit;
      digits += 1;
      at += 1;
    }
    if (digits === 0 || digits > 9) return "format";
  }
  const offset = zoneMinutes(text, at);
  if (typeof offset === "string") return offset;
  const nanos = fraction * (POWERS[9 - digits] ?? 0);
  const below = nanos % 1_000_000;
  const ms = start + ((hour * 60 + minute - offset) * 60 + second) * 1000;
  return bounded(ms + (nanos - below) / 1_000_000, below, digits);
}

const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

// Records of one batch are mostly of one day.
let knownDate = "1970-01-01";
let knownStart = 0;

/** Milliseconds of the day that `yyyy-mm-dd` names. */
function dayStartOf(date: string): number | TimeProblem {
  const match = DATE.exec(date);
  if (match === null) return "format";
  const start = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  // February 30th would become a day in March.
  if (new Date(start).toISOString().slice(0, 10) !== date) return "range";
  knownDate = date;
  knownStart = start;
  return start;
}

function zoneMinutes(text: string, at: number): number | TimeProblem {
  const left = text.length - at;
  if (left === 0) return "offset";
  const sign = text[at];
  if (left === 1) return sign === "Z" || sign === "z" ? 0 : "format";
  const colon = left === 6 && text[at + 3] === ":";
  if ((sign !== "+" && sign !== "-") || !(colon || left === 5)) return "format";
  const hours = twoDigits(text, at + 1);
  const minutes = twoDigits(text, colon ? at + 4 : at + 3);
  if (hours < 0 || minutes < 0) return "format";
  if (hours > 23 || minutes > 59) return "range";
  return (sign === "-" ? -1 : 1) * (hours * 60 + minutes);
}

function twoDigits(text: string, at: number): number {
  const tens = digitAt(text, at);
  const ones = digitAt(text, at + 1);
  return tens < 0 || ones < 0 ? -1 : tens * 10 + ones;
}

/** -1 where there is no digit. */
function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - 48;
  return digit >= 0 && digit <= 9 ? digit : -1;
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
