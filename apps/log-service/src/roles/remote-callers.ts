import { createHash } from "node:crypto";

import { ServiceError } from "../errors.ts";
import { MCP_LIMITS } from "../limits.ts";
import type { McpCaller } from "../mcp/caller.ts";

export interface RemoteCallersOptions {
  /**
   * Asks the log service whom a key stands for.
   * @throws ServiceError NL_UNAUTHENTICATED for one that it does not know, another where it cannot be asked.
   */
  readonly identify: (key: string) => Promise<McpCaller>;
  /** Milliseconds; only tests have another clock. */
  readonly now?: () => number;
}

interface Known {
  readonly caller: McpCaller;
  readonly at: number;
}

/**
 * Whom keys stand for, asked of the log service once in a while and not with each request. What is
 * remembered is bounded, and so is how many are asked about at once: strangers' keys cost no more than
 * that. A key that is revoked opens this door for a while, and nothing behind it: the log service is asked
 * with it each time.
 */
export class RemoteCallers {
  readonly #identify: (key: string) => Promise<McpCaller>;
  readonly #now: () => number;
  /** By digest, the longest known first: no key is kept where a heap dump would list them. */
  readonly #known = new Map<string, Known>();
  readonly #asked = new Map<string, Promise<McpCaller>>();

  constructor({ identify, now = () => performance.now() }: RemoteCallersOptions) {
    this.#identify = identify;
    this.#now = now;
  }

  /** @throws ServiceError NL_UNAUTHENTICATED, or NL_QUERY_BUSY where too many are asked about. */
  async who(key: string): Promise<McpCaller> {
    const digest = createHash("sha256").update(key).digest("base64");
    const known = this.#known.get(digest);
    if (known !== undefined && this.#now() - known.at < MCP_LIMITS.remoteRecheckMs) {
      return known.caller;
    }
    const asked = this.#asked.get(digest) ?? this.#ask(digest, key);
    try {
      return await asked;
    } catch (error) {
      // A log service that is away tells nothing about a key that it knew.
      const isRefused = error instanceof ServiceError && error.code === "NL_UNAUTHENTICATED";
      if (known === undefined || isRefused) throw error;
      return known.caller;
    }
  }

  #ask(digest: string, key: string): Promise<McpCaller> {
    if (this.#asked.size >= MCP_LIMITS.identifications) {
      throw new ServiceError("NL_QUERY_BUSY", "Too many keys are being looked at", {
        retryAfterSeconds: 1,
      });
    }
    const asked = this.#identify(key)
      .then((caller) => {
        this.#remember(digest, caller);
        return caller;
      })
      .catch((error: unknown) => {
        if (error instanceof ServiceError && error.code === "NL_UNAUTHENTICATED") {
          this.#known.delete(digest);
        }
        throw error;
      })
      .finally(() => this.#asked.delete(digest));
    this.#asked.set(digest, asked);
    return asked;
  }

  #remember(digest: string, caller: McpCaller): void {
    this.#known.delete(digest);
    this.#known.set(digest, { caller, at: this.#now() });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MCP_LIMITS.rememberedCallers && oldest !== undefined) {
      this.#known.delete(oldest);
    }
  }
}
