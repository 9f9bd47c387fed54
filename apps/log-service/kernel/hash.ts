/** As `block/hash.ts`: what is hashed here is looked up there. */
export const FNV_BASIS: i32 = 0x811c9dc5;
export const FNV_PRIME: i32 = 0x01000193;

export function hashBytes(start: usize, end: usize): i32 {
  let hash = FNV_BASIS;
  for (let at = start; at < end; at += 1) hash = (hash ^ <i32>load<u8>(at)) * FNV_PRIME;
  return hash;
}

// @ts-ignore: decorator
@inline
function mix(value: u32): u32 {
  let hash = value ^ (value >>> 16);
  hash *= 0x85ebca6b;
  hash ^= hash >>> 13;
  hash *= 0xc2b2ae35;
  return hash ^ (hash >>> 16);
}

const PROBES = 7;
const LEAST_BYTES: u32 = 8;

/** As `buildBloom` of `block/bloom.ts`. @param stride Bytes from one hash to the next. @returns Its length. */
export function writeBloom(hashes: usize, stride: u32, count: u32, bits: u32, out: usize): u32 {
  if (count == 0) return 0;
  const wanted = (count * bits + 7) >>> 3;
  const length = wanted < LEAST_BYTES ? LEAST_BYTES : wanted;
  memory.fill(out, 0, length);
  const size = length * 8;
  for (let index: u32 = 0; index < count; index += 1) {
    const value = load<u32>(hashes + index * stride);
    const step = 1 + (mix(value ^ 0x5bd1e995) >>> 1) % (size - 1);
    let bit = (mix(value) >>> 1) % size;
    for (let probe = 0; probe < PROBES; probe += 1) {
      const at = out + (bit >>> 3);
      store<u8>(at, load<u8>(at) | <u8>((<u32>1) << (bit & 7)));
      bit += step;
      // Without a branch, which would be as random as the bits.
      bit -= select<u32>(size, 0, bit >= size);
    }
  }
  return length;
}
