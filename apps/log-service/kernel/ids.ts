import { region } from "./memory";
import { hexValue } from "./messages";
import { beginSized, endSized, putByte, putBytes, putSized } from "./output";
import { Table } from "./table";

/** One id a row; as `IdWriter` of `block/id-column.ts`. */

const IDS_NONE: u32 = 0;
const IDS_TEXT: u32 = 1;
const IDS_HEX: u32 = 2;
const IDS_UUID: u32 = 3;

const ROW_NONE: u32 = 0;
const ROW_NEW: u32 = 1;
const UUID_LENGTH: u32 = 36;

@unmanaged
export class Ids {
  table: Table;
  private rows: usize;
  private rowsEnd: usize;

  layOut(capacity: u32): void {
    this.table.layOut(capacity);
    // A row's number is at most the capacity, which takes two bytes.
    this.rows = region(capacity * 3);
  }

  empty(capacity: u32): void {
    this.table.empty(capacity);
    this.rowsEnd = this.rows;
  }

  add(start: usize, length: u32, hash: i32): void {
    let number = ROW_NONE;
    if (length > 0) {
      const before = this.table.count;
      const index = this.table.intern(start, length, hash);
      number = index == before ? ROW_NEW : before - index + ROW_NEW;
    }
    let at = this.rowsEnd;
    if (number >= 0x80) {
      store<u8>(at, <u8>number | 0x80);
      at += 1;
      number >>>= 7;
    }
    store<u8>(at, <u8>number);
    this.rowsEnd = at + 1;
  }

  /** @param digits Of an id whose usual form is hex digits alone. */
  form(digits: u32): u32 {
    const count = this.table.count;
    if (count == 0) return IDS_NONE;
    const length = this.table.length(0);
    if (length != digits && length != UUID_LENGTH) return IDS_TEXT;
    for (let index: u32 = 0; index < count; index += 1) {
      if (this.table.length(index) != length) return IDS_TEXT;
      const start = this.table.start(index);
      if (length == digits ? !isHex(start, length) : !isUuid(start)) return IDS_TEXT;
    }
    return length == digits ? IDS_HEX : IDS_UUID;
  }

  putRows(form: u32): void {
    putByte(form);
    putSized(this.rows, form == IDS_NONE ? 0 : <u32>(this.rowsEnd - this.rows));
  }

  putIds(form: u32): void {
    const from = beginSized();
    const count = this.table.count;
    for (let index: u32 = 0; index < count; index += 1) {
      const start = this.table.start(index);
      const length = this.table.length(index);
      if (form == IDS_TEXT) {
        putBytes(start, length);
        putByte(0);
      } else {
        putHex(start, length);
      }
    }
    endSized(from);
  }
}

export const IDS_BYTES = 12;

/** Makes one that is empty, in the kernel's own memory. */
export function idsAt(ids: usize, table: usize): Ids {
  store<usize>(ids, table);
  return changetype<Ids>(ids);
}

function isHexByte(byte: u32): bool {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66);
}

function isHex(start: usize, length: u32): bool {
  for (let at = start; at < start + length; at += 1) if (!isHexByte(load<u8>(at))) return false;
  return true;
}

function isUuid(start: usize): bool {
  for (let index: u32 = 0; index < UUID_LENGTH; index += 1) {
    const byte = <u32>load<u8>(start + index);
    const isDash = index == 8 || index == 13 || index == 18 || index == 23;
    if (isDash ? byte != 0x2d : !isHexByte(byte)) return false;
  }
  return true;
}

/** The binary form of hex digits, dashes left out. */
function putHex(start: usize, length: u32): void {
  const end = start + length;
  for (let at = start; at < end; at += 2) {
    if (load<u8>(at) == 0x2d) at += 1;
    putByte((hexValue(load<u8>(at)) << 4) | hexValue(load<u8>(at + 1)));
  }
}
