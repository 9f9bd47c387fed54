import { FNV_BASIS, FNV_PRIME } from "./hash";
import { isAfterNumber, isDigit, meaningOf, skip } from "./json";
import { JSON_STRING, PLAIN, scanMessage } from "./messages";
import { instantDigits, instantMs, instantNanos, readUsual } from "./instant";
import { scanMetadata } from "./object";

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

function scanTimestamp(at: usize, end: usize): usize {
  if (load<u8>(at) != QUOTE) return scanEpoch(at, end);
  let stop = at + 1;
  while (stop < end && load<u8>(stop) >= 0x20 && load<u8>(stop) != QUOTE) stop += 1;
  if (stop >= end || load<u8>(stop) != QUOTE || <u32>(stop - at) > LONGEST_TIME) return FAILED;
  if (readUsual(at + 1, stop)) {
    ms = instantMs;
    nanos = instantNanos;
    digits = instantDigits;
    return stop + 1;
  }
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
