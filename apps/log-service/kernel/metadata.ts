import { hashBytes } from "./hash";
import { region } from "./memory";
import {
  kinds,
  lengths,
  MOST_VALUES,
  shape,
  shapeEnd,
  shapeHash,
  starts,
  VALUE,
  values,
  WHOLE_NUMBER,
} from "./object";
import { beginSized, endSized, out, putByte, putBytes, putSized, putVarint, startOutput } from "./output";
import { Table, TABLE_BYTES } from "./table";

/** Metadata as shapes and columns; as `MetadataWriter` and `ValueWriter`. */

const VALUES_LISTED: u32 = 0;
const VALUES_WHOLE: u32 = 1;
const VALUES_TEXT: u32 = 2;
const MOST_LISTED: u32 = 256;

/**
 * Takes a shape that is new in the block: how many columns its values have, whose numbers are then in
 * `shapeColumns`; -1 if it is not kept.
 */
// @ts-ignore: decorator
@external("host", "openShape")
declare function openShape(shape: usize, length: u32): i32;

let shapeLimit: u32 = 0;
let shapesLimit: u32 = 0;
let columnsLimit: u32 = 0;

export function limitMetadata(shapeBytes: u32, shapes: u32, columns: u32): void {
  shapeLimit = shapeBytes;
  shapesLimit = shapes;
  columnsLimit = columns;
}

// The block's.
let rows: u32 = 0;
let rowShapes: usize = 0;
let any = false;
const shapes = changetype<Table>(memory.data(TABLE_BYTES));
let shapeTexts: usize = 0;
let shapeTextsEnd: usize = 0;
// Of each shape in the table: its number, how many columns, and which.
const KNOWN: u32 = 4 + 2 * MOST_VALUES;
let known: usize = 0;
let kept: u32 = 0;
export const shapeColumns: usize = memory.data(128);
let wholeObject: usize = memory.data(8);
let columns: u32 = 0;
// The values of all rows in order: column, kind, start, length.
const ENTRY: u32 = 12;
let entries: usize = 0;
let entriesEnd: usize = 0;
let sorted: usize = 0;
let counts: usize = 0;
const listed = changetype<Table>(memory.data(TABLE_BYTES));


/** @param most Bytes of all objects together. */
export function layOutMetadata(capacity: u32, most: u32): void {
  rowShapes = region(capacity << 1);
  const mostShapes = capacity < shapesLimit * 2 + 1 ? capacity : shapesLimit * 2 + 1;
  shapes.layOut(mostShapes);
  // An object may be scanned twice: as it came, and as it is written.
  const mostText = most * 2;
  shapeTexts = region(mostText < mostShapes * shapeLimit ? mostText : mostShapes * shapeLimit);
  known = region(mostShapes * KNOWN);
  const mostEntries = capacity * MOST_VALUES;
  entries = region(mostEntries * ENTRY);
  sorted = region(mostEntries << 2);
  counts = region((columnsLimit + 2) << 2);
  listed.layOut(MOST_LISTED + 1);
}

export function clearMetadata(capacity: u32): void {
  rows = 0;
  any = false;
  shapes.empty(capacity < shapesLimit * 2 + 1 ? capacity : shapesLimit * 2 + 1);
  shapeTextsEnd = shapeTexts;
  kept = 0;
  columns = 0;
  entriesEnd = entries;
}

/** A row without metadata. */
export function addNoMetadata(): void {
  store<u16>(rowShapes + (rows << 1), 0);
  rows += 1;
}

/** Adds the object that was scanned last. @returns False, with nothing added, if its shape is not kept. */
export function addMetadata(): bool {
  const length = <u32>(shapeEnd - shape);
  if (values == 0 && length == 2) {
    addNoMetadata();
    return true;
  }
  const found = findShape(shape, length, shapeHash);
  if (found == 0) return false;
  const number = load<u16>(found);
  if (number == 0) return false;
  let to = entriesEnd;
  for (let index: u32 = 0; index < values; index += 1) {
    store<u16>(to, load<u16>(found + 4 + (index << 1)));
    store<u16>(to, <u16>load<u8>(kinds + index), 2);
    store<u32>(to, load<u32>(starts + (index << 2)), 4);
    store<u32>(to, load<u32>(lengths + (index << 2)), 8);
    to += ENTRY;
  }
  entriesEnd = to;
  addRow(number);
  return true;
}

/** A row whose metadata, as JSON.stringify wrote it, is kept as one text. */
export function addWholeMetadata(start: usize, length: u32): void {
  store<u8>(wholeObject, VALUE);
  const found = findShape(wholeObject, 1, hashBytes(wholeObject, wholeObject + 1));
  store<u16>(entriesEnd, load<u16>(found + 4));
  store<u16>(entriesEnd, 0, 2);
  store<u32>(entriesEnd, <u32>start, 4);
  store<u32>(entriesEnd, length, 8);
  entriesEnd += ENTRY;
  addRow(load<u16>(found));
}

function addRow(number: u16): void {
  store<u16>(rowShapes + (rows << 1), number);
  rows += 1;
  any = true;
}

/** @returns What is known of the shape; 0 for one that is refused. */
function findShape(text: usize, length: u32, hash: i32): usize {
  const before = shapes.count;
  // Shapes that never come again would fill the table; a whole object always has its place.
  if (before >= shapesLimit * 2 && length > 1) return 0;
  const index = shapes.intern(text, length, hash);
  const entry = known + index * KNOWN;
  if (index < before) return entry;
  memory.copy(shapeTextsEnd, text, length);
  shapes.move(index, shapeTextsEnd);
  shapeTextsEnd += length;
  const full = kept == shapesLimit && length > 1;
  const count = full ? -1 : openShape(shapes.start(index), length);
  store<u16>(entry, 0);
  if (count < 0) return entry;
  kept += 1;
  store<u16>(entry, <u16>kept);
  store<u16>(entry, <u16>count, 2);
  memory.copy(entry + 4, shapeColumns, <usize>count << 1);
  for (let place = 0; place < count; place += 1) {
    const column = <u32>load<u16>(shapeColumns + (place << 1));
    if (column >= columns) columns = column + 1;
  }
  return entry;
}

/** Writes the section; nothing if no row has metadata. */
export function writeMetadata(): void {
  if (!any) return;
  putVarint(kept);
  for (let index: u32 = 0; index < shapes.count; index += 1) {
    const entry = known + index * KNOWN;
    if (load<u16>(entry) == 0) continue;
    putSized(shapes.start(index), shapes.length(index));
    const count = <u32>load<u16>(entry, 2);
    for (let place: u32 = 0; place < count; place += 1) {
      putVarint(load<u16>(entry + 4 + (place << 1)));
    }
  }
  for (let row: u32 = 0; row < rows; row += 1) putVarint(load<u16>(rowShapes + (row << 1)));
  putVarint(columns);
  sortEntries();
  let from = sorted;
  for (let column: u32 = 0; column < columns; column += 1) {
    const count = load<u32>(counts + (column << 2));
    writeColumn(from, count);
    from += count << 2;
  }
}

/** Orders the values by column, those of one as they came. */
function sortEntries(): void {
  memory.fill(counts, 0, columns << 2);
  for (let entry = entries; entry < entriesEnd; entry += ENTRY) {
    const at = counts + (<usize>load<u16>(entry) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  let place: u32 = 0;
  for (let column: u32 = 0; column < columns; column += 1) {
    const at = counts + (column << 2);
    const count = load<u32>(at);
    store<u32>(at, place);
    place += count;
  }
  for (let entry = entries; entry < entriesEnd; entry += ENTRY) {
    const at = counts + (<usize>load<u16>(entry) << 2);
    const to = load<u32>(at);
    store<u32>(sorted + (to << 2), <u32>entry);
    store<u32>(at, to + 1);
  }
  // Each now has where it ends: counts again.
  for (let column = columns; column > 1; column -= 1) {
    const at = counts + ((column - 1) << 2);
    store<u32>(at, load<u32>(at) - load<u32>(at - 4));
  }
}

/** @param from Of the column's values, each where its entry is. */
function writeColumn(from: usize, count: u32): void {
  const form = out;
  const end = from + (count << 2);
  if (writeListed(from, end)) return;
  startOutput(form);
  let isAllWhole = true;
  for (let each = from; each < end && isAllWhole; each += 4) {
    isAllWhole = load<u16>(load<u32>(each), 2) == WHOLE_NUMBER;
  }
  if (isAllWhole) writeNumbers(from, count);
  else writeTexts(from, end);
}

/** @returns False for too many values, with something written. */
function writeListed(from: usize, end: usize): bool {
  listed.empty(MOST_LISTED + 1);
  // The list comes before the rows, and is not known before them: those wait in the entries.
  for (let each = from; each < end; each += 4) {
    const entry: usize = load<u32>(each);
    const start: usize = load<u32>(entry, 4);
    const length = load<u32>(entry, 8);
    const index = listed.intern(start, length, hashBytes(start, start + length));
    if (index >= MOST_LISTED) return false;
    store<u16>(entry, <u16>index);
  }
  putByte(VALUES_LISTED);
  putVarint(listed.count);
  for (let index: u32 = 0; index < listed.count; index += 1) {
    putSized(listed.start(index), listed.length(index));
  }
  for (let each = from; each < end; each += 4) putByte(load<u16>(load<u32>(each)));
  return true;
}

/** The lowest bytes of all numbers, then the next: the higher ones repeat. */
function writeNumbers(from: usize, count: u32): void {
  let largest: u64 = 0;
  for (let row: u32 = 0; row < count; row += 1) {
    const value = readWhole(load<u32>(from + (row << 2)));
    if (value > largest) largest = value;
  }
  let width: u32 = 1;
  while (largest >>> (8 * width) != 0) width += 1;
  putByte(VALUES_WHOLE);
  putByte(width);
  const planes = out;
  for (let row: u32 = 0; row < count; row += 1) {
    let rest = readWhole(load<u32>(from + (row << 2)));
    let to = planes + row;
    for (let plane: u32 = 0; plane < width; plane += 1) {
      store<u8>(to, <u8>rest);
      rest >>>= 8;
      to += count;
    }
  }
  startOutput(planes + width * count);
}

function readWhole(entry: usize): u64 {
  const start: usize = load<u32>(entry, 4);
  const end = start + load<u32>(entry, 8);
  let value: u64 = 0;
  for (let next = start; next < end; next += 1) value = value * 10 + (load<u8>(next) & 0x0f);
  return value;
}

function writeTexts(from: usize, end: usize): void {
  putByte(VALUES_TEXT);
  const sized = beginSized();
  for (let each = from; each < end; each += 4) {
    const entry: usize = load<u32>(each);
    putBytes(load<u32>(entry, 4), load<u32>(entry, 8));
    putByte(0);
  }
  endSized(sized);
}
