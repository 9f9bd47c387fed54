import { format } from "./clock.ts";

// Seconds, milliseconds, microseconds or nanoseconds since 1970 are told apart by size: each unit's range below
// starts in 1973, where the one before it ends in the year 5138.
const units = [
  { from: 10n ** 8n, digits: 0 },
  { from: 10n ** 11n, digits: 3 },
  { from: 10n ** 14n, digits: 6 },
  { from: 10n ** 17n, digits: 9 },
] as const;

/** RFC 3339 for a number of seconds (with a fraction or without), ms, us or ns; undefined for what is none. */
export function epochTime(text: string): string | undefined {
  const match = /^(\d{9,19})(?:\.(\d{1,9})\d*)?$/.exec(text);
  if (match === null) return undefined;
  const [, whole = "", decimals] = match;
  const unit = units.findLast(({ from }) => BigInt(whole) >= from);
  if (unit === undefined) return undefined;
  const split = whole.length - unit.digits;
  const fraction = unit.digits === 0 ? decimals : whole.slice(split);
  return format(Number(whole.slice(0, split)) * 1000, fraction);
}
