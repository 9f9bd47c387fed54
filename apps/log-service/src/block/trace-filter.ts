const BITS_AN_ID = 10;
const PROBES = 7;
const LEAST_BYTES = 8;

/** A Bloom filter of trace ids: 10 bits an id let one absent id in 120 through. Empty for no ids. */
export function buildTraceFilter(ids: ReadonlySet<string>): Uint8Array {
  if (ids.size === 0) return new Uint8Array(0);
  const filter = new Uint8Array(Math.max(LEAST_BYTES, Math.ceil((ids.size * BITS_AN_ID) / 8)));
  const bits = filter.length * 8;
  for (const id of ids) {
    const step = secondHash(id);
    let hash = firstHash(id);
    for (let probe = 0; probe < PROBES; probe += 1) {
      const bit = hash % bits;
      filter[bit >>> 3] = (filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
      hash = (hash + step) >>> 0;
    }
  }
  return filter;
}

/** False only if no record of the block has this trace id. */
export function mayHaveTrace(filter: Uint8Array, id: string): boolean {
  const bits = filter.length * 8;
  if (bits === 0) return false;
  const step = secondHash(id);
  let hash = firstHash(id);
  for (let probe = 0; probe < PROBES; probe += 1) {
    const bit = hash % bits;
    if (((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
    hash = (hash + step) >>> 0;
  }
  return true;
}

/** FNV-1a over UTF-16 units, then a mix, as FNV's low bits alone are weak. */
function firstHash(text: string): number {
  return mix(fnv(text, 0x811c9dc5));
}

/** Odd, so that the probes of one id differ. */
function secondHash(text: string): number {
  return mix(fnv(text, 0x01234567)) | 1;
}

function fnv(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash;
}

function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
