import { region } from "./memory";

/** Distinct hashes of tokens; as `TokenSet` of `block/token-filter.ts`. */

export let tokenCount: u32 = 0;
export let tokenHashes: usize = 0;
let places: usize = 0;
let bits: u32 = 0;
let mostBits: u32 = 0;
let hasZero = false;
/** Where a hash goes must not be known to senders, or they could make all of them collide. */
let spread: u32 = 1;

export function spreadTokens(value: u32): void {
  spread = value | 1;
}

/** Takes regions for so many tokens. */
export function layOutTokens(most: u32): void {
  mostBits = 4;
  while ((<u32>1 << mostBits) < most * 2) mostBits += 1;
  places = region(<usize>4 << mostBits);
  tokenHashes = region(<usize>most << 2);
}

export function clearTokens(expected: u32): void {
  bits = 4;
  while ((<u32>1 << bits) < expected * 2) bits += 1;
  if (bits > mostBits) bits = mostBits;
  memory.fill(places, 0, <usize>4 << bits);
  tokenCount = 0;
  hasZero = false;
}

export function addToken(hash: i32): void {
  if (hash == 0) {
    if (hasZero) return;
    hasZero = true;
  } else if (!place(hash)) {
    return;
  }
  store<i32>(tokenHashes + (tokenCount << 2), hash);
  tokenCount += 1;
  if (tokenCount << 1 > <u32>1 << bits && bits < mostBits) grow();
}

// @ts-ignore: decorator
@inline
function place(hash: i32): bool {
  const mask = (<u32>1 << bits) - 1;
  let at = (<u32>hash * spread) >>> (32 - bits);
  while (true) {
    const known = load<i32>(places + (at << 2));
    if (known == hash) return false;
    if (known == 0) break;
    at = (at + 1) & mask;
  }
  store<i32>(places + (at << 2), hash);
  return true;
}

function grow(): void {
  bits += 1;
  memory.fill(places, 0, <usize>4 << bits);
  for (let index: u32 = 0; index < tokenCount; index += 1) {
    const hash = load<i32>(tokenHashes + (index << 2));
    if (hash != 0) place(hash);
  }
}
