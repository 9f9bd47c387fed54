import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";

import type { SealedBlock } from "../../block/seal.ts";
import { STORE_LIMITS } from "../../limits.ts";
import { untilReady } from "./connection.ts";
import { failureOf, unavailable } from "./failure.ts";
import type { LaneKeys } from "./keys.ts";
import { runScript } from "./script.ts";
import { COMMIT } from "./scripts.ts";
import { readStreamId, type StreamId } from "./stream-id.ts";

/** Between two tries of one commit while the server answers that it cannot now. */
const PAUSE_MS = 50;

/**
 * One process's way of committing blocks to one lane. Each commit has a sequence number, so that one
 * whose answer was lost can be sent again: the server then answers what it answered first.
 */
export class LaneWriter {
  readonly #client: Redis;
  readonly #keys: LaneKeys;
  readonly #onRetry: () => void;
  /** A process is a new writer for each lane: it knows nothing of the sequence of another one. */
  readonly #id = randomBytes(9).toString("base64url");
  #sequence = 0;

  constructor(client: Redis, keys: LaneKeys, onRetry: () => void) {
    this.#client = client;
    this.#keys = keys;
    this.#onRetry = onRetry;
  }

  /**
   * @throws ServiceError NL_STORE_FULL or NL_STORE_UNAVAILABLE; after the latter the block may have
   * been kept all the same.
   */
  async commit({ header, body }: SealedBlock): Promise<StreamId> {
    // Nothing was sent yet, so callers get their answer without a wait.
    if (this.#client.status !== "ready") throw unavailable();
    this.#sequence += 1;
    const field = `${this.#id}:${this.#sequence % STORE_LIMITS.rememberedCommits}`;
    const { headers, bodies, writers } = this.#keys;
    const args = [headers, bodies, writers, field, this.#sequence, header, body];
    const deadline = performance.now() + STORE_LIMITS.commitDeadlineMs;
    for (;;) {
      try {
        return readStreamId(String(await runScript(this.#client, COMMIT, args)));
      } catch (error) {
        const failure = failureOf(error);
        const left = deadline - performance.now();
        if (!failure.passing || left <= 0) throw failure.error;
        this.#onRetry();
        await untilReady(this.#client, left);
        await sleep(Math.min(PAUSE_MS, left));
      }
    }
  }
}
