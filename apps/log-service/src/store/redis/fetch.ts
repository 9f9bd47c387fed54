import type { RedisClient } from "./connection.ts";

interface Waiting {
  readonly id: string;
  readonly resolve: (value: Buffer | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Most entries of one pipeline: their bytes are all in memory at once. */
const PIPELINE = 256;

/** Fetches stream entries by id. What is asked for in one turn goes out in one pipeline a stream. */
export class EntryFetcher {
  readonly #client: RedisClient;
  #waiting = new Map<string, Waiting[]>();

  constructor(client: RedisClient) {
    this.#client = client;
  }

  /**
   * The value of the entry's first field; undefined if it is gone. The bytes may share memory with
   * other answers: whoever keeps them copies them.
   */
  fetch(stream: string, id: string): Promise<Buffer | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0) queueMicrotask(() => this.#send());
      const entry = { id, resolve, reject };
      const mine = this.#waiting.get(stream);
      if (mine === undefined) this.#waiting.set(stream, [entry]);
      else mine.push(entry);
    });
  }

  #send(): void {
    const all = this.#waiting;
    this.#waiting = new Map();
    for (const [stream, entries] of all) {
      for (let at = 0; at < entries.length; at += PIPELINE) {
        void this.#run(stream, entries.slice(at, at + PIPELINE));
      }
    }
  }

  async #run(stream: string, entries: readonly Waiting[]): Promise<void> {
    try {
      // A pipeline needs a connection that is there; a single command waits for nothing either.
      const pipeline = this.#client.pipeline();
      for (const { id } of entries) pipeline.xrangeBuffer(stream, id, id);
      const replies = (await pipeline.exec()) ?? [];
      entries.forEach(({ resolve, reject }, index) => {
        const [error, reply] = replies[index] ?? [new Error("a reply is missing"), undefined];
        if (error) reject(error);
        else resolve(valueOf(reply));
      });
    } catch (error) {
      for (const { reject } of entries) reject(error);
    }
  }
}

/** Of XRANGE's answer for one id: [[id, [field, value]]]. */
function valueOf(reply: unknown): Buffer | undefined {
  const [entry] = listOf(reply);
  const value = listOf(listOf(entry)[1])[1];
  return Buffer.isBuffer(value) ? value : undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
