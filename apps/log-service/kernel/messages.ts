import { FNV_BASIS, FNV_PRIME } from "./hash";
import { copyWords, equalBytes, region, tableSize } from "./memory";
import { beginSized, endSized, putByte, putBytes, putSized, putVarint } from "./output";
import { addToken } from "./tokens";

/** Messages as templates and variables; as `MessageScan` and `MessageWriter`, which say what is what. */

// Classes of bytes.
const DIGIT: u32 = 1;
const HEX_LETTER: u32 = 2;
const OTHER_LETTER: u32 = 4;
const LETTER: u32 = 7;
const STOP: u32 = 8;

// What a variable's values are made of.
const DIGITS: u32 = 1;
const HEX: u32 = 2;
const TEXT: u32 = 4;
const ODD_LENGTH: u32 = 8;

const MOST_VARIABLES: u32 = 250;
const VARIABLE: i32 = 0x1f7;
const SHORT_NUMBER: u32 = 4;
const LONGEST_FIXED: u32 = 0xff;
const VARIES: u32 = 0xffffffff;
const LONGEST_PROBE = 32;

const SLOT_DIGITS: u32 = 0xf8;
const SLOT_HEX: u32 = 0xf9;
const SLOT_TEXT: u32 = 0xfa;
const TEMPLATE_END: u32 = 0xff;

/** For plain text, and for the inside of a JSON string: a byte in lower case, its class above it. */
export const PLAIN: usize = memory.data(512);
export const JSON_STRING: usize = memory.data(512);
/** What a token is made of by its classes, of which one is a digit. */
const KIND_OF: usize = memory.data(8);

export function fillClassTables(): void {
  for (let byte: u32 = 0; byte < 256; byte += 1) {
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    const stops = byte == 0x22 || byte == 0x5c || byte < 0x20;
    const plain = classOf(byte);
    store<u16>(PLAIN + (byte << 1), <u16>((plain << 8) | lower));
    store<u16>(JSON_STRING + (byte << 1), <u16>(((stops ? STOP : plain) << 8) | lower));
  }
  for (let classes: u32 = 0; classes < 8; classes += 1) {
    let kind = TEXT;
    if (classes == DIGIT) kind = DIGITS;
    if (classes == (DIGIT | HEX_LETTER)) kind = HEX;
    store<u8>(KIND_OF + classes, <u8>kind);
  }
}

function classOf(byte: u32): u32 {
  if (byte >= 0x30 && byte <= 0x39) return DIGIT;
  if (byte >= 0x61 && byte <= 0x66) return HEX_LETTER;
  const letter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x67 && byte <= 0x7a);
  return letter || byte == 0x5f || byte >= 0x80 ? OTHER_LETTER : 0;
}

// The message scanned last. Its variables lie behind those of the rows before, until it is added.
let scanStart: usize = 0;
let scanEnd: usize = 0;
let scanVariables: u32 = 0;
let scanFixed: u32 = 0;
let scanHash: i32 = 0;
const kinds: usize = memory.data(256);
const tokenHashes: usize = memory.data(1024);
let fixedHashes: usize = 0;

let rows: u32 = 0;
let rowTemplates: usize = 0;
// Of the variables of all rows in order: start, and length.
let variables: u32 = 0;
let starts: usize = 0;
let lengths: usize = 0;
let variableBytes: u32 = 0;
// Of each template: start and end of the first message with it, the first of that message's variables,
// how many, the first of its slots, its hash.
const TEMPLATE: u32 = 24;
let templates: u32 = 0;
let templateEntries: usize = 0;
let places: usize = 0;
let placeMask: u32 = 0;
// Of each place for a variable in each template.
let slots: u32 = 0;
let slotKinds: usize = 0;
let slotLengths: usize = 0;
let hasTokens = false;

/** @param most Bytes of all messages together. @param longest Bytes of one. */
export function layOutMessages(capacity: u32, most: u32, longest: u32): void {
  rowTemplates = region(capacity << 1);
  templateEntries = region(capacity * TEMPLATE);
  places = region(tableSize(capacity) << 1);
  const values = (most >>> 1) + capacity + MOST_VARIABLES;
  starts = region(<usize>values << 2);
  lengths = region(<usize>values << 2);
  slotKinds = region(values);
  slotLengths = region(<usize>values << 2);
  fixedHashes = region(<usize>((longest >>> 1) + 1) << 2);
}

export function clearMessages(capacity: u32, withTokens: bool): void {
  rows = 0;
  variables = 0;
  variableBytes = 0;
  templates = 0;
  slots = 0;
  hasTokens = withTokens;
  const size = tableSize(capacity);
  placeMask = size - 1;
  memory.fill(places, 0, size << 1);
}

/** Scans to `end`, or to the first byte that the class table stops at. @returns Where that is. */
export function scanMessage(start: usize, end: usize, classes: usize): usize {
  let hash = FNV_BASIS;
  let count: u32 = 0;
  let fixed: u32 = 0;
  let at = start;
  const toStarts = starts + (variables << 2);
  const toLengths = lengths + (variables << 2);
  while (at < end) {
    let entry = <u32>load<u16>(classes + (<usize>load<u8>(at) << 1));
    let kind = entry >>> 8;
    if (kind == 0) {
      hash = (hash ^ entry) * FNV_PRIME;
      at += 1;
      continue;
    }
    if (kind == STOP) break;
    const from = at;
    let token = FNV_BASIS;
    let seen: u32 = 0;
    do {
      token = (token ^ (entry & 0xff)) * FNV_PRIME;
      seen |= kind;
      at += 1;
      if (at == end) break;
      entry = <u32>load<u16>(classes + (<usize>load<u8>(at) << 1));
      kind = entry >>> 8;
    } while ((kind & LETTER) != 0);
    if ((seen & DIGIT) == 0 || count == MOST_VARIABLES) {
      store<i32>(fixedHashes + (fixed << 2), token);
      fixed += 1;
      hash = (hash ^ token) * FNV_PRIME;
    } else {
      const length = <u32>(at - from);
      store<u32>(toStarts + (count << 2), <u32>from);
      store<u32>(toLengths + (count << 2), length);
      store<i32>(tokenHashes + (count << 2), token);
      store<u8>(kinds + count, load<u8>(KIND_OF + seen) | <u8>((length & 1) * ODD_LENGTH));
      count += 1;
      hash = (hash ^ VARIABLE) * FNV_PRIME;
    }
    // What ends a token is most often one such byte, with the next token behind it.
    if (at < end && kind == 0) {
      hash = (hash ^ entry) * FNV_PRIME;
      at += 1;
    }
  }
  scanStart = start;
  scanEnd = at;
  scanVariables = count;
  scanFixed = fixed;
  scanHash = hash;
  return at;
}

/** Adds the message that was scanned last: its bytes stay where they are until the block is done. */
export function addMessage(): u32 {
  const template = findTemplate();
  store<u16>(rowTemplates + (rows << 1), <u16>template);
  rows += 1;
  const count = scanVariables;
  let slot = load<u32>(templateEntries + template * TEMPLATE, 16);
  let total: u32 = 0;
  for (let index: u32 = 0; index < count; index += 1) {
    const length = load<u32>(lengths + ((variables + index) << 2));
    const kind = <u32>load<u8>(kinds + index);
    store<u8>(slotKinds + slot, load<u8>(slotKinds + slot) | <u8>kind);
    const known = load<u32>(slotLengths + (slot << 2));
    store<u32>(slotLengths + (slot << 2), select<u32>(known, VARIES, known == length));
    slot += 1;
    total += length;
    if (hasTokens && ((kind & DIGITS) == 0 || length > SHORT_NUMBER)) {
      addToken(load<i32>(tokenHashes + (index << 2)));
    }
  }
  variables += count;
  variableBytes += total;
  return <u32>(scanEnd - scanStart);
}

function findTemplate(): u32 {
  const mixed = <u32>scanHash;
  let at = (mixed ^ (mixed >>> 15)) & placeMask;
  let probe = 0;
  for (; probe < LONGEST_PROBE; probe += 1) {
    const known = <u32>load<u16>(places + (at << 1));
    if (known == 0) break;
    const entry = templateEntries + (known - 1) * TEMPLATE;
    if (load<i32>(entry, 20) == scanHash && isSameTemplate(entry)) return known - 1;
    at = (at + 1) & placeMask;
  }
  const index = templates;
  templates += 1;
  const entry = templateEntries + index * TEMPLATE;
  store<u32>(entry, <u32>scanStart);
  store<u32>(entry, <u32>scanEnd, 4);
  store<u32>(entry, variables, 8);
  store<u32>(entry, scanVariables, 12);
  store<u32>(entry, slots, 16);
  store<i32>(entry, scanHash, 20);
  memory.fill(slotKinds + slots, 0, scanVariables);
  memory.copy(slotLengths + (slots << 2), lengths + (variables << 2), <usize>scanVariables << 2);
  slots += scanVariables;
  if (probe < LONGEST_PROBE) store<u16>(places + (at << 1), <u16>(index + 1));
  if (hasTokens) {
    for (let token: u32 = 0; token < scanFixed; token += 1) {
      addToken(load<i32>(fixedHashes + (token << 2)));
    }
  }
  return index;
}

/** Equal hashes are no proof, and what is stored must be what was sent. */
function isSameTemplate(entry: usize): bool {
  const count = scanVariables;
  if (load<u32>(entry, 12) != count) return false;
  let known: usize = load<u32>(entry);
  let mine = scanStart;
  let theirs = load<u32>(entry, 8) << 2;
  let ours = variables << 2;
  for (let index: u32 = 0; index < count; index += 1) {
    const knownStop: usize = load<u32>(starts + theirs);
    const stop: usize = load<u32>(starts + ours);
    const length = stop - mine;
    if (knownStop - known != length || !equalBytes(known, mine, <u32>length)) return false;
    known = knownStop + load<u32>(lengths + theirs);
    mine = stop + load<u32>(lengths + ours);
    theirs += 4;
    ours += 4;
  }
  const length = scanEnd - mine;
  return <usize>load<u32>(entry, 4) - known == length && equalBytes(known, mine, <u32>length);
}

/** Writes the section of messages. */
export function writeMessages(digitsAt: usize, hexAt: usize, textsAt: usize): void {
  for (let slot: u32 = 0; slot < slots; slot += 1) {
    const kind = slotOf(<u32>load<u8>(slotKinds + slot));
    store<u8>(slotKinds + slot, <u8>kind);
    const at = slotLengths + (slot << 2);
    if (load<u32>(at) > LONGEST_FIXED) store<u32>(at, 0);
  }
  const from = beginSized();
  for (let template: u32 = 0; template < templates; template += 1) writeTemplate(template);
  endSized(from);
  putVarint(slots);
  for (let slot: u32 = 0; slot < slots; slot += 1) putByte(load<u32>(slotLengths + (slot << 2)));
  const lengthsFrom = beginSized();
  writeVariables(digitsAt, hexAt, textsAt);
  endSized(lengthsFrom);
  putSized(textsAt, textBytes);
  const idsFrom = beginSized();
  for (let row: u32 = 0; row < rows; row += 1) putVarint(load<u16>(rowTemplates + (row << 1)));
  endSized(idsFrom);
}

/** Writes the section of numbers; what it has was made with the messages. */
export function writeNumbers(digitsAt: usize, hexAt: usize): void {
  putSized(digitsAt, digitBytes);
  putSized(hexAt, hexBytes);
}

/** Bytes that texts, digits and hex can take at most. */
export function variableRoom(): u32 {
  return variableBytes + rows + 8;
}

let textBytes: u32 = 0;
let digitBytes: u32 = 0;
let hexBytes: u32 = 0;

function writeTemplate(template: u32): void {
  const entry = templateEntries + template * TEMPLATE;
  const end: usize = load<u32>(entry, 4);
  const count = load<u32>(entry, 12);
  const slot = load<u32>(entry, 16);
  let variable = load<u32>(entry, 8) << 2;
  let from: usize = load<u32>(entry);
  for (let index: u32 = 0; index < count; index += 1) {
    const stop: usize = load<u32>(starts + variable);
    putBytes(from, <u32>(stop - from));
    putByte(load<u8>(slotKinds + slot + index));
    from = stop + load<u32>(lengths + variable);
    variable += 4;
  }
  putBytes(from, <u32>(end - from));
  putByte(TEMPLATE_END);
}

/** Writes the lengths that vary to the output, and the values each to its stream. */
function writeVariables(digitsAt: usize, hexAt: usize, textsAt: usize): void {
  let text = textsAt;
  let hex = hexAt;
  let nibble: u32 = 0;
  let variable: u32 = 0;
  for (let row: u32 = 0; row < rows; row += 1) {
    const template = <u32>load<u16>(rowTemplates + (row << 1));
    const entry = templateEntries + template * TEMPLATE;
    const first = load<u32>(entry, 16);
    const last = first + load<u32>(entry, 12);
    for (let slot = first; slot < last; slot += 1) {
      const length = load<u32>(lengths + (variable << 2));
      let from: usize = load<u32>(starts + (variable << 2));
      const end = from + length;
      variable += 1;
      if (load<u32>(slotLengths + (slot << 2)) == 0) putVarint(length);
      const kind = <u32>load<u8>(slotKinds + slot);
      if (kind == SLOT_DIGITS) {
        if ((nibble & 1) == 1) {
          const at = digitsAt + (nibble >>> 1);
          store<u8>(at, load<u8>(at) | (load<u8>(from) & 0x0f));
          from += 1;
        }
        let to = digitsAt + ((nibble + 1) >>> 1);
        for (; from + 1 < end; from += 2) {
          store<u8>(to, ((load<u8>(from) & 0x0f) << 4) | (load<u8>(from + 1) & 0x0f));
          to += 1;
        }
        if (from < end) store<u8>(to, (load<u8>(from) & 0x0f) << 4);
        nibble += length;
      } else if (kind == SLOT_HEX) {
        for (; from < end; from += 2) {
          store<u8>(hex, <u8>((hexValue(load<u8>(from)) << 4) | hexValue(load<u8>(from + 1))));
          hex += 1;
        }
      } else {
        copyWords(text, from, length);
        text += length;
      }
    }
    nibble += nibble & 1;
  }
  textBytes = <u32>(text - textsAt);
  hexBytes = <u32>(hex - hexAt);
  digitBytes = nibble >>> 1;
}

/** How a place's values are stored: in the narrowest form that all of them have. */
function slotOf(kinds: u32): u32 {
  if ((kinds & (TEXT | HEX)) == 0) return SLOT_DIGITS;
  return (kinds & (TEXT | ODD_LENGTH)) == 0 ? SLOT_HEX : SLOT_TEXT;
}

/** @param byte `0` to `9` or `a` to `f`. */
// @ts-ignore: decorator
@inline
export function hexValue(byte: u32): u32 {
  return byte < 0x40 ? byte & 0x0f : byte - 0x57;
}
