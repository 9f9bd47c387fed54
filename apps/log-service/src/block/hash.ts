/** FNV-1a over bytes: cheap for each byte, so that scanners compute it on their way. */
export const FNV_BASIS = 0x811c9dc5 | 0;
export const FNV_PRIME = 0x01000193;

export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = FNV_BASIS;
  for (let at = start; at < end; at += 1) {
    hash = Math.imul(hash ^ (bytes[at] ?? 0), FNV_PRIME);
  }
  return hash;
}

/** `hashBytes` of a text's UTF-8. A search asks the filters of all blocks for the same few: they are hashed once. */
export function hashText(text: string): number {
  const known = hashed.get(text);
  if (known !== undefined) return known;
  if (hashed.size === MOST_HASHED) hashed.clear();
  const bytes = Buffer.from(text);
  const hash = hashBytes(bytes, 0, bytes.length);
  hashed.set(text, hash);
  return hash;
}

/** Words that one search asks for, and ids that several do. */
const MOST_HASHED = 64;
const hashed = new Map<string, number>();

/** Spreads a hash over all 32 bits: FNV's low bits alone are weak. */
export function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
