import { bloomHas, buildBloom } from "./bloom.ts";
import { hashText } from "./hash.ts";

/**
 * A word that is nowhere is ruled out by the filters alone, or a thousand blocks would have one read in
 * vain for each such question, which takes as long as all the rest of it.
 */
const BITS_A_TOKEN = 18;

/**
 * Digits alone up to this length are left out: numbers so short are in almost every block, and
 * they would be a third of all tokens.
 */
export const SHORT_NUMBER = 4;

/**
 * A Bloom filter of a block's distinct tokens (`tokensOf`): 18 bits a token let about one absent
 * token in 2,800 through.
 */
export function buildTokenFilter(tokens: TokenSet): Uint8Array {
  return buildBloom(tokens.hashes, BITS_A_TOKEN);
}

/**
 * False only if no message of the block has this token.
 * @param filter As stored; undefined for a block without one, which may hold anything.
 * @param token Of `tokensOf`.
 */
export function mayHaveToken(filter: Uint8Array | undefined, token: string): boolean {
  if (filter === undefined || isShortNumber(token)) return true;
  return bloomHas(filter, hashText(token));
}

function isShortNumber(token: string): boolean {
  return token.length <= SHORT_NUMBER && /^[0-9]+$/.test(token);
}

/** Where a hash goes must not be known to senders, or they could make all of them collide. */
const SPREAD = (Math.trunc(Math.random() * 0x7fffffff) << 1) | 1;

/** A set of tokens' hashes. */
export class TokenSet {
  #held: Int32Array;
  #count = 0;
  #places: Int32Array;
  #shift: number;
  /** Zero marks an empty place. */
  #hasZero = false;

  /** @param expected Tokens; more make the set grow. */
  constructor(expected: number) {
    const bits = Math.ceil(Math.log2(Math.max(16, expected * 2)));
    this.#held = new Int32Array(2 ** (bits - 1));
    this.#places = new Int32Array(2 ** bits);
    this.#shift = 32 - bits;
  }

  /** The distinct hashes, as they came. */
  get hashes(): Int32Array {
    return this.#held.subarray(0, this.#count);
  }

  /** @param hash `hashBytes` of the token. */
  add(hash: number): void {
    if (hash === 0) {
      if (this.#hasZero) return;
      this.#hasZero = true;
    } else {
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
    }
    this.#held[this.#count++] = hash;
    if (this.#count === this.#held.length) this.#grow();
  }

  #grow(): void {
    const larger = new TokenSet(this.#held.length * 2);
    for (const hash of this.#held) larger.add(hash);
    this.#held = larger.#held;
    this.#places = larger.#places;
    this.#shift = larger.#shift;
  }
}
