import type { Instant } from "./time.ts";

const ZERO = 0x30;
const DAY_MS = 86_400_000;

/**
 * Reads `yyyy-mm-ddThh:mm:ss`, a fraction of one to nine digits or none, and `Z` from bytes: the form
 * that almost all senders write, without making a text of it. Reused from record to record.
 */
export class InstantReader implements Instant {
  ms = 0;
  nanos = 0;
  digits = 0;
  // Records of one batch are mostly of one day.
  #date = -1;
  #dayStart = 0;

  /** @returns False for any other form or value, which `readInstant` may know. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (length < 20 || length > 30 || bytes[end - 1] !== 0x5a) return false;
    const between = bytes[start + 4] === 0x2d && bytes[start + 7] === 0x2d;
    const inTime = bytes[start + 13] === 0x3a && bytes[start + 16] === 0x3a;
    if (!between || !inTime || bytes[start + 10] !== 0x54) return false;
    const year = two(bytes, start) * 100 + two(bytes, start + 2);
    const date = (year * 100 + two(bytes, start + 5)) * 100 + two(bytes, start + 8);
    const hour = two(bytes, start + 11);
    const minute = two(bytes, start + 14);
    const second = two(bytes, start + 17);
    // A part that is not two digits is negative or far too large, and so is what is made of it.
    if (!(hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59)) {
      return false;
    }
    if (date !== this.#date && !this.#setDate(bytes, start, date)) return false;
    let fraction = 0;
    let digits = 0;
    if (length > 20) {
      digits = length - 21;
      if (digits === 0 || bytes[start + 19] !== 0x2e) return false;
      for (let at = start + 20; at < end - 1; at += 1) {
        const digit = (bytes[at] ?? 0) - ZERO;
        if (!(digit >= 0 && digit <= 9)) return false;
        fraction = fraction * 10 + digit;
      }
    }
    const nanos = fraction * (POWERS[9 - digits] ?? 0);
    const below = nanos % 1_000_000;
    const inDay = ((hour * 60 + minute) * 60 + second) * 1000 + (nanos - below) / 1_000_000;
    this.ms = this.#dayStart + inDay;
    this.nanos = below;
    this.digits = digits;
    return true;
  }

  #setDate(bytes: Uint8Array, start: number, date: number): boolean {
    for (const at of DATE_DIGITS) {
      const digit = (bytes[start + at] ?? 0) - ZERO;
      if (!(digit >= 0 && digit <= 9)) return false;
    }
    const year = Math.floor(date / 10_000);
    const month = Math.floor(date / 100) % 100;
    const day = date % 100;
    const dayStart = Date.UTC(year, month - 1, day);
    // Before the epoch, after 2262, and February 30th are for the other reader to refuse.
    const real = new Date(dayStart);
    if (real.getUTCMonth() !== month - 1 || real.getUTCDate() !== day) return false;
    if (year < 1970 || year > 2261) return false;
    this.#date = date;
    this.#dayStart = dayStart;
    return dayStart % DAY_MS === 0;
  }
}

const DATE_DIGITS = [0, 1, 2, 3, 5, 6, 8, 9];
const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/** Two digits as a number; out of range if they are none. */
function two(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - ZERO;
  const ones = (bytes[at + 1] ?? 0) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1_000_000;
}
