import { hashBytes, writeBloom } from "./hash";
import { Ids, idsAt, IDS_BYTES } from "./ids";
import { claimRegions, clearRegions, region } from "./memory";
import {
  addMessage,
  clearMessages,
  fillClassTables,
  layOutMessages,
  PLAIN,
  scanMessage,
  variableRoom,
  writeMessages,
  writeNumbers,
} from "./messages";
import {
  addMetadata,
  addNoMetadata,
  addWholeMetadata,
  clearMetadata,
  layOutMetadata,
  limitMetadata,
  scanMetadata,
  shapeColumns,
  writeMetadata,
} from "./metadata";
import { beginSized, endSized, out, putByte, putBytes, putSized, putVarint, startOutput } from "./output";
import * as record from "./record";
import { Table, TABLE_BYTES } from "./table";
import { clearTokens, layOutTokens, spreadTokens, tokenCount, tokenHashes } from "./tokens";

/**
 * Makes a block's columns of a body's records; docs/block-layout.md draws them, and `BlockBuilder` makes
 * the same of single records. The host lays the memory out for a body and puts it there, opens a block,
 * has records read until one needs it or the block is full, and takes the finished sections.
 */

const TOKEN_BITS: u32 = 15;
const TRACE_BITS: u32 = 10;
const TRACE_DIGITS: u32 = 32;
const SPAN_DIGITS: u32 = 16;
const LEVELS: u32 = 6;
const MINUTE_MS: i64 = 60000;
const IDS_TEXT: u32 = 1;
/** A minute, and records of each level. */
const MINUTE: u32 = 28;

// Why reading stopped.
const ALL_READ: i32 = 0;
const UNREADABLE: i32 = 1;
const FULL: i32 = 2;

const traces = idsAt(memory.data(IDS_BYTES), memory.data(TABLE_BYTES));
const spans = idsAt(memory.data(IDS_BYTES), memory.data(TABLE_BYTES));
const sources = changetype<Table>(memory.data(TABLE_BYTES));

let recordLimit: u32 = 0;
let textLimit: u32 = 0;
let minutesLimit: u32 = 0;

let capacity: u32 = 0;
let rows: u32 = 0;
let textBytes: u32 = 0;
let times: usize = 0;
let nanos: usize = 0;
let digits: usize = 0;
let receipts: usize = 0;
let levels: usize = 0;
let rowSources: usize = 0;
let tags: usize = 0;
let tagsEnd: usize = 0;
let anyTags = false;
let copied: usize = 0;
let copiedAt: usize = 0;
let copiedEnd: usize = 0;
let body: usize = 0;
let places: usize = 0;
let todo: usize = 0;
let rowPlaces: usize = 0;
let others: usize = 0;
let otherCount: u32 = 0;
let next: u32 = 0;
let space: usize = 0;
let spaceBytes: u32 = 0;
let withTokens = false;

/** What the host reads: `report[n]` is a number of 32 bits, instants are of 64. */
const report: usize = memory.data(256);
const minutes: usize = memory.data(2048);
/** The name of the block's namespace. */
const name: usize = memory.data(64);

export function setUp(seed: u32, silent: u32): void {
  fillClassTables();
  spreadTokens(seed);
  record.silentLevel(silent);
}

export function limit(
  recordBytes: u32,
  blockText: u32,
  minutesListed: u32,
  depth: u32,
  shapeBytes: u32,
  shapes: u32,
  columns: u32,
): void {
  recordLimit = recordBytes;
  textLimit = blockText;
  minutesLimit = minutesListed;
  limitMetadata(depth, shapeBytes, shapes, columns);
}

export function limitTexts(message: u32, metadata: u32, source: u32, trace: u32, span: u32): void {
  record.limitRecords(message, metadata, source, trace, span);
}

/** Where the host writes columns' numbers, instants, and reads reports and minutes. */
export function mailbox(which: u32): usize {
  switch (which) {
    case 0:
      return shapeColumns;
    case 1:
      return record.instant;
    case 2:
      return report;
    case 3:
      return minutes;
    default:
      return name;
  }
}

/**
 * Lays the memory out for a body.
 * @param rowsMost Of one block. @param copiedMost Bytes of texts that do not lie in the body.
 * @returns False if there is no memory for it.
 */
export function layOut(bodyBytes: u32, records: u32, rowsMost: u32, copiedMost: u32): bool {
  clearRegions();
  capacity = rowsMost;
  body = region(bodyBytes + 64);
  places = region(records << 3);
  todo = region(records << 2);
  others = region(records * 12);
  rowPlaces = region(rowsMost << 2);
  // A block's text is within its limit, or one record.
  const longest = textLimit > recordLimit ? textLimit : recordLimit;
  const inBody = bodyBytes < longest ? bodyBytes : longest;
  const most = inBody + copiedMost;
  copied = region(copiedMost);
  copiedEnd = copied + copiedMost;
  times = region(rowsMost << 3);
  receipts = region(rowsMost << 3);
  nanos = region(rowsMost << 2);
  digits = region(rowsMost);
  levels = region(rowsMost);
  rowSources = region(rowsMost << 1);
  sources.layOut(rowsMost);
  traces.layOut(rowsMost);
  spans.layOut(rowsMost);
  tags = region(copiedMost + rowsMost);
  layOutMessages(rowsMost, most, inBody > copiedMost ? inBody : copiedMost);
  layOutMetadata(rowsMost, most);
  layOutTokens((most >>> 1) + 64);
  // Each byte of text is written as one of its record's parts; what takes most room are variables of a
  // message: a place in the template, a length, a value that waits in a stream of its own, a token.
  spaceBytes = most * 7 + rowsMost * 256 + 65536;
  space = region(spaceBytes);
  return claimRegions();
}

export function bodyAt(): usize {
  return body;
}

export function placesAt(): usize {
  return places;
}

export function todoAt(): usize {
  return todo;
}

export function othersAt(): usize {
  return others;
}

export function rowPlacesAt(): usize {
  return rowPlaces;
}

export function otherRecords(): u32 {
  return otherCount;
}

export function rowCount(): u32 {
  return rows;
}

export function textSize(): u32 {
  return textBytes;
}

/** Begins a pass over the records that are to be done. */
export function beginPass(): void {
  otherCount = 0;
}

/** To be done are all. */
export function doAll(records: u32): void {
  for (let index: u32 = 0; index < records; index += 1) store<u32>(todo + (index << 2), index);
}

/** Begins a block. */
export function open(tokens: bool): void {
  rows = 0;
  textBytes = 0;
  anyTags = false;
  tagsEnd = tags;
  copiedAt = copied;
  withTokens = tokens;
  sources.empty(capacity);
  traces.empty(capacity);
  spans.empty(capacity);
  clearMessages(capacity, tokens);
  clearMetadata(capacity);
  if (tokens) clearTokens(capacity * 4);
}

/**
 * Reads records of the body into the block.
 * @param first, last Of those that are to be done.
 * @param nameLength Of the block's own namespace; records that name another one are noted as others.
 * @param isDefault Whether a record that names none belongs to it.
 * @returns Why it stopped; `stoppedAt` says where.
 */
export function read(
  first: u32,
  last: u32,
  received: f64,
  nameLength: u32,
  isDefault: bool,
): i32 {
  const receipt = <i64>received;
  for (next = first; next < last; next += 1) {
    const index = load<u32>(todo + (next << 2));
    const start = body + load<u32>(places + (index << 3));
    const end = body + load<u32>(places + (index << 3), 4);
    const length = <u32>(end - start);
    if (length > recordLimit) return UNREADABLE;
    if (rows == capacity || (rows > 0 && textBytes + length > textLimit)) return FULL;
    if (!record.scanRecord(start, end, receipt, copiedAt, copiedEnd)) {
      if (record.isOutOfRoom && rows > 0) return FULL;
      return UNREADABLE;
    }
    if (record.namespaceStart != 0 && !isName()) return UNREADABLE;
    if (!isOwn(nameLength, isDefault)) {
      const other = others + otherCount * 12;
      store<u32>(other, index);
      store<u32>(other, <u32>(record.namespaceStart - body), 4);
      store<u32>(other, record.namespaceStart == 0 ? 0 : record.namespaceLength, 8);
      otherCount += 1;
      continue;
    }
    // First, as it may say no.
    if (record.metadataLength == 0) addNoMetadata();
    else if (!addMetadata()) return UNREADABLE;
    addFixed(record.ms, record.nanos, record.digits, receipt, record.level);
    addSource(record.sourceStart, record.sourceLength, record.sourceHash);
    traces.add(record.traceStart, record.traceLength, record.traceHash);
    spans.add(record.spanStart, record.spanLength, record.spanHash);
    if (anyTags) endTags();
    textBytes += record.sourceLength + record.traceLength + record.spanLength;
    textBytes += record.metadataLength + addMessage();
    copiedAt += record.unescaped;
    store<u32>(rowPlaces + ((rows - 1) << 2), index);
  }
  return ALL_READ;
}

/** Whether the record's own namespace is a DNS label. */
function isName(): bool {
  const length = record.namespaceLength;
  if (length == 0) return false;
  for (let place: u32 = 0; place < length; place += 1) {
    const byte = <u32>load<u8>(record.namespaceStart + place);
    const isInner = place > 0 && place < length - 1;
    const isPlain = (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39);
    if (!isPlain && !(byte == 0x2d && isInner)) return false;
  }
  return true;
}

export function stoppedAt(): u32 {
  return next;
}

function isOwn(nameLength: u32, isDefault: bool): bool {
  if (record.namespaceStart == 0) return isDefault;
  if (record.namespaceLength != nameLength) return false;
  for (let place: u32 = 0; place < nameLength; place += 1) {
    if (load<u8>(name + place) != load<u8>(record.namespaceStart + place)) return false;
  }
  return true;
}

/** Where the host writes a record's texts: source, trace id, span id, tags, metadata, message. */
export function roomAt(): usize {
  return copiedAt;
}

/** Whether a record of so many bytes has to go into another block. */
export function isFull(bytes: u32): bool {
  if (bytes > <u32>(copiedEnd - copiedAt)) return true;
  return rows == capacity || (rows > 0 && textBytes + bytes > textLimit);
}

/** Adds a record whose texts, with these lengths, the host has written. @param place In the body. */
export function addRecord(
  place: u32,
  ms: f64,
  nanosBelow: u32,
  digitCount: u32,
  received: f64,
  level: u32,
  sourceLength: u32,
  traceLength: u32,
  spanLength: u32,
  tagsLength: u32,
  metadataLength: u32,
  messageLength: u32,
): void {
  let at = copiedAt;
  addFixed(<i64>ms, nanosBelow, digitCount, <i64>received, level);
  addSource(at, sourceLength, hashBytes(at, at + sourceLength));
  at += sourceLength;
  traces.add(at, traceLength, hashBytes(at, at + traceLength));
  at += traceLength;
  spans.add(at, spanLength, hashBytes(at, at + spanLength));
  at += spanLength;
  if (tagsLength > 0) {
    if (!anyTags) {
      // Rows before the first one with tags have none.
      memory.fill(tags, 0, rows - 1);
      tagsEnd = tags + rows - 1;
      anyTags = true;
    }
    memory.copy(tagsEnd, at, tagsLength);
    tagsEnd += tagsLength;
    at += tagsLength;
  }
  if (anyTags) endTags();
  if (metadataLength == 0) addNoMetadata();
  else if (scanMetadata(at, at + metadataLength, true) != at + metadataLength || !addMetadata()) {
    addWholeMetadata(at, metadataLength);
  }
  at += metadataLength;
  scanMessage(at, at + messageLength, PLAIN);
  addMessage();
  at += messageLength;
  textBytes += <u32>(at - copiedAt);
  copiedAt = at;
  store<u32>(rowPlaces + ((rows - 1) << 2), place);
}

function endTags(): void {
  store<u8>(tagsEnd, 0);
  tagsEnd += 1;
}

function addFixed(ms: i64, nanosBelow: u32, digitCount: u32, received: i64, level: u32): void {
  store<i64>(times + (rows << 3), ms);
  store<i64>(receipts + (rows << 3), received);
  store<u32>(nanos + (rows << 2), nanosBelow);
  store<u8>(digits + rows, <u8>digitCount);
  store<u8>(levels + rows, <u8>level);
  rows += 1;
}

function addSource(start: usize, length: u32, hash: i32): void {
  store<u16>(rowSources + ((rows - 1) << 1), <u16>sources.intern(start, length, hash));
}

/** Writes the sections one after the other, then both filters. `report` says where what ends. */
export function finish(): usize {
  startOutput(space);
  writeBounds();
  writeLevels();
  const traceForm = traces.form(TRACE_DIGITS);
  const spanForm = spans.form(SPAN_DIGITS);
  writeRows(traceForm, spanForm);
  endPart(0);
  traces.putIds(traceForm);
  spans.putIds(spanForm);
  endPart(1);
  // Values of variables wait at the end of the space, for three parts of it.
  const streams = variableRoom();
  const digitsAt = space + spaceBytes - streams * 3;
  writeMessages(digitsAt, digitsAt + streams, digitsAt + streams * 2);
  endPart(2);
  writeNumbers(digitsAt, digitsAt + streams);
  endPart(3);
  writeMetadata();
  endPart(4);
  if (anyTags) putBytes(tags, <u32>(tagsEnd - tags));
  endPart(5);
  startOutput(out + writeBloom(traces.table.hashes, traces.table.stride, traces.table.count, TRACE_BITS, out));
  endPart(6);
  if (withTokens) startOutput(out + writeBloom(tokenHashes, 4, tokenCount, TOKEN_BITS, out));
  endPart(7);
  putSources();
  endPart(8);
  store<u32>(report, traceForm == IDS_TEXT || spanForm == IDS_TEXT ? 0 : 1, 32);
  store<u32>(report, countMinutes(), 36);
  return space;
}

function endPart(part: u32): void {
  store<u32>(report + (part << 2), <u32>(out - space), 64);
}

/** First and last timestamp, their nanoseconds, first and last time of receipt. */
function writeBounds(): void {
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

function writeLevels(): void {
  memory.fill(report, 0, LEVELS << 2);
  for (let row: u32 = 0; row < rows; row += 1) {
    const at = report + (<usize>load<u8>(levels + row) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
}

function writeRows(traceForm: u32, spanForm: u32): void {
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
  traces.putRows(traceForm);
  spans.putRows(spanForm);
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
function putSources(): void {
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
function countMinutes(): u32 {
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
