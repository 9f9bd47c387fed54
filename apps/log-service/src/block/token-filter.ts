import { bloomHas, buildBloom } from "./bloom.ts";
import { hashBytes } from "./hash.ts";

const BITS_A_TOKEN = 15;

/**
 * Digits alone up to this length are left out: numbers so short are in almost every block, and
 * they would be a third of all tokens.
 */
export const SHORT_NUMBER = 4;

/**
 * A Bloom filter of a block's distinct tokens (`tokensOf`): 15 bits a token let about one absent
 * token in 1,000 through.
 */
export function buildTokenFilter(tokens: TokenSet): Uint8Array {
  return buildBloom(tokens.hashes(), tokens.count, BITS_A_TOKEN);
}

/**
 * False only if no message of the block has this token.
 * @param filter As stored; undefined for a block without one, which may hold anything.
 * @param token Of `tokensOf`.
 */
export function mayHaveToken(filter: Uint8Array | undefined, token: string): boolean {
  if (filter === undefined || isShortNumber(token)) return true;
  const bytes = Buffer.from(token);
  return bloomHas(filter, hashBytes(bytes, 0, bytes.length));
}

function isShortNumber(token: string): boolean {
  return token.length <= SHORT_NUMBER && /^[0-9]+$/.test(token);
}

/** Where a hash goes must not be known to senders, or they could make all of them collide. */
const SPREAD = (Math.trunc(Math.random() * 0x7fffffff) << 1) | 1;
const FIRST_SIZE = 4_096;

/** A set of tokens' hashes. Zero, which marks an empty place, is kept apart. */
export class TokenSet {
  #places = new Int32Array(FIRST_SIZE);
  #shift = 32 - Math.log2(FIRST_SIZE);
  #held = 0;
  #zero = false;

  get count(): number {
    return this.#held + (this.#zero ? 1 : 0);
  }

  /** @param hash `hashBytes` of the token. */
  add(hash: number): void {
    if (hash === 0) {
      this.#zero = true;
      return;
    }
    const places = this.#places;
    const mask = places.length - 1;
    let at = Math.imul(hash, SPREAD) >>> this.#shift;
    for (;;) {
      const known = places[at];
      if (known === hash) return;
      if (known === 0) break;
      at = (at + 1) & mask;
    }
    places[at] = hash;
    this.#held += 1;
    if (this.#held * 2 > places.length) this.#grow();
  }

  *hashes(): Generator<number> {
    if (this.#zero) yield 0;
    for (const hash of this.#places) if (hash !== 0) yield hash;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Int32Array(before.length * 4);
    this.#shift -= 2;
    this.#held = 0;
    for (const hash of before) if (hash !== 0) this.add(hash);
  }
}
