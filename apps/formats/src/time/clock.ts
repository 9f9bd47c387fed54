import { isValid, type CivilTime } from "./civil.ts";
import { machineZone, type Zone } from "./zone.ts";

const dayMs = 86_400_000;

export interface ClockSettings {
  /** Zone of times that name none; default: this machine's. */
  readonly zone?: Zone | undefined;
  /** Year of the first date that names none; default: the latest that is not in the future. */
  readonly year?: number | undefined;
  /** What 'future' means for a date without a year: now, or when the file was last written. */
  readonly reference?: number | undefined;
}

/**
 * Turns what log lines say into instants, and counts what it had to assume: many formats name no zone, syslog's
 * names no year.
 */
export class Clock {
  readonly zone: Zone;
  /** How many times had no zone, and how many dates no year. */
  readonly assumed = { zones: 0, years: 0 };
  readonly #firstYear: number | undefined;
  readonly #reference: number;
  #year: number | undefined;
  #month = 0;

  constructor(settings: ClockSettings = {}) {
    this.zone = settings.zone ?? machineZone();
    this.#firstYear = settings.year;
    this.#year = settings.year;
    this.#reference = settings.reference ?? Date.now();
  }

  /** How dates without a year get one, in words. */
  get yearRule(): string {
    if (this.#firstYear !== undefined) return `${this.#firstYear} for the first one`;
    return `the latest year that is not after ${new Date(this.#reference).toISOString().slice(0, 10)}`;
  }

  /** RFC 3339 in UTC with the sender's digits; undefined for a date that the calendar does not have. */
  instant(time: CivilTime): string | undefined {
    const year = time.year ?? this.#yearOf(time);
    if (year === undefined || !isValid(time, year)) return undefined;
    if (time.year === undefined) this.assumed.years++;
    if (time.offset === undefined) this.assumed.zones++;
    return format(this.#epoch(time, year), time.fraction);
  }

  #epoch(time: CivilTime, year: number): number {
    const civil = Date.UTC(year, time.month - 1, time.day, time.hour, time.minute, time.second);
    if (time.offset !== undefined) return civil - time.offset * 60_000;
    // The offset depends on the instant, which depends on the offset: the second look settles it.
    const guess = civil - this.zone.offsetAt(civil) * 60_000;
    return civil - this.zone.offsetAt(guess) * 60_000;
  }

  #yearOf(time: CivilTime): number | undefined {
    if (this.#firstYear !== undefined) return this.#rolledYear(time);
    const newest = new Date(this.#reference).getUTCFullYear() + 1;
    // Nine years reach back to a 29 February from anywhere.
    for (let year = newest; year > newest - 10; year--) {
      // A day of grace: the sender's clock or zone may be ahead of ours.
      if (isValid(time, year) && this.#epoch(time, year) <= this.#reference + dayMs) return year;
    }
    return undefined;
  }

  /** From a December to a January the year moves on; a file that jumps about within a year does not move it. */
  #rolledYear(time: CivilTime): number | undefined {
    if (this.#year !== undefined && this.#month >= 11 && time.month <= 2) this.#year++;
    this.#month = time.month;
    return this.#year;
  }
}

/** RFC 3339 in UTC from milliseconds since 1970 of a whole second and the digits of its fraction. */
export function format(epochMs: number, fraction: string | undefined): string | undefined {
  const date = new Date(epochMs);
  // Before year 1 or after 9999 RFC 3339 has no words.
  if (Number.isNaN(epochMs) || date.getUTCFullYear() > 9999 || date.getUTCFullYear() < 1)
    return undefined;
  const whole = date.toISOString().slice(0, 19);
  return fraction ? `${whole}.${fraction}Z` : `${whole}Z`;
}
