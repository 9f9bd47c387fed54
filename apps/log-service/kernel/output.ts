import { copyWords } from "./memory";

/** Writes a block's sections one after the other; as `ByteWriter` of `block/bytes.ts`. */

export let out: usize = 0;

export function startOutput(at: usize): void {
  out = at;
}

// @ts-ignore: decorator
@inline
export function putByte(value: u32): void {
  store<u8>(out, value);
  out += 1;
}

export function putVarint(value: u64): void {
  let at = out;
  while (value >= 0x80) {
    store<u8>(at, <u8>value | 0x80);
    value >>= 7;
    at += 1;
  }
  store<u8>(at, <u8>value);
  out = at + 1;
}

export function putBytes(from: usize, length: u32): void {
  copyWords(out, from, length);
  out += length;
}

export function putSized(from: usize, length: u32): void {
  putVarint(length);
  putBytes(from, length);
}

/** Room for the length of what is written next. @returns To be given to `endSized`. */
export function beginSized(): usize {
  const from = out;
  out += LENGTH_BYTES;
  return from;
}

const LENGTH_BYTES = 5;

/** Puts the length before what was written since, and closes the gap. */
export function endSized(from: usize): void {
  const start = from + LENGTH_BYTES;
  const length = <u32>(out - start);
  out = from;
  putVarint(length);
  memory.copy(out, start, length);
  out += length;
}
