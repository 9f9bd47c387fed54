/** A date and time as a log line writes it; what the line does not say is left out. */
export interface CivilTime {
  readonly year?: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Digits after the decimal point, at most nine, as the sender wrote them. */
  readonly fraction?: string;
  /** Minutes east of UTC. */
  readonly offset?: number;
}

const monthNames = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");

/** 1 to 12 for an English month name of three letters; undefined for anything else. */
export function monthOf(name: string): number | undefined {
  const index = monthNames.indexOf(name.toLowerCase());
  return index < 0 ? undefined : index + 1;
}

/** Two-digit years are this century's: the formats that write them are younger than 2000. */
export function fullYear(twoDigits: string): number {
  return 2000 + Number(twoDigits);
}

/** `yyyy-mm-dd` and `hh:mm:ss` with any separators, as the numbers they hold. */
export function civil(
  date: readonly [year: number, month: number, day: number],
  time: string,
  rest: { fraction?: string | undefined; offset?: number | undefined } = {},
): CivilTime {
  const [hour = NaN, minute = NaN, second = NaN] = time.split(/[:.]/).map(Number);
  const [year, month, day] = date;
  return { year, month, day, hour, minute, second, ...optional(rest) };
}

function optional(rest: { fraction?: string | undefined; offset?: number | undefined }): {
  fraction?: string;
  offset?: number;
} {
  return {
    ...(rest.fraction ? { fraction: rest.fraction.slice(0, 9) } : {}),
    ...(rest.offset === undefined ? {} : { offset: rest.offset }),
  };
}

/** True for a date that the calendar has and a time that a clock shows; 60 is a leap second. */
export function isValid(t: CivilTime, year: number): boolean {
  return (
    t.month >= 1 &&
    t.month <= 12 &&
    t.day >= 1 &&
    t.day <= new Date(Date.UTC(year, t.month, 0)).getUTCDate() &&
    t.hour >= 0 &&
    t.hour <= 23 &&
    t.minute >= 0 &&
    t.minute <= 59 &&
    t.second >= 0 &&
    t.second <= 60
  );
}

/** `Z`, `+02:00`, `-0330` or `+05` as minutes east of UTC. */
export function offsetOf(text: string): number | undefined {
  if (/^z$/i.test(text)) return 0;
  const match = /^([+-])(\d\d):?(\d\d)?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, hours = "0", minutes = "0"] = match;
  const size = Number(hours) * 60 + Number(minutes);
  return size > 18 * 60 ? undefined : sign === "-" ? -size : size;
}
