import { bloomHas, buildBloom } from "./bloom.ts";
import { hashText } from "./hash.ts";

/**
 * Looking a trace up reads each block that its filter lets through, so few may be let through in vain:
 * over a thousand blocks none as a rule, where ten bits would let eight.
 */
const BITS_AN_ID = 18;

/**
 * A Bloom filter of trace ids: 18 bits an id let one absent id in 2,800 through. Empty for no ids.
 * @param hashes `hashBytes` of each distinct id's UTF-8.
 */
export function buildTraceFilter(hashes: Int32Array): Uint8Array {
  return buildBloom(hashes, BITS_AN_ID);
}

/** False only if no record of the block has this trace id. */
export function mayHaveTrace(filter: Uint8Array, id: string): boolean {
  if (filter.length === 0) return false;
  return bloomHas(filter, hashText(id));
}
