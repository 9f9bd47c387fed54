import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import type { SealedBlock } from "../../block/seal.ts";
import { STORE_LIMITS } from "../../limits.ts";
import type { Place } from "../stored-block.ts";
import { untilReady, type RedisClient } from "./connection.ts";
import { failureOf, unavailable } from "./failure.ts";
import type { LaneKeys } from "./keys.ts";
import { runScript, type ScriptArgument } from "./script.ts";
import { COMMIT } from "./scripts.ts";
import { readStreamId } from "./stream-id.ts";

/** Between two tries of one commit while the server answers that it cannot now. */
const PAUSE_MS = 50;

const NO_FILTERS = Buffer.alloc(0);

export interface WriterEvents {
  /** A commit is sent again as its answer was lost. */
  readonly onRetry: () => void;
  /** Redis has no memory for a commit. Whether there is more room now, so that another try makes sense. */
  readonly onFull: () => Promise<boolean>;
}

/**
 * One process's way of committing blocks to one lane. Each commit has a sequence number, so that one
 * whose answer was lost can be sent again: the server then answers what it answered first.
 */
export class LaneWriter {
  readonly #client: RedisClient;
  readonly #keys: LaneKeys;
  readonly #events: WriterEvents;
  /** A process is a new writer for each lane: it knows nothing of the sequence of another one. */
  readonly #id = randomBytes(9).toString("base64url");
  #sequence = 0;

  constructor(client: RedisClient, keys: LaneKeys, events: WriterEvents) {
    this.#client = client;
    this.#keys = keys;
    this.#events = events;
  }

  /**
   * @param key Of `AppendOptions`, made short; "" for none.
   * @throws ServiceError NL_STORE_FULL or NL_STORE_UNAVAILABLE; after the latter the block may have
   * been kept all the same.
   */
  async commit(block: SealedBlock, key: string): Promise<Place> {
    // Nothing was sent yet, so callers get their answer without a wait.
    if (this.#client.status !== "ready") throw unavailable();
    const args = this.#arguments(block, key);
    const deadline = performance.now() + STORE_LIMITS.commitDeadlineMs;
    for (let trims = 0; ;) {
      try {
        return readStreamId(String(await runScript(this.#client, COMMIT, args)));
      } catch (error) {
        const failure = failureOf(error);
        const left = deadline - performance.now();
        if (failure.error.code === "NL_STORE_FULL" && trims < STORE_LIMITS.trims && left > 0) {
          trims += 1;
          if (await this.#events.onFull()) continue;
        }
        if (!failure.passing || left <= 0) throw failure.error;
        this.#events.onRetry();
        await untilReady(this.#client, left);
        await sleep(Math.min(PAUSE_MS, left));
      }
    }
  }

  #arguments({ header, body, filters, records }: SealedBlock, key: string): ScriptArgument[] {
    this.#sequence += 1;
    const isLarge = records >= STORE_LIMITS.ownBlockRecords;
    const keys = this.#keys;
    return [
      isLarge ? keys.largeHeaders : keys.smallHeaders,
      isLarge ? keys.largeBodies : keys.smallBodies,
      keys.largeFilters,
      keys.writers,
      keys.results,
      keys.olderResults,
      `${this.#id}:${this.#sequence % STORE_LIMITS.rememberedCommits}`,
      this.#sequence,
      records,
      header,
      body,
      isLarge && filters !== undefined ? asBuffer(filters) : NO_FILTERS,
      key,
      STORE_LIMITS.idempotencyMs,
      STORE_LIMITS.idempotencyKeys,
    ];
  }
}

/** The driver takes nothing else for bytes. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
