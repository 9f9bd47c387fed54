import { civil, offsetOf, type CivilTime } from "./civil.ts";

/** ISO 8601 and its relatives at the start of a text: `T` or a space, `.` or `,`, `-` or `/`, with or without zone. */
const isoStart =
  /^(\d{4})([-/])(\d\d)\2(\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?(?: ?(Z|[+-]\d\d:?\d\d|UTC|GMT)(?![A-Za-z0-9]))?/;

/** The time at the start of `text`, and how many characters it takes. */
export function isoAtStart(text: string): { time: CivilTime; length: number } | undefined {
  const match = isoStart.exec(text);
  if (match === null) return undefined;
  const [all, year, , month, day, time = "", fraction, zone] = match;
  const offset = zone === undefined ? undefined : offsetOf(/^[UG]/.test(zone) ? "Z" : zone);
  return {
    time: civil([Number(year), Number(month), Number(day)], time, { fraction, offset }),
    length: all.length,
  };
}

/** A text that is such a time and nothing else. */
export function isoWhole(text: string): CivilTime | undefined {
  const found = isoAtStart(text);
  return found?.length === text.length ? found.time : undefined;
}
