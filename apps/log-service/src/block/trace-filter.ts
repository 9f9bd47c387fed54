import { bloomHas, buildBloom } from "./bloom.ts";
import { hashBytes } from "./hash.ts";

const BITS_AN_ID = 10;

/**
 * A Bloom filter of trace ids: 10 bits an id let one absent id in 120 through. Empty for no ids.
 * @param hashes `hashBytes` of each distinct id's UTF-8.
 */
export function buildTraceFilter(hashes: Int32Array): Uint8Array {
  return buildBloom(hashes, BITS_AN_ID);
}

/** False only if no record of the block has this trace id. */
export function mayHaveTrace(filter: Uint8Array, id: string): boolean {
  if (filter.length === 0) return false;
  const bytes = Buffer.from(id);
  return bloomHas(filter, hashBytes(bytes, 0, bytes.length));
}
