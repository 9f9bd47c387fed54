/** Instants in the form that almost all senders write. The other forms are the host's to read. */

/** The instant read last: milliseconds since the epoch, nanoseconds below, digits of the fraction. */
export let instantMs: i64 = 0;
export let instantNanos: u32 = 0;
export let instantDigits: u32 = 0;

let date: i32 = -1;
let dayStart: i64 = 0;

/** `yyyy-mm-ddThh:mm:ss`, a fraction of one to nine digits or none, and `Z`: what almost all senders write. */
export function readUsual(start: usize, end: usize): bool {
  const length = <u32>(end - start);
  if (length < 20 || length > 30 || load<u8>(end - 1) != 0x5a) return false;
  if (load<u8>(start, 4) != 0x2d || load<u8>(start, 7) != 0x2d || load<u8>(start, 10) != 0x54) {
    return false;
  }
  if (load<u8>(start, 13) != 0x3a || load<u8>(start, 16) != 0x3a) return false;
  const century = two(start);
  const inCentury = two(start + 2);
  const month = two(start + 5);
  const day = two(start + 8);
  const hour = two(start + 11);
  const minute = two(start + 14);
  const second = two(start + 17);
  if ((century | inCentury | month | day | hour | minute | second) < 0) return false;
  if (hour > 23 || minute > 59 || second > 59) return false;
  const mine = ((century * 100 + inCentury) * 100 + month) * 100 + day;
  if (mine != date && !setDate(mine, century * 100 + inCentury, month, day)) return false;
  let fraction: u32 = 0;
  let count: u32 = 0;
  if (length > 20) {
    count = length - 21;
    if (count == 0 || load<u8>(start, 19) != 0x2e) return false;
    for (let at = start + 20; at < end - 1; at += 1) {
      const digit = <u32>load<u8>(at) - 0x30;
      if (digit > 9) return false;
      fraction = fraction * 10 + digit;
    }
  }
  for (let left = count; left < 9; left += 1) fraction *= 10;
  instantNanos = fraction % 1000000;
  instantMs = dayStart + ((hour * 60 + minute) * 60 + second) * 1000 + fraction / 1000000;
  instantDigits = count;
  return true;
}

/** Two digits as a number; negative if they are none. */
function two(at: usize): i32 {
  const tens = <u32>load<u8>(at) - 0x30;
  const ones = <u32>load<u8>(at, 1) - 0x30;
  return tens > 9 || ones > 9 ? -1 : <i32>(tens * 10 + ones);
}

/** Before the epoch, after 2262, and February 30th are for the other reader to refuse. */
function setDate(mine: i32, year: i32, month: i32, day: i32): bool {
  if (year < 1970 || year > 2261 || month < 1 || month > 12 || day < 1) return false;
  if (day > daysIn(year, month)) return false;
  // Days since the epoch, years beginning in March.
  const years = month > 2 ? year : year - 1;
  const months = month > 2 ? month - 3 : month + 9;
  const inYear = (153 * months + 2) / 5 + day - 1;
  const days = years * 365 + years / 4 - years / 100 + years / 400 + inYear - 719468;
  date = mine;
  dayStart = <i64>days * 86400000;
  return true;
}

function daysIn(year: i32, month: i32): i32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}
