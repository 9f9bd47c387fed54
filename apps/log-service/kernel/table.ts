import { FNV_BASIS } from "./hash";
import { equalBytes, region, tableSize } from "./memory";

/** Beyond so many others in its way a value is kept a second time: equal hashes must not cost. */
const LONGEST_PROBE = 32;

const ENTRY: u32 = 12;

/** Distinct byte strings that lie elsewhere, numbered in the order in which they first came. */
@unmanaged
export class Table {
  count: u32;
  /** Index + 1 of the value; 0 where there is none. */
  private places: usize;
  private mask: u32;
  private used: u32;
  /** Start, length and hash of each. */
  entries: usize;

  /** Takes regions for so many values. */
  layOut(most: u32): void {
    const size = tableSize(most);
    this.mask = size - 1;
    this.places = region(size << 2);
    this.entries = region(most * ENTRY);
    this.count = 0;
    this.used = size;
  }

  /** @param most Values that will come: a small table is sooner empty. */
  empty(most: u32): void {
    const size = tableSize(most);
    this.mask = size - 1;
    this.count = 0;
    memory.fill(this.places, 0, size << 2);
  }

  start(index: u32): usize {
    return load<u32>(this.entries + index * ENTRY);
  }

  length(index: u32): u32 {
    return load<u32>(this.entries + index * ENTRY, 4);
  }

  get hashes(): usize {
    return this.entries + 8;
  }

  get stride(): u32 {
    return ENTRY;
  }

  /** The value's number; a new one if it was not there. */
  intern(start: usize, length: u32, hash: i32): u32 {
    const mask = this.mask;
    const mixed = <u32>hash;
    let at = (mixed ^ (mixed >>> 15)) & mask;
    let probe = 0;
    for (; probe < LONGEST_PROBE; probe += 1) {
      const known = load<u32>(this.places + (at << 2));
      if (known == 0) break;
      const entry = this.entries + (known - 1) * ENTRY;
      if (load<i32>(entry, 8) == hash && load<u32>(entry, 4) == length) {
        if (equalBytes(load<u32>(entry), start, length)) return known - 1;
      }
      at = (at + 1) & mask;
    }
    const index = this.count;
    const entry = this.entries + index * ENTRY;
    store<u32>(entry, <u32>start);
    store<u32>(entry, length, 4);
    store<i32>(entry, hash, 8);
    this.count = index + 1;
    if (probe < LONGEST_PROBE) store<u32>(this.places + (at << 2), index + 1);
    return index;
  }

  /** The value was copied elsewhere. */
  move(index: u32, start: usize): void {
    store<u32>(this.entries + index * ENTRY, <u32>start);
  }
}

/** Its fields. */
export const TABLE_BYTES = 20;
export const EMPTY_HASH = FNV_BASIS;
