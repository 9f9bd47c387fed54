const BITS_A_TOKEN = 15;
const PROBES = 7;
const LEAST_BYTES = 8;

/**
 * A Bloom filter of a block's distinct tokens (`tokensOf`): 15 bits a token let about one absent
 * token in 1,000 through.
 */
export function buildTokenFilter(tokens: ReadonlySet<string>): Uint8Array {
  const filter = new Uint8Array(Math.max(LEAST_BYTES, Math.ceil((tokens.size * BITS_A_TOKEN) / 8)));
  for (const token of tokens) {
    const [first, step] = hashToken(token);
    addHash(filter, first, step);
  }
  return filter;
}

/**
 * False only if no message of the block has this token.
 * @param filter As stored; undefined for a block without one, which may hold anything.
 * @param token Of `tokensOf`.
 */
export function mayHaveToken(filter: Uint8Array | undefined, token: string): boolean {
  if (filter === undefined) return true;
  const bits = filter.length * 8;
  if (bits === 0) return false;
  const [first, step] = hashToken(token);
  let hash = first;
  for (let probe = 0; probe < PROBES; probe += 1) {
    const bit = hash % bits;
    if (((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
    hash = (hash + step) >>> 0;
  }
  return true;
}

function addHash(filter: Uint8Array, first: number, step: number): void {
  const bits = filter.length * 8;
  let hash = first;
  for (let probe = 0; probe < PROBES; probe += 1) {
    const bit = hash % bits;
    filter[bit >>> 3] = (filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
    hash = (hash + step) >>> 0;
  }
}

/** FNV-1a over UTF-8, mixed twice: the first probe and the step to the next. */
function hashToken(token: string): readonly [number, number] {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(token)) hash = Math.imul(hash ^ byte, 0x01000193);
  return [mix(hash), mix(hash ^ 0x5bd1e995) | 1];
}

function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
