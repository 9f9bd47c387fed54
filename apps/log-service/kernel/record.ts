import { FNV_BASIS, FNV_PRIME } from "./hash";
import { JSON_STRING, PLAIN, scanMessage } from "./messages";
import { scanMetadata } from "./metadata";

/**
 * One record's JSON read where it lies, field by field, without making values of it. It only takes
 * what it can prove to mean the same as `JSON.parse` and `normalize` would find; for anything else it
 * answers false, and they decide.
 */

// @ts-ignore: decorator
@external("host", "levelOf")
declare function levelOf(start: usize, length: u32, isNumber: bool): i32;
/** Reads an instant in any form into `instant`. */
// @ts-ignore: decorator
@external("host", "readInstant")
declare function readInstant(start: usize, length: u32, isNumber: bool): bool;
/** Writes what a JSON string means to `to`, and answers its length; -1 for what is none. */
// @ts-ignore: decorator
@external("host", "unescape")
declare function unescape(start: usize, length: u32, to: usize): i32;

const QUOTE: u32 = 0x22;
const COMMA: u32 = 0x2c;
const COLON: u32 = 0x3a;
const BACKSLASH: u32 = 0x5c;
const OPEN_BRACE: u32 = 0x7b;
const CLOSE_BRACE: u32 = 0x7d;
const FAILED: usize = 0;

const MESSAGE: u32 = 1;
const TIMESTAMP: u32 = 2;
const LEVEL: u32 = 4;
const SOURCE: u32 = 8;
const TRACE: u32 = 16;
const SPAN: u32 = 32;
const METADATA: u32 = 64;
const NAMESPACE: u32 = 128;

const NAMESPACE_BYTES: u32 = 63;
const LONGEST_TIME: u32 = 64;
const LONGEST_LEVEL: u32 = 18;
const LEVELS_KEPT: u32 = 8;

/** Milliseconds, then nanoseconds below and digits, as the host writes them. */
export const instant: usize = memory.data(16);

let messageLimit: u32 = 0;
let metadataLimit: u32 = 0;
let sourceLimit: u32 = 0;
let traceLimit: u32 = 0;
let spanLimit: u32 = 0;
let levelOfSilence: u32 = 0;

export function limitRecords(message: u32, metadata: u32, source: u32, trace: u32, span: u32): void {
  messageLimit = message;
  metadataLimit = metadata;
  sourceLimit = source;
  traceLimit = trace;
  spanLimit = span;
}

export function silentLevel(level: u32): void {
  levelOfSilence = level;
}

// The record scanned last.
export let ms: i64 = 0;
export let nanos: u32 = 0;
export let digits: u32 = 0;
export let level: u32 = 0;
export let sourceStart: usize = 0;
export let sourceLength: u32 = 0;
export let sourceHash: i32 = 0;
export let traceStart: usize = 0;
export let traceLength: u32 = 0;
export let traceHash: i32 = 0;
export let spanStart: usize = 0;
export let spanLength: u32 = 0;
export let spanHash: i32 = 0;
export let namespaceStart: usize = 0;
export let namespaceLength: u32 = 0;
/** Bytes of the metadata's text; 0 if there is none. */
export let metadataLength: u32 = 0;
/** Bytes of the message that were unescaped; 0 if it stands as it is. */
export let unescaped: u32 = 0;
/** The message had an escape and there was no room to take it out. */
export let isOutOfRoom = false;

let room: usize = 0;
let roomEnd: usize = 0;

/**
 * Scans the record between two places, blanks around it included.
 * @param received What a record without a timestamp gets.
 * @param to Where a message goes that has to be unescaped, and the end of the room there.
 */
export function scanRecord(
  start: usize,
  end: usize,
  received: i64,
  to: usize,
  toEnd: usize,
): bool {
  ms = received;
  nanos = 0;
  digits = 3;
  level = levelOfSilence;
  sourceLength = 0;
  sourceHash = FNV_BASIS;
  traceLength = 0;
  spanLength = 0;
  namespaceLength = 0;
  namespaceStart = 0;
  metadataLength = 0;
  unescaped = 0;
  isOutOfRoom = false;
  room = to;
  roomEnd = toEnd;
  let seen: u32 = 0;
  let at = skip(start, end);
  if (at >= end || load<u8>(at) != OPEN_BRACE) return false;
  at = skip(at + 1, end);
  while (true) {
    if (at >= end || load<u8>(at) != QUOTE) return false;
    const name = at + 1;
    at = name;
    while (at < end && load<u8>(at) != QUOTE) at += 1;
    const field = fieldOf(name, <u32>(at - name));
    // Unknown, or named twice, perhaps by its alias.
    if (field == 0 || (seen & field) != 0) return false;
    seen |= field;
    at = skip(at + 1, end);
    if (at >= end || load<u8>(at) != COLON) return false;
    at = skip(at + 1, end);
    if (at >= end) return false;
    at = scanField(field, at, end);
    if (at == FAILED) return false;
    at = skip(at, end);
    if (at >= end) return false;
    const after = <u32>load<u8>(at);
    if (after == CLOSE_BRACE) break;
    if (after != COMMA) return false;
    at = skip(at + 1, end);
  }
  return (seen & MESSAGE) != 0 && skip(at + 1, end) == end;
}

/** An alias counts as its field. The bytes of a name are there: a quote follows, and words of the kernel. */
function fieldOf(name: usize, length: u32): u32 {
  const first = load<u32>(name);
  switch (length) {
    case 4:
      return first == 0x61746164 ? METADATA : 0; // data
    case 5:
      return first == 0x6576656c && load<u8>(name, 4) == 0x6c ? LEVEL : 0; // level
    case 6:
      return first == 0x72756f73 && load<u16>(name, 4) == 0x6563 ? SOURCE : 0; // source
    case 7:
      if (first == 0x7373656d && load<u32>(name, 3) == 0x65676173) return MESSAGE; // message
      return first == 0x6e617073 && load<u32>(name, 3) == 0x64695f6e ? SPAN : 0; // span_id
    case 8:
      if (first == 0x6174656d && load<u32>(name, 4) == 0x61746164) return METADATA; // metadata
      return first == 0x63617274 && load<u32>(name, 4) == 0x64695f65 ? TRACE : 0; // trace_id
    case 9:
      if (load<u64>(name) == 0x6d617473656d6974 && load<u8>(name, 8) == 0x70) return TIMESTAMP;
      if (load<u64>(name) == 0x6e656e6f706d6f63 && load<u8>(name, 8) == 0x74) return SOURCE; // component
      return load<u64>(name) == 0x63617073656d616e && load<u8>(name, 8) == 0x65 ? NAMESPACE : 0;
    default:
      return 0;
  }
}

/** @returns Where the value ends, or FAILED. */
function scanField(field: u32, at: usize, end: usize): usize {
  switch (field) {
    case MESSAGE:
      return scanText(at, end);
    case TIMESTAMP:
      return scanTimestamp(at, end);
    case LEVEL:
      return scanLevel(at, end);
    case SOURCE: {
      const stop = scanString(at, end, sourceLimit);
      sourceStart = at + 1;
      sourceLength = <u32>(stop - at - 2);
      sourceHash = stringHash;
      return stop;
    }
    case TRACE: {
      const stop = scanString(at, end, traceLimit);
      traceStart = at + 1;
      traceLength = <u32>(stop - at - 2);
      traceHash = stringHash;
      return stop;
    }
    case SPAN: {
      const stop = scanString(at, end, spanLimit);
      spanStart = at + 1;
      spanLength = <u32>(stop - at - 2);
      spanHash = stringHash;
      return stop;
    }
    case NAMESPACE: {
      const stop = scanString(at, end, NAMESPACE_BYTES);
      namespaceStart = at + 1;
      namespaceLength = <u32>(stop - at - 2);
      return stop;
    }
    default: {
      const stop = scanMetadata(at, end, false);
      if (stop == FAILED || <u32>(stop - at) > metadataLimit) return FAILED;
      metadataLength = <u32>(stop - at);
      return stop;
    }
  }
}

function scanText(at: usize, end: usize): usize {
  if (load<u8>(at) != QUOTE) return FAILED;
  const stop = scanMessage(at + 1, end, JSON_STRING);
  if (stop >= end) return FAILED;
  const byte = <u32>load<u8>(stop);
  if (byte == BACKSLASH) return scanEscaped(at, stop, end);
  // Units are fewer than bytes: near the limit the other reader counts them.
  return byte != QUOTE || <u32>(stop - at - 1) > messageLimit ? FAILED : stop + 1;
}

/** A message with escapes, which are taken out before it is scanned as it is meant. */
function scanEscaped(start: usize, firstEscape: usize, end: usize): usize {
  let stop = firstEscape;
  let isSimple = true;
  while (stop < end) {
    const byte = <u32>load<u8>(stop);
    if (byte == QUOTE) break;
    if (byte == BACKSLASH) {
      // A code of four digits may mean what no text may hold.
      if (load<u8>(stop, 1) == 0x75) isSimple = false;
      stop += 2;
    } else {
      stop += 1;
    }
  }
  const length = <u32>(stop - start);
  if (stop >= end || length > messageLimit) return FAILED;
  // No escape is shorter than what it means.
  if (room + length > roomEnd) {
    isOutOfRoom = true;
    return FAILED;
  }
  const written = isSimple ? unescapeSimple(start + 1, stop) : unescape(start, length + 1, room);
  if (written < 0) return FAILED;
  unescaped = <u32>written;
  scanMessage(room, room + written, PLAIN);
  return stop + 1;
}

function unescapeSimple(start: usize, end: usize): i32 {
  let to = room;
  for (let at = start; at < end; at += 1) {
    let byte = <u32>load<u8>(at);
    if (byte < 0x20) return -1;
    if (byte == BACKSLASH) {
      at += 1;
      byte = meaningOf(load<u8>(at));
      if (byte == 0) return -1;
    }
    store<u8>(to, <u8>byte);
    to += 1;
  }
  return <i32>(to - room);
}

function meaningOf(escape: u32): u32 {
  switch (escape) {
    case 0x22:
    case 0x5c:
    case 0x2f:
      return escape;
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    default:
      return 0;
  }
}

function scanTimestamp(at: usize, end: usize): usize {
  if (load<u8>(at) != QUOTE) return scanEpoch(at, end);
  let stop = at + 1;
  while (stop < end && load<u8>(stop) >= 0x20 && load<u8>(stop) != QUOTE) stop += 1;
  if (stop >= end || load<u8>(stop) != QUOTE || <u32>(stop - at) > LONGEST_TIME) return FAILED;
  if (readUsual(at + 1, stop)) return stop + 1;
  return readAny(at + 1, <u32>(stop - at - 1), false) ? stop + 1 : FAILED;
}

function readAny(at: usize, length: u32, isNumber: bool): bool {
  if (!readInstant(at, length, isNumber)) return false;
  ms = <i64>load<f64>(instant);
  nanos = load<u32>(instant, 8);
  digits = load<u32>(instant, 12);
  return true;
}

/** A whole number of seconds to microseconds; JSON has no other that is exact. */
function scanEpoch(at: usize, end: usize): usize {
  let stop = at;
  while (stop < end && isDigit(load<u8>(stop))) stop += 1;
  const length = <u32>(stop - at);
  if (length < 1 || length > 15 || (length > 1 && load<u8>(at) == 0x30)) return FAILED;
  if (stop >= end || !isAfterNumber(load<u8>(stop))) return FAILED;
  return readAny(at, length, true) ? stop : FAILED;
}

let date: i32 = -1;
let dayStart: i64 = 0;

/** `yyyy-mm-ddThh:mm:ss`, a fraction of one to nine digits or none, and `Z`: what almost all senders write. */
function readUsual(start: usize, end: usize): bool {
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
  nanos = fraction % 1000000;
  ms = dayStart + ((hour * 60 + minute) * 60 + second) * 1000 + fraction / 1000000;
  digits = count;
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

// Levels that were read before: batches have few, each spelt one way. Of each its length, the level, the text.
const LEVEL_ENTRY: u32 = 32;
const levels: usize = memory.data(256);
let levelCount: u32 = 0;

function scanLevel(at: usize, end: usize): usize {
  if (load<u8>(at) == QUOTE) {
    const stop = scanString(at, end, LONGEST_LEVEL);
    if (stop == FAILED || <u32>(stop - at) > LONGEST_LEVEL) return FAILED;
    const index = knownLevel(at + 1, <u32>(stop - at - 2));
    if (index < 0) return FAILED;
    level = index;
    return stop;
  }
  let stop = at;
  while (stop < end && isDigit(load<u8>(stop))) stop += 1;
  const length = <u32>(stop - at);
  if (length == 0 || length > 2 || (length > 1 && load<u8>(at) == 0x30)) return FAILED;
  if (stop >= end || !isAfterNumber(load<u8>(stop))) return FAILED;
  const index = levelOf(at, length, true);
  if (index < 0) return FAILED;
  level = index;
  return stop;
}

function knownLevel(start: usize, length: u32): i32 {
  for (let each: u32 = 0; each < levelCount; each += 1) {
    const entry = levels + each * LEVEL_ENTRY;
    if (load<u8>(entry) != length) continue;
    let place: u32 = 0;
    while (place < length && load<u8>(entry + 2 + place) == load<u8>(start + place)) place += 1;
    if (place == length) return load<i8>(entry, 1);
  }
  const index = levelOf(start, length, false);
  if (levelCount < LEVELS_KEPT) {
    const entry = levels + levelCount * LEVEL_ENTRY;
    store<u8>(entry, <u8>length);
    store<i8>(entry, <i8>index, 1);
    memory.copy(entry + 2, start, length);
    levelCount += 1;
  }
  return index;
}

let stringHash: i32 = 0;

/** A string without escapes, hashed on the way. @returns After its closing quote. */
function scanString(at: usize, end: usize, limit: u32): usize {
  if (load<u8>(at) != QUOTE) return FAILED;
  let hash = FNV_BASIS;
  for (let next = at + 1; next < end; next += 1) {
    const byte = <u32>load<u8>(next);
    if (byte == QUOTE) {
      stringHash = hash;
      return <u32>(next - at - 1) > limit ? FAILED : next + 1;
    }
    if (byte < 0x20 || byte == BACKSLASH) return FAILED;
    hash = (hash ^ byte) * FNV_PRIME;
  }
  return FAILED;
}

function isDigit(byte: u32): bool {
  return byte >= 0x30 && byte <= 0x39;
}

/** What may follow a whole number: not its fraction or exponent. */
function isAfterNumber(byte: u32): bool {
  return byte == COMMA || byte == CLOSE_BRACE || byte == 0x20 || byte == 0x0a || byte == 0x0d;
}

/** Past JSON's white space. */
// @ts-ignore: decorator
@inline
function skip(start: usize, end: usize): usize {
  let at = start;
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (byte > 0x20 || (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09)) break;
    at += 1;
  }
  return at;
}
