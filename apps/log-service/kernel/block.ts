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
  shapeColumns,
  writeMetadata,
} from "./metadata";
import { out, putBytes, startOutput } from "./output";
import { layOutObject, limitObjects, scanMetadata } from "./object";
import * as record from "./record";
import {
  addRow,
  addSource,
  clearRows,
  countMinutes,
  layOutRows,
  limitMinutes,
  minutes,
  putSources,
  rows,
  writeBounds,
  writeLevels,
  writeRows,
} from "./rows";
import { TABLE_BYTES } from "./table";
import { clearTokens, layOutTokens, spreadTokens, tokenCount, tokenHashes } from "./tokens";

/**
 * Makes a block's columns of a body's records; docs/block-layout.md draws them, and `BlockBuilder` makes
 * the same of single records. The host lays the memory out for a body and puts it there, opens a block,
 * has records read until one needs it or the block is full, and takes the finished sections.
 */

const TOKEN_BITS: u32 = 18;
const TRACE_BITS: u32 = 18;
const TRACE_DIGITS: u32 = 32;
const SPAN_DIGITS: u32 = 16;
const IDS_TEXT: u32 = 1;

// Why reading stopped.
const ALL_READ: i32 = 0;
const UNREADABLE: i32 = 1;
const FULL: i32 = 2;

const traces = idsAt(memory.data(IDS_BYTES), memory.data(TABLE_BYTES));
const spans = idsAt(memory.data(IDS_BYTES), memory.data(TABLE_BYTES));

let recordLimit: u32 = 0;
let textLimit: u32 = 0;

let capacity: u32 = 0;
let textBytes: u32 = 0;
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
  limitMinutes(minutesListed);
  limitObjects(depth, shapeBytes);
  limitMetadata(shapeBytes, shapes, columns);
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
  layOutRows(rowsMost);
  traces.layOut(rowsMost);
  spans.layOut(rowsMost);
  tags = region(copiedMost + rowsMost);
  layOutMessages(rowsMost, most, inBody > copiedMost ? inBody : copiedMost);
  layOutObject();
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
  clearRows(capacity);
  textBytes = 0;
  anyTags = false;
  tagsEnd = tags;
  copiedAt = copied;
  withTokens = tokens;
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
    addRow(record.ms, record.nanos, record.digits, receipt, record.level);
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
  addRow(<i64>ms, nanosBelow, digitCount, <i64>received, level);
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

/** Writes the sections one after the other, then both filters. `report` says where what ends. */
export function finish(): usize {
  startOutput(space);
  writeBounds(report);
  writeLevels(report);
  const traceForm = traces.form(TRACE_DIGITS);
  const spanForm = spans.form(SPAN_DIGITS);
  writeRows();
  traces.putRows(traceForm);
  spans.putRows(spanForm);
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
