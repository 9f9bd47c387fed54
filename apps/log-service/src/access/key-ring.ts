import { timingSafeEqual } from "node:crypto";

import { digestOf, loadKeys, type LoadedKey } from "./key-file.ts";
import type { Principal } from "./principal.ts";

export interface KeyRingOptions {
  readonly file: string;
  readonly keysDir: string;
  /** How often the files are read again, in milliseconds. */
  readonly pollMs: number;
  /** Told of keys that cannot be used and of reloads that failed; never told the same twice in a row. */
  readonly warn: (message: string) => void;
}

/**
 * The API keys that the service takes. Follows its files by reading them again: they are small, and
 * Kubernetes swaps a mounted Secret through a symbolic link, which file watchers miss.
 */
export class KeyRing {
  #keys: readonly LoadedKey[];
  #warned = "";
  readonly #options: KeyRingOptions;
  readonly #timer: NodeJS.Timeout;

  /** @throws Error when access.json is not valid at the start. */
  constructor(options: KeyRingOptions) {
    this.#options = options;
    this.#keys = this.#load();
    this.#timer = setInterval(() => this.refresh(), options.pollMs);
    this.#timer.unref();
  }

  /** Reads the files again; a set that is not valid leaves the one before in force. */
  refresh(): void {
    try {
      this.#keys = this.#load();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#warn(`The API keys were not reloaded, the ones before stay: ${reason}`);
    }
  }

  /**
   * Whom a presented key stands for. Compares with every key in constant time, so that neither a
   * near miss nor a key's place in the list shows in the answer's time.
   */
  find(presented: string): Principal | undefined {
    const digest = digestOf(presented);
    let found: Principal | undefined;
    for (const key of this.#keys) {
      if (timingSafeEqual(key.digest, digest)) found = key.principal;
    }
    return found;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #load(): readonly LoadedKey[] {
    const { keys, problems } = loadKeys(this.#options.file, this.#options.keysDir);
    this.#warn(problems.length === 0 ? "" : `API keys that open nothing: ${problems.join("; ")}`);
    return keys;
  }

  #warn(message: string): void {
    if (message !== "" && message !== this.#warned) this.#options.warn(message);
    this.#warned = message;
  }
}
