import { timingSafeEqual } from "node:crypto";

import { ServiceError } from "../errors.ts";
import type { ClientCertificate } from "./authenticator.ts";
import { loadAccess, type Entry, type LoadedAccess, type LoadedKey } from "./key-file.ts";
import type { OidcSettings } from "./oidc-settings.ts";
import type { Principal } from "./principal.ts";

export interface KeyRingOptions {
  readonly file: string;
  readonly keysDir: string;
  /** How often the files are read again, in milliseconds. */
  readonly pollMs: number;
  /** Told of keys that cannot be used and of reloads that failed; never told the same twice in a row. */
  readonly warn: (message: string) => void;
  /** Whether an administrator has closed the key with this digest (hex); asked at each use. */
  readonly isRevoked?: (digest: string) => boolean;
}

/** What an administrator sees of a way in; never a value, and no hash. */
export interface EntryState {
  readonly name: string;
  readonly kind: "key" | "certificate";
  readonly roles: readonly string[];
  readonly namespaces: readonly string[];
  /** RFC 3339. */
  readonly expires?: string;
  /** `missing`: access.json names it, but its hash cannot be read. */
  readonly state: "active" | "expired" | "revoked" | "missing";
}

/**
 * Who may come in: API keys, client certificates and an issuer of tokens, as access.json names them. Follows its files by reading them again: they are small, and
 * Kubernetes swaps a mounted Secret through a symbolic link, which file watchers miss.
 */
export class KeyRing {
  #access: LoadedAccess;
  #warned = "";
  readonly #options: KeyRingOptions;
  readonly #timer: NodeJS.Timeout;

  /** @throws Error when access.json is not valid at the start. */
  constructor(options: KeyRingOptions) {
    this.#options = options;
    this.#access = this.#load(undefined);
    this.#timer = setInterval(() => this.refresh(), options.pollMs);
    this.#timer.unref();
  }

  /** Reads the files again; a set that is not valid leaves the one before in force. */
  refresh(): void {
    try {
      this.#access = this.#load(this.#access.oidc);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#warn(`The API keys were not reloaded, the ones before stay: ${reason}`);
    }
  }

  /** Whose tokens are taken; the same object for as long as nothing about it changes. */
  get oidc(): OidcSettings | undefined {
    return this.#access.oidc;
  }

  /**
   * Whom a presented key stands for. Compares with every key in constant time, so that neither a
   * near miss nor a key's place in the list shows in the answer's time.
   * @param presented The key's digest.
   * @throws ServiceError for a key that has expired or was revoked: who holds it may know.
   */
  find(presented: Buffer): Principal | undefined {
    let found: LoadedKey | undefined;
    for (const key of this.#access.keys) {
      if (key.digest !== undefined && timingSafeEqual(key.digest, presented)) found = key;
    }
    if (found === undefined) return undefined;
    if (this.#isRevoked(found)) throw closed("NL_KEY_REVOKED", found, "was revoked");
    return unexpired(found);
  }

  /** Whom a verified certificate stands for. */
  findCertificate({ names }: ClientCertificate): Principal | undefined {
    const found = this.#access.certificates.find(({ subject }) => names.includes(subject));
    return found === undefined ? undefined : unexpired(found);
  }

  /** Every way in, for administrators. */
  list(): readonly EntryState[] {
    const { keys, certificates } = this.#access;
    return [
      ...keys.map((key) => ({
        ...described(key, "key"),
        state:
          key.digest === undefined
            ? ("missing" as const)
            : this.#isRevoked(key)
              ? ("revoked" as const)
              : stateOf(key),
      })),
      ...certificates.map((one) => ({ ...described(one, "certificate"), state: stateOf(one) })),
    ];
  }

  /** The digest of a key, in hex, by its name; undefined where there is no such key, or no hash. */
  digestOf(name: string): string | undefined {
    const found = this.#access.keys.find(({ principal }) => principal.name === name);
    return found?.hex;
  }

  #isRevoked({ hex }: LoadedKey): boolean {
    return hex !== undefined && this.#options.isRevoked?.(hex) === true;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** @param before The issuer that counts now: its keys go with that object, so it stays while nothing changes. */
  #load(before: OidcSettings | undefined): LoadedAccess {
    const loaded = loadAccess(this.#options.file, this.#options.keysDir);
    const { problems } = loaded;
    this.#warn(problems.length === 0 ? "" : `API keys that open nothing: ${problems.join("; ")}`);
    const same = JSON.stringify(before) === JSON.stringify(loaded.oidc);
    return same ? { ...loaded, oidc: before } : loaded;
  }

  #warn(message: string): void {
    if (message !== "" && message !== this.#warned) this.#options.warn(message);
    this.#warned = message;
  }
}

function unexpired(entry: Entry): Principal {
  if (stateOf(entry) === "expired") throw closed("NL_KEY_EXPIRED", entry, "has expired");
  return entry.principal;
}

function stateOf({ expiresMs }: Entry): "active" | "expired" {
  return expiresMs !== undefined && Date.now() >= expiresMs ? "expired" : "active";
}

function closed(code: "NL_KEY_EXPIRED" | "NL_KEY_REVOKED", entry: Entry, what: string) {
  return new ServiceError(code, `The key ${entry.principal.name} ${what}`);
}

function described({ principal, expiresMs }: Entry, kind: EntryState["kind"]) {
  return {
    name: principal.name,
    kind,
    roles: principal.roles,
    namespaces: principal.namespaces === "*" ? ["*"] : [...principal.namespaces],
    ...(expiresMs === undefined ? {} : { expires: new Date(expiresMs).toISOString() }),
  };
}
