import type { FastifyRequest } from "fastify";

import { ServiceError } from "../errors.ts";

export interface BodyBudgetLimits {
  /** Bytes of all bodies that are on their way in or not answered yet. */
  readonly all: number;
  /** Those of one API key. */
  readonly perKey: number;
  /** What a body of unknown length counts as: the most that it may have. */
  readonly unknown: number;
}

/**
 * Bounds the memory of bodies that arrive at once: each is held whole until it is parsed, and a
 * thousand slow senders of large ones would otherwise end the process.
 */
export class BodyBudget {
  readonly #limits: BodyBudgetLimits;
  readonly #held = new Map<string, number>();
  #all = 0;

  constructor(limits: BodyBudgetLimits) {
    this.#limits = limits;
  }

  /**
   * Takes room for a request's body.
   * @returns Gives the room back; to be called once.
   * @throws ServiceError NL_STORE_BUSY when there is none.
   */
  reserve(key: string, request: FastifyRequest): () => void {
    const bytes = this.#bytesOf(request);
    const mine = this.#held.get(key) ?? 0;
    if (this.#all + bytes > this.#limits.all || mine + bytes > this.#limits.perKey) {
      throw new ServiceError("NL_STORE_BUSY", "Too many large bodies arrive at once", {
        retryAfterSeconds: 1,
      });
    }
    this.#all += bytes;
    this.#held.set(key, mine + bytes);
    return () => {
      this.#all -= bytes;
      const left = (this.#held.get(key) ?? 0) - bytes;
      if (left > 0) this.#held.set(key, left);
      else this.#held.delete(key);
    };
  }

  #bytesOf(request: FastifyRequest): number {
    const length = Number(request.headers["content-length"] ?? this.#limits.unknown);
    // Longer ones are refused by the body limit, before any of it is read.
    return Math.min(length, this.#limits.unknown);
  }
}
