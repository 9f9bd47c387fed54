import type { SocketRoom } from "./socket-room.ts";

interface Asked {
  readonly bytes: number;
  readonly request: unknown;
}

/**
 * The calls of one connection: those that wait for an answer, and those that work. A client that
 * cancels waits no longer, but what it began may go on for a while, so that both are bounded.
 */
export class CallsInFlight {
  /** Told whenever one ends. */
  onEnd: () => void = () => undefined;
  readonly #asked = new Map<string | number, Asked>();
  readonly #room: SocketRoom;
  readonly #idle: (() => void)[] = [];
  #working = 0;
  #cancelledBytes = 0;

  constructor(room: SocketRoom) {
    this.#room = room;
  }

  get count(): number {
    return Math.max(this.#asked.size, this.#working);
  }

  has(id: string | number): boolean {
    return this.#asked.has(id);
  }

  /** @returns False where there is no room for it now: then it is not under way. */
  asked(id: string | number, bytes: number, request?: unknown): boolean {
    if (!this.#room.begin(bytes)) return false;
    this.#asked.set(id, { bytes, request });
    return true;
  }

  /** The request as it came in; undefined for one that nobody waits for. */
  answered(id: string | number): unknown {
    const asked = this.#asked.get(id);
    if (asked === undefined) return undefined;
    this.#asked.delete(id);
    this.#room.end(asked.bytes);
    this.#tellIdle();
    return asked.request;
  }

  /** Nobody waits any more; what it holds may be held on to for as long as anything works. */
  cancelled(id: string | number): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    this.#asked.delete(id);
    this.#cancelledBytes += asked.bytes;
    this.#forgetCancelled();
    this.#tellIdle();
  }

  begin(): () => void {
    this.#working += 1;
    let hasEnded = false;
    return () => {
      if (hasEnded) return;
      hasEnded = true;
      this.#working -= 1;
      this.#forgetCancelled();
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

  #forgetCancelled(): void {
    if (this.#working > 0 || this.#cancelledBytes === 0) return;
    this.#room.end(this.#cancelledBytes);
    this.#cancelledBytes = 0;
  }

  #tellIdle(): void {
    if (this.count > 0 || this.#idle.length === 0) return;
    for (const tell of this.#idle.splice(0)) tell();
  }
}
