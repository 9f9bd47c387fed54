import type { Redis } from "ioredis";

import { DamagedBlockError } from "../../block/bytes.ts";
import { readHeader, type BlockHeader } from "../../block/header.ts";
import { STORE_LIMITS } from "../../limits.ts";
import { writePosition } from "../position.ts";
import { compareStreamIds, readStreamId, type StreamId } from "./stream-id.ts";

/** One block as a lane's header stream tells of it. */
export interface CachedBlock {
  readonly id: StreamId;
  readonly position: string;
  readonly header: BlockHeader;
}

/**
 * The headers of one lane, kept in this process. Each refresh reads what was added since and notes
 * what was trimmed: one round trip, whichever process wrote.
 */
export class LaneHeaders {
  readonly #client: Redis;
  readonly #key: string;
  readonly #lane: number;
  #blocks: CachedBlock[] = [];
  #last: StreamId | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(client: Redis, key: string, lane: number) {
    this.#client = client;
    this.#key = key;
    this.#lane = lane;
  }

  /** In commit order. */
  get blocks(): readonly CachedBlock[] {
    return this.#blocks;
  }

  /** The lane's last position, also when its block is trimmed; undefined before the first. */
  get position(): string | undefined {
    return this.#last === undefined ? undefined : this.#positionOf(this.#last);
  }

  /** Resolves once every header committed before this call is in `blocks`. */
  refresh(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    // The running one may have read already: those who come meanwhile share the one after it.
    this.#next ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  #start(): Promise<void> {
    this.#next = undefined;
    this.#running = this.#read().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #read(): Promise<void> {
    for (let more = true; more;) {
      const after = this.#last === undefined ? "-" : `(${this.#last.text}`;
      // In this order: asked first, the oldest could be 'none' and the added ones dropped with it.
      const [added, oldest] = await Promise.all([
        this.#client.xrangeBuffer(this.#key, after, "+", "COUNT", STORE_LIMITS.headersPage),
        this.#client.xrangeBuffer(this.#key, "-", "+", "COUNT", 1),
      ]);
      for (const [id, fields] of added) this.#add(readStreamId(id.toString()), fields[1]);
      this.#dropBefore(oldest[0] && readStreamId(oldest[0][0].toString()));
      more = added.length === STORE_LIMITS.headersPage;
    }
  }

  #add(id: StreamId, header: Buffer | undefined): void {
    this.#last = id;
    try {
      const parsed = readHeader(header ?? new Uint8Array());
      this.#blocks.push({ id, position: this.#positionOf(id), header: parsed });
    } catch (error) {
      // A block that nothing is known of cannot be searched; the others can.
      if (!(error instanceof DamagedBlockError)) throw error;
    }
  }

  #dropBefore(oldest: StreamId | undefined): void {
    const kept =
      oldest === undefined
        ? this.#blocks.length
        : this.#blocks.findIndex(({ id }) => compareStreamIds(id, oldest) >= 0);
    if (kept !== 0) this.#blocks = kept === -1 ? [] : this.#blocks.slice(kept);
  }

  #positionOf({ major, minor }: StreamId): string {
    return writePosition({ lane: this.#lane, major, minor });
  }
}
