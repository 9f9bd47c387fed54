import type { JSONWebKeySet, JWTVerifyGetKey } from "jose";

import { ServiceError } from "../errors.ts";
import { ACCESS_LIMITS } from "../limits.ts";

export interface JwksOptions {
  readonly issuer: string;
  /** Undefined: asked from the issuer's discovery document. */
  readonly jwksUri: string | undefined;
  readonly createKeySet: (keys: JSONWebKeySet) => JWTVerifyGetKey;
  readonly fetch?: typeof fetch;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

interface Held {
  readonly keys: JWTVerifyGetKey;
  readonly fetchedAt: number;
}

/**
 * The issuer's public keys. Fetched when first needed, again when they are old, and when a token
 * names a key that we do not know, but never more often than the cool-down allows: tokens with
 * invented key ids must not make us a flood against the issuer.
 */
export class Jwks {
  readonly #options: JwksOptions;
  readonly #fetch: typeof fetch;
  readonly #now: () => number;
  #held: Held | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #fetching: Promise<Held> | undefined;

  constructor(options: JwksOptions) {
    this.#options = options;
    this.#fetch = options.fetch ?? fetch;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * The keys to try; those at hand while others are fetched.
   * @throws ServiceError NL_ISSUER_UNAVAILABLE when there are none and none can be had.
   */
  async current(): Promise<JWTVerifyGetKey> {
    const held = this.#held;
    if (held === undefined) return (await this.#refresh()).keys;
    const age = this.#now() - held.fetchedAt;
    // A key that the issuer has withdrawn must not open for ever because the issuer is away.
    if (age > ACCESS_LIMITS.jwksKeepMs) return (await this.#refresh()).keys;
    if (age > ACCESS_LIMITS.jwksFreshMs) this.#refresh().catch(() => undefined);
    return held.keys;
  }

  /** Keys newer than those that did not have a token's; undefined where it is too early to ask. */
  async newer(): Promise<JWTVerifyGetKey | undefined> {
    if (this.#now() - this.#triedAt < ACCESS_LIMITS.jwksCooldownMs) return undefined;
    return (await this.#refresh()).keys;
  }

  #refresh(): Promise<Held> {
    if (this.#fetching !== undefined) return this.#fetching;
    const since = this.#now() - this.#triedAt;
    if (since < ACCESS_LIMITS.jwksRetryMs) {
      const seconds = (ACCESS_LIMITS.jwksRetryMs - since) / 1_000;
      return Promise.reject(unavailable(seconds));
    }
    this.#triedAt = this.#now();
    this.#fetching = this.#load().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #load(): Promise<Held> {
    try {
      const uri = this.#options.jwksUri ?? (await this.#discover());
      const document = await this.#get(uri);
      if (!isKeySet(document)) throw new Error(`${uri} answered no key set`);
      this.#held = { keys: this.#options.createKeySet(document), fetchedAt: this.#now() };
      return this.#held;
    } catch (error) {
      throw unavailable(ACCESS_LIMITS.jwksRetryMs / 1_000, error);
    }
  }

  async #discover(): Promise<string> {
    const { issuer } = this.#options;
    const document = await this.#get(
      `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
    );
    const found = field(document, "jwks_uri");
    // A document of another issuer would let that one sign for ours.
    if (field(document, "issuer") !== issuer || typeof found !== "string") {
      throw new Error(`${issuer} answered the discovery document of another issuer`);
    }
    if (new URL(found).protocol !== new URL(issuer).protocol) {
      throw new Error(`${issuer} names keys at an address of another protocol`);
    }
    return found;
  }

  async #get(uri: string): Promise<unknown> {
    const response = await this.#fetch(uri, {
      headers: { accept: "application/json" },
      // An address that was not configured is none that we ask.
      redirect: "error",
      signal: AbortSignal.timeout(ACCESS_LIMITS.jwksTimeoutMs),
    });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new Error(`${uri} answered ${response.status}`);
    }
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of response.body) {
      bytes += part.length;
      if (bytes > ACCESS_LIMITS.jwksBytes) throw new Error(`${uri} answered too much`);
      parts.push(part);
    }
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  }
}

function unavailable(retryAfterSeconds: number, cause?: unknown): ServiceError {
  return new ServiceError("NL_ISSUER_UNAVAILABLE", undefined, { retryAfterSeconds, cause });
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  const keys = field(value, "keys");
  return Array.isArray(keys) && keys.every((key) => typeof key === "object" && key !== null);
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
