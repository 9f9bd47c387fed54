/**
 * Token filters in memory within a budget of bytes. Each lies at its block, where a search that looks
 * at all of them finds it without asking here. What a call has just asked for does not push itself
 * out: a search over more than fits would otherwise find nothing of it the next time.
 */
export class TokenCache {
  readonly #limit: number;
  /** By position, in the order of their coming, but for those that were kept for having been used. */
  readonly #kept = new Map<string, KeptTokens>();
  #bytes = 0;

  /** @param limit Bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Also for a block whose header was let go of and read again. */
  get(block: TokenHolder): Uint8Array | undefined {
    if (block.kept?.filter === undefined) block.kept = this.#kept.get(block.position);
    return usedFilter(block.kept);
  }

  /** @param inUse Positions that this call asks for. */
  add(block: TokenHolder, filter: Uint8Array, inUse: ReadonlySet<string>): void {
    const { position } = block;
    if (this.#kept.has(position)) return;
    const kept = { filter, isUsed: false };
    this.#kept.set(position, kept);
    block.kept = kept;
    this.#bytes += filter.length;
    while (this.#bytes > this.#limit) {
      const oldest = this.#oldestUnused();
      this.#drop(oldest === undefined || inUse.has(oldest) ? position : oldest);
    }
  }

  clear(): void {
    for (const position of this.#kept.keys()) this.#drop(position);
  }

  /** Gives those that were used another turn on the way. */
  #oldestUnused(): string | undefined {
    for (const [position, kept] of this.#kept) {
      if (!kept.isUsed) return position;
      kept.isUsed = false;
      this.#kept.delete(position);
      this.#kept.set(position, kept);
    }
    return undefined;
  }

  #drop(position: string): void {
    const kept = this.#kept.get(position);
    if (kept?.filter === undefined) return;
    this.#bytes -= kept.filter.length;
    kept.filter = undefined;
    this.#kept.delete(position);
  }
}

/** A block's filter; one for all who know the block. */
export interface KeptTokens {
  /** Undefined once it was let go of. */
  filter: Uint8Array | undefined;
  /** Since it was last looked at for being let go of. */
  isUsed: boolean;
}

/** A block at which its filter lies. */
export interface TokenHolder {
  readonly position: string;
  kept: KeptTokens | undefined;
}

/** A mark alone: every search uses all of them, and moving each costs more than testing it. */
export function usedFilter(kept: KeptTokens | undefined): Uint8Array | undefined {
  if (kept === undefined) return undefined;
  kept.isUsed = true;
  return kept.filter;
}
