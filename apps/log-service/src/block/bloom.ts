import { mix } from "./hash.ts";

const PROBES = 7;
const LEAST_BYTES = 8;

/**
 * A Bloom filter of hashed values.
 * @param hashes `hashBytes` of each value.
 * @param bits For each value: 18 let one absent value in 2,800 through.
 * @returns Empty for no values.
 */
export function buildBloom(hashes: Int32Array, bits: number): Uint8Array {
  const count = hashes.length;
  if (count === 0) return new Uint8Array(0);
  const filter = new Uint8Array(Math.max(LEAST_BYTES, Math.ceil((count * bits) / 8)));
  const size = filter.length * 8;
  for (let index = 0; index < count; index += 1) {
    const value = hashes[index] ?? 0;
    const step = stepOf(value, size);
    let bit = firstOf(value, size);
    for (let probe = 0; probe < PROBES; probe += 1) {
      filter[bit >>> 3] = (filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
      bit += step;
      if (bit >= size) bit -= size;
    }
  }
  return filter;
}

/** False only if no value with this hash was put in. */
export function bloomHas(filter: Uint8Array, value: number): boolean {
  const size = filter.length * 8;
  if (size === 0) return false;
  const step = stepOf(value, size);
  let bit = firstOf(value, size);
  for (let probe = 0; probe < PROBES; probe += 1) {
    if (((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
    bit += step;
    if (bit >= size) bit -= size;
  }
  return true;
}

/** 31 bits: the remainder of a number that fills 32 is no integer operation in V8, and takes five times as long. */
function firstOf(value: number, size: number): number {
  return (mix(value) >>> 1) % size;
}

/** Never zero, so that the probes of one value differ. */
function stepOf(value: number, size: number): number {
  return 1 + ((mix(value ^ 0x5bd1e995) >>> 1) % (size - 1));
}
