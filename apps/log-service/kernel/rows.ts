import { region } from "./memory";
import { beginSized, endSized, putBytes, putSized, putVarint } from "./output";
import { Table, TABLE_BYTES } from "./table";

/** What every row has: times, level, source; and what a block's header says of them. */

const LEVELS: u32 = 6;
const MINUTE_MS: i64 = 60000;
/** A minute, and records of each level. */
const MINUTE: u32 = 28;

export let rows: u32 = 0;
let times: usize = 0;
let nanos: usize = 0;
let digits: usize = 0;
let receipts: usize = 0;
let levels: usize = 0;
let rowSources: usize = 0;
const sources = changetype<Table>(memory.data(TABLE_BYTES));
/** For the host. */
export const minutes: usize = memory.data(2048);
let minutesLimit: u32 = 0;

export function limitMinutes(most: u32): void {
  minutesLimit = most;
}

export function layOutRows(capacity: u32): void {
  times = region(capacity << 3);
  receipts = region(capacity << 3);
  nanos = region(capacity << 2);
  digits = region(capacity);
  levels = region(capacity);
  rowSources = region(capacity << 1);
  sources.layOut(capacity);
}

export function clearRows(capacity: u32): void {
  rows = 0;
  sources.empty(capacity);
}

/** Begins a row. */
export function addRow(ms: i64, nanosBelow: u32, digitCount: u32, received: i64, level: u32): void {
  store<i64>(times + (rows << 3), ms);
  store<i64>(receipts + (rows << 3), received);
  store<u32>(nanos + (rows << 2), nanosBelow);
  store<u8>(digits + rows, <u8>digitCount);
  store<u8>(levels + rows, <u8>level);
  rows += 1;
}

export function addSource(start: usize, length: u32, hash: i32): void {
  store<u16>(rowSources + ((rows - 1) << 1), <u16>sources.intern(start, length, hash));
}

/** First and last timestamp, their nanoseconds, first and last time of receipt. */
export function writeBounds(report: usize): void {
  let first: u32 = 0;
  let last: u32 = 0;
  let receivedFirst = load<i64>(receipts);
  let receivedLast = receivedFirst;
  for (let row: u32 = 1; row < rows; row += 1) {
    if (isBefore(row, first)) first = row;
    if (isBefore(last, row)) last = row;
    const received = load<i64>(receipts + (row << 3));
    if (received < receivedFirst) receivedFirst = received;
    if (received > receivedLast) receivedLast = received;
  }
  firstMs = load<i64>(times + (first << 3));
  firstReceipt = receivedFirst;
  store<f64>(report, <f64>firstMs, 128);
  store<f64>(report, <f64>load<i64>(times + (last << 3)), 136);
  store<f64>(report, <f64>receivedFirst, 144);
  store<f64>(report, <f64>receivedLast, 152);
  store<u32>(report, load<u32>(nanos + (first << 2)), 40);
  store<u32>(report, load<u32>(nanos + (last << 2)), 44);
}

let firstMs: i64 = 0;
let firstReceipt: i64 = 0;

function isBefore(a: u32, b: u32): bool {
  const mine = load<i64>(times + (a << 3));
  const theirs = load<i64>(times + (b << 3));
  return mine < theirs || (mine == theirs && load<u32>(nanos + (a << 2)) < load<u32>(nanos + (b << 2)));
}

export function writeLevels(report: usize): void {
  memory.fill(report, 0, LEVELS << 2);
  for (let row: u32 = 0; row < rows; row += 1) {
    const at = report + (<usize>load<u8>(levels + row) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
}

/** Writes the part of the section that all rows have: times, levels, sources. */
export function writeRows(): void {
  putDeltas(times, firstMs);
  const from = beginSized();
  for (let row: u32 = 0; row < rows; row += 1) {
    putVarint(<u64>load<u32>(nanos + (row << 2)) * 10 + load<u8>(digits + row));
  }
  endSized(from);
  putDeltas(receipts, firstReceipt);
  putBytes(levels, rows);
  putVarint(sources.count);
  for (let index: u32 = 0; index < sources.count; index += 1) {
    putSized(sources.start(index), sources.length(index));
  }
  const sourcesFrom = beginSized();
  for (let row: u32 = 0; row < rows; row += 1) putVarint(load<u16>(rowSources + (row << 1)));
  endSized(sourcesFrom);
}

function putDeltas(instants: usize, first: i64): void {
  const from = beginSized();
  let before = first;
  for (let row: u32 = 0; row < rows; row += 1) {
    const ms = load<i64>(instants + (row << 3));
    const delta = ms - before;
    putVarint(<u64>((delta << 1) ^ (delta >> 63)));
    before = ms;
  }
  endSized(from);
}

/** Each source's name and how many rows have it: sized, then a number. For the host. */
export function putSources(): void {
  // The column is written already.
  const counts = receipts;
  memory.fill(counts, 0, rows << 2);
  for (let row: u32 = 0; row < rows; row += 1) {
    const at = counts + (<usize>load<u16>(rowSources + (row << 1)) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  putVarint(sources.count);
  for (let index: u32 = 0; index < sources.count; index += 1) {
    putSized(sources.start(index), sources.length(index));
    putVarint(load<u32>(counts + (index << 2)));
  }
}

/** Writes each minute and its count of each level to the mailbox. @returns How many; 0 for too many. */
export function countMinutes(): u32 {
  let count: u32 = 0;
  let before: i32 = -1;
  let entry: usize = 0;
  for (let row: u32 = 0; row < rows; row += 1) {
    const minute = <i32>(load<i64>(times + (row << 3)) / MINUTE_MS);
    if (minute != before) {
      before = minute;
      let index: u32 = 0;
      while (index < count && load<i32>(minutes + index * MINUTE) != minute) index += 1;
      entry = minutes + index * MINUTE;
      if (index == count) {
        if (count == minutesLimit) return 0;
        memory.fill(entry, 0, MINUTE);
        store<i32>(entry, minute);
        count += 1;
      }
    }
    const at = entry + 4 + (<usize>load<u8>(levels + row) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  return count;
}
