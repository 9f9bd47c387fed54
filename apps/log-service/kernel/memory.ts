/** Where things lie: regions are laid out anew for each body, as large as it can make them. */

let top: usize = 0;

/** Forgets all regions; the first one begins after the kernel's own data. */
export function clearRegions(): void {
  top = (__heap_base + 15) & ~15;
}

/** A region of so many bytes. Pages that are never written take no memory. */
export function region(bytes: usize): usize {
  const at = top;
  // Eight bytes more: what is compared and copied by words may look beyond its end.
  top = (at + bytes + 8 + 15) & ~15;
  return at;
}

/** Makes the memory reach as far as the regions do. @returns False if it cannot be had. */
export function claimRegions(): bool {
  const pages = <i32>((top + 0xffff) >>> 16);
  const more = pages - memory.size();
  return more <= 0 || memory.grow(more) >= 0;
}

/** A power of two that is at least twice `count`. */
export function tableSize(count: u32): u32 {
  let size: u32 = 16;
  while (size < count * 2) size <<= 1;
  return size;
}

/** By words: reads up to seven bytes beyond the end, which do not count. */
export function equalBytes(a: usize, b: usize, length: u32): bool {
  let left = length;
  while (left >= 8) {
    if (load<u64>(a) != load<u64>(b)) return false;
    a += 8;
    b += 8;
    left -= 8;
  }
  return left == 0 || (load<u64>(a) ^ load<u64>(b)) << (64 - (left << 3)) == 0;
}

/** Copies by words: up to seven bytes beyond the end are written over, which are yet to be written. */
// @ts-ignore: decorator
@inline
export function copyWords(to: usize, from: usize, length: u32): void {
  if (length > 64) {
    memory.copy(to, from, length);
    return;
  }
  const end = to + length;
  while (to < end) {
    store<u64>(to, load<u64>(from));
    to += 8;
    from += 8;
  }
}
