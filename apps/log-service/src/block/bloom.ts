import { mix } from "./hash.ts";

const PROBES = 7;
const LEAST_BYTES = 8;

/**
 * A Bloom filter of hashed values.
 * @param hashes `hashBytes` of each value.
 * @param bits For each value: 10 let one absent value in 120 through, 15 one in 1,000.
 * @returns Empty for no values.
 */
export function buildBloom(hashes: Iterable<number>, count: number, bits: number): Uint8Array {
  if (count === 0) return new Uint8Array(0);
  const filter = new Uint8Array(Math.max(LEAST_BYTES, Math.ceil((count * bits) / 8)));
  const size = filter.length * 8;
  for (const value of hashes) {
    const step = stepOf(value);
    let hash = mix(value);
    for (let probe = 0; probe < PROBES; probe += 1) {
      const bit = hash % size;
      filter[bit >>> 3] = (filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
      hash = (hash + step) >>> 0;
    }
  }
  return filter;
}

/** False only if no value with this hash was put in. */
export function bloomHas(filter: Uint8Array, value: number): boolean {
  const size = filter.length * 8;
  if (size === 0) return false;
  const step = stepOf(value);
  let hash = mix(value);
  for (let probe = 0; probe < PROBES; probe += 1) {
    const bit = hash % size;
    if (((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
    hash = (hash + step) >>> 0;
  }
  return true;
}

/** Odd, so that the probes of one value differ. */
function stepOf(value: number): number {
  return mix(value ^ 0x5bd1e995) | 1;
}
