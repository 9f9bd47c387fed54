/**
 * Token filters in memory within a budget of bytes. What a call has just asked for does not push
 * itself out: a search over more than fits would otherwise find nothing of it the next time.
 */
export class TokenCache {
  readonly #limit: number;
  /** In the order of their coming, but for those that were kept for having been used. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  /** @param limit Bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(position: string): Uint8Array | undefined {
    const kept = this.#kept.get(position);
    if (kept === undefined) return undefined;
    // A mark alone: every search uses all of them, and moving each costs more than testing it.
    kept.isUsed = true;
    return kept.filter;
  }

  /** @param inUse Positions that this call asks for. */
  add(position: string, filter: Uint8Array, inUse: ReadonlySet<string>): void {
    if (this.#kept.has(position)) return;
    this.#kept.set(position, { filter, isUsed: false });
    this.#bytes += filter.length;
    while (this.#bytes > this.#limit) {
      const oldest = this.#oldestUnused();
      this.#drop(oldest === undefined || inUse.has(oldest) ? position : oldest);
    }
  }

  clear(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }

  /** Gives those that were used another turn on the way. */
  #oldestUnused(): string | undefined {
    for (const [position, kept] of this.#kept) {
      if (!kept.isUsed) return position;
      this.#kept.delete(position);
      this.#kept.set(position, { filter: kept.filter, isUsed: false });
    }
    return undefined;
  }

  #drop(position: string): void {
    this.#bytes -= this.#kept.get(position)?.filter.length ?? 0;
    this.#kept.delete(position);
  }
}

interface Kept {
  readonly filter: Uint8Array;
  isUsed: boolean;
}
