import type { IncomingMessage, ServerResponse } from "node:http";

import { ServiceError } from "../errors.ts";
import { INGEST_LIMITS } from "../limits.ts";

export interface BodyBudgetLimits {
  /** Bytes of all that is on its way in or not answered yet. */
  readonly all: number;
  /** Those of one API key. */
  readonly perKey: number;
}

const BODIES: BodyBudgetLimits = {
  all: INGEST_LIMITS.bodiesBytes,
  perKey: INGEST_LIMITS.bodiesBytes / 2,
};

interface Account {
  bytes: number;
  shares: number;
}

/**
 * Bounds the memory of what arrives at once, by whichever door: each body is held whole until it is
 * parsed, and a thousand slow senders of large ones would otherwise end the process.
 */
export class BodyBudget {
  readonly #limits: BodyBudgetLimits;
  readonly #accounts = new Map<string, Account>();
  #all = 0;

  constructor(limits: BodyBudgetLimits = BODIES) {
    this.#limits = limits;
  }

  /** Bytes that are taken. */
  get held(): number {
    return this.#all;
  }

  /** A part of what a key may hold, that grows and shrinks; to be closed. */
  open(key: string): BodyShare {
    const account = this.#accounts.get(key) ?? { bytes: 0, shares: 0 };
    this.#accounts.set(key, account);
    account.shares += 1;
    return new BodyShare(
      (more) => this.#take(account, more),
      () => {
        account.shares -= 1;
        if (account.shares === 0) this.#accounts.delete(key);
      },
    );
  }

  /**
   * Takes room for a request's body until its answer has ended, however it ends. Counted is what it
   * announces, or the most that it may have, which is also what counts of a longer one: that is refused
   * before any of it is read.
   * @throws ServiceError NL_STORE_BUSY when there is none.
   */
  reserve(
    key: string,
    { method, headers }: IncomingMessage,
    response: ServerResponse,
    most: number,
  ): void {
    if (method === "GET" || method === "DELETE") return;
    // Whoever left while it was found out who they are has closed already, and nothing tells of it again.
    if (response.destroyed || response.closed) return;
    const length = Number(headers["content-length"] ?? most);
    const share = this.open(key);
    if (!share.resize(Math.min(Number.isNaN(length) ? most : length, most))) {
      share.close();
      throw new ServiceError("NL_STORE_BUSY", "Too many large bodies arrive at once", {
        retryAfterSeconds: 1,
      });
    }
    response.once("close", () => share.close());
  }

  #take(account: Account, more: number): boolean {
    const { all, perKey } = this.#limits;
    if (more > 0 && (this.#all + more > all || account.bytes + more > perKey)) return false;
    this.#all += more;
    account.bytes += more;
    return true;
  }
}

export class BodyShare {
  readonly #take: (more: number) => boolean;
  readonly #leave: () => void;
  #bytes = 0;
  #isClosed = false;

  constructor(take: (more: number) => boolean, leave: () => void) {
    this.#take = take;
    this.#leave = leave;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Holds so many bytes from now on; false, and as many as before, where there is no room for more. */
  resize(bytes: number): boolean {
    if (this.#isClosed) return true;
    if (!this.#take(bytes - this.#bytes)) return false;
    this.#bytes = bytes;
    return true;
  }

  close(): void {
    if (this.#isClosed) return;
    this.resize(0);
    this.#isClosed = true;
    this.#leave();
  }
}
