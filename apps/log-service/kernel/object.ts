import { FNV_BASIS, FNV_PRIME } from "./hash";
import { region } from "./memory";

/** One metadata object, cut into its shape and its values; as `MetadataScan`, and for what senders wrote. */

export const MOST_VALUES: u32 = 64;
const EXACT_DIGITS: u32 = 15;
export const WHOLE_NUMBER: u32 = 1;
const FAILED: usize = 0;

const QUOTE: u32 = 0x22;
const COMMA: u32 = 0x2c;
const MINUS: u32 = 0x2d;
const DOT: u32 = 0x2e;
const ZERO: u32 = 0x30;
const NINE: u32 = 0x39;
const COLON: u32 = 0x3a;
const OPEN_BRACKET: u32 = 0x5b;
const BACKSLASH: u32 = 0x5c;
const CLOSE_BRACKET: u32 = 0x5d;
const OPEN_BRACE: u32 = 0x7b;
const CLOSE_BRACE: u32 = 0x7d;
/** Stands in a shape where a value was. */
export const VALUE: u32 = 0;

let depthLimit: u32 = 0;
let shapeLimit: u32 = 0;

export function limitObjects(depth: u32, shape: u32): void {
  depthLimit = depth;
  shapeLimit = shape;
}

// The object scanned last.
export let shape: usize = 0;
export let shapeEnd: usize = 0;
export let shapeHash: i32 = 0;
export let values: u32 = 0;
export const starts: usize = memory.data(256);
export const lengths: usize = memory.data(256);
export const kinds: usize = memory.data(64);
let kind: u32 = 0;
let last: usize = 0;
let written = false;

export function layOutObject(): void {
  shape = region(shapeLimit + 8);
}

/**
 * Scans the object that starts at `start`.
 * @param asWritten True for text that `JSON.stringify` wrote; any other text must read as it would
 * have been written: no escapes, no odd numbers, no keys that are ordered or refused.
 * @returns Where the object ends, or 0 if it must be read in another way.
 */
export function scanMetadata(start: usize, end: usize, asWritten: bool): usize {
  last = end;
  written = asWritten;
  values = 0;
  shapeEnd = shape;
  shapeHash = FNV_BASIS;
  if (start >= end || load<u8>(start) != OPEN_BRACE) return FAILED;
  return scanObject(start, 1);
}

// @ts-ignore: decorator
@inline
function at(place: usize): u32 {
  return place < last ? <u32>load<u8>(place) : 0;
}

// @ts-ignore: decorator
@inline
function put(byte: u32): void {
  store<u8>(shapeEnd, <u8>byte);
  shapeEnd += 1;
  shapeHash = (shapeHash ^ byte) * FNV_PRIME;
}

// @ts-ignore: decorator
@inline
function putKey(start: usize, end: usize): void {
  let to = shapeEnd;
  let hash = shapeHash;
  for (let from = start; from < end; from += 1) {
    const byte = <u32>load<u8>(from);
    store<u8>(to, <u8>byte);
    to += 1;
    hash = (hash ^ byte) * FNV_PRIME;
  }
  shapeEnd = to;
  shapeHash = hash;
}

function scanObject(start: usize, depth: u32): usize {
  if (depth >= depthLimit) return FAILED;
  put(OPEN_BRACE);
  let next = blank(start + 1);
  if (at(next) == CLOSE_BRACE) {
    put(CLOSE_BRACE);
    return next + 1;
  }
  while (true) {
    if (at(next) != QUOTE) return FAILED;
    const keyEnd = scanString(next);
    if (keyEnd == FAILED || (!written && isOddKey(next + 1, keyEnd - 1))) return FAILED;
    if (<u32>(shapeEnd - shape) + <u32>(keyEnd - next) + depth + 4 > shapeLimit) return FAILED;
    putKey(next, keyEnd);
    next = keyEnd;
    next = blank(next);
    if (at(next) != COLON) return FAILED;
    put(COLON);
    next = blank(next + 1);
    next = at(next) == OPEN_BRACE ? scanObject(next, depth + 1) : scanLeaf(next, depth);
    if (next == FAILED) return FAILED;
    next = blank(next);
    const after = at(next);
    if (after == CLOSE_BRACE) {
      put(CLOSE_BRACE);
      return next + 1;
    }
    if (after != COMMA) return FAILED;
    put(COMMA);
    next = blank(next + 1);
  }
}

function scanLeaf(start: usize, depth: u32): usize {
  if (values == MOST_VALUES) return FAILED;
  kind = 0;
  const end = scanValue(start, depth);
  if (end == FAILED) return FAILED;
  store<u32>(starts + (values << 2), <u32>start);
  store<u32>(lengths + (values << 2), <u32>(end - start));
  store<u8>(kinds + values, <u8>kind);
  values += 1;
  put(VALUE);
  return end;
}

function scanValue(start: usize, depth: u32): usize {
  const byte = at(start);
  if (byte == QUOTE) return scanString(start);
  if (byte == MINUS || (byte >= ZERO && byte <= NINE)) return scanNumber(start);
  if (byte == OPEN_BRACKET) return scanArray(start, depth + 1);
  if (byte == 0x74) return isWord(start, 0x65757274, 4) ? start + 4 : FAILED;
  if (byte == 0x66) return isWord(start + 1, 0x65736c61, 4) ? start + 5 : FAILED;
  if (byte == 0x6e) return isWord(start, 0x6c6c756e, 4) ? start + 4 : FAILED;
  return FAILED;
}

/** @param word Four letters, the first in the lowest byte. */
function isWord(start: usize, word: u32, length: u32): bool {
  return start + length <= last && load<u32>(start) == word;
}

/** An array as it stands; blanks and objects inside need another reader, if it is not as written. */
function scanArray(start: usize, depth: u32): usize {
  if (written) return skipWritten(start);
  if (depth >= depthLimit) return FAILED;
  if (at(start + 1) == CLOSE_BRACKET) return start + 2;
  let next = start + 1;
  while (true) {
    next = scanValue(next, depth);
    kind = 0;
    if (next == FAILED) return FAILED;
    if (at(next) == CLOSE_BRACKET) return next + 1;
    if (at(next) != COMMA) return FAILED;
    next += 1;
  }
}

/** An array in text that is known to be JSON. */
function skipWritten(start: usize): usize {
  let depth = 0;
  for (let next = start; next < last; next += 1) {
    const byte = <u32>load<u8>(next);
    if (byte == QUOTE) {
      const end = scanString(next);
      if (end == FAILED) return FAILED;
      next = end - 1;
    } else if (byte == OPEN_BRACKET || byte == OPEN_BRACE) {
      depth += 1;
    } else if (byte == CLOSE_BRACKET || byte == CLOSE_BRACE) {
      depth -= 1;
      if (depth == 0) return next + 1;
    }
  }
  return FAILED;
}

/** @param start Of the opening quote. @returns After the closing one. */
function scanString(start: usize): usize {
  for (let next = start + 1; next < last; next += 1) {
    const byte = <u32>load<u8>(next);
    if (byte == QUOTE) return next + 1;
    if (byte < 0x20) return FAILED;
    if (byte == BACKSLASH) {
      if (!written) return FAILED;
      next += 1;
    }
  }
  return FAILED;
}

/** A number that JSON.stringify would write as it stands; as written, any. */
function scanNumber(start: usize): usize {
  let next = start;
  if (written) {
    while (isNumberByte(at(next))) next += 1;
    kind = isWhole(start, next) ? WHOLE_NUMBER : 0;
    return next;
  }
  if (at(next) == MINUS) next += 1;
  const whole = next;
  while (isDigit(at(next))) next += 1;
  const wholeDigits = <u32>(next - whole);
  const leadingZero = at(whole) == ZERO;
  if (wholeDigits == 0 || wholeDigits > EXACT_DIGITS) return FAILED;
  if (leadingZero && wholeDigits > 1) return FAILED;
  if (at(next) != DOT) {
    // -0 is written as 0, and an exponent as digits.
    const negative = whole > start;
    if ((negative && leadingZero) || isExponent(at(next))) return FAILED;
    kind = negative ? 0 : WHOLE_NUMBER;
    return next;
  }
  const fraction = next + 1;
  next = fraction;
  while (isDigit(at(next))) next += 1;
  const digits = <u32>(next - fraction);
  if (digits == 0 || wholeDigits + digits > EXACT_DIGITS) return FAILED;
  if (at(next - 1) == ZERO || isExponent(at(next))) return FAILED;
  // Below a millionth numbers are written with an exponent.
  const shown = next < fraction + 6 ? next : fraction + 6;
  return leadingZero && isZeros(fraction, shown) ? FAILED : next;
}

/** JSON's white space, which a shape does not keep. */
// @ts-ignore: decorator
@inline
function blank(start: usize): usize {
  let next = start;
  while (true) {
    const byte = at(next);
    if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) return next;
    next += 1;
  }
}

/** Whole-number keys come first in an object, `__proto__` and `constructor` may be refused. */
function isOddKey(start: usize, end: usize): bool {
  const first = <u32>load<u8>(start);
  if (isDigit(first)) return start < end;
  const length = end - start;
  return (length == 9 && first == 0x5f) || (length == 11 && first == 0x63);
}

// @ts-ignore: decorator
@inline
function isDigit(byte: u32): bool {
  return byte >= ZERO && byte <= NINE;
}

function isNumberByte(byte: u32): bool {
  return isDigit(byte) || byte == MINUS || byte == DOT || byte == 0x2b || isExponent(byte);
}

function isExponent(byte: u32): bool {
  return byte == 0x65 || byte == 0x45;
}

function isZeros(start: usize, end: usize): bool {
  for (let next = start; next < end; next += 1) if (load<u8>(next) != ZERO) return false;
  return true;
}

function isWhole(start: usize, end: usize): bool {
  const length = <u32>(end - start);
  if (length > EXACT_DIGITS || length == 0) return false;
  if (load<u8>(start) == ZERO && length > 1) return false;
  for (let next = start; next < end; next += 1) if (!isDigit(load<u8>(next))) return false;
  return true;
}
