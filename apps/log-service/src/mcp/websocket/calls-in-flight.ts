/**
 * The calls of one connection: those that wait for an answer, and those that work. A client that
 * cancels waits no longer, but what it began may go on for a while, so that both are bounded.
 */
export class CallsInFlight {
  /** Told whenever one ends. */
  onEnd: () => void = () => undefined;
  readonly #asked = new Map<string | number, unknown>();
  readonly #idle: (() => void)[] = [];
  #working = 0;

  get count(): number {
    return Math.max(this.#asked.size, this.#working);
  }

  has(id: string | number): boolean {
    return this.#asked.has(id);
  }

  asked(id: string | number, request: unknown): void {
    this.#asked.set(id, request);
  }

  /** The request as it came in; undefined for one that nobody waits for. */
  answered(id: string | number): unknown {
    const request = this.#asked.get(id);
    this.#asked.delete(id);
    this.#tellIdle();
    return request;
  }

  begin(): () => void {
    this.#working += 1;
    let hasEnded = false;
    return () => {
      if (hasEnded) return;
      hasEnded = true;
      this.#working -= 1;
      this.#tellIdle();
      this.onEnd();
    };
  }

  /** Resolves when nothing is under way, or the time is over. */
  async idle(ms: number): Promise<void> {
    if (this.count === 0) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, ms);
      this.#idle.push(() => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  #tellIdle(): void {
    if (this.count > 0 || this.#idle.length === 0) return;
    for (const tell of this.#idle.splice(0)) tell();
  }
}
