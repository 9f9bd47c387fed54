/**
 * Token filters in memory within a budget of bytes. What a call has just asked for does not push
 * itself out: a search over more than fits would otherwise find nothing of it the next time.
 */
export class TokenCache {
  readonly #limit: number;
  /** In the order of their last use. */
  readonly #filters = new Map<string, Uint8Array>();
  #bytes = 0;

  /** @param limit Bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(position: string): Uint8Array | undefined {
    const filter = this.#filters.get(position);
    if (filter !== undefined) {
      this.#filters.delete(position);
      this.#filters.set(position, filter);
    }
    return filter;
  }

  /** @param inUse Positions that this call asks for. */
  add(position: string, filter: Uint8Array, inUse: ReadonlySet<string>): void {
    if (this.#filters.has(position)) return;
    this.#filters.set(position, filter);
    this.#bytes += filter.length;
    while (this.#bytes > this.#limit) {
      const [oldest] = this.#filters.keys();
      this.#drop(oldest === undefined || inUse.has(oldest) ? position : oldest);
    }
  }

  clear(): void {
    this.#filters.clear();
    this.#bytes = 0;
  }

  #drop(position: string): void {
    this.#bytes -= this.#filters.get(position)?.length ?? 0;
    this.#filters.delete(position);
  }
}
