import type { EntryState, KeyRing } from "../access/key-ring.ts";
import type { Principal } from "../access/principal.ts";
import { ServiceError } from "../errors.ts";
import type { SettingsStore } from "../settings/port.ts";

const PREFIX = "revoked:";

/**
 * Closing API keys at once. Keys are made where they are declared, by the tenant's record and its
 * Secret; here they are only shut, which must not wait for a pull request.
 */
export class KeyAdmin {
  readonly #ring: KeyRing;
  readonly #settings: SettingsStore;

  constructor(ring: KeyRing, settings: SettingsStore) {
    this.#ring = ring;
    this.#settings = settings;
  }

  list(): readonly EntryState[] {
    return this.#ring.list();
  }

  /** Closes the key's value of now; a new value in its Secret opens again. */
  async revoke(principal: Principal, name: string): Promise<EntryState> {
    const value = { name, by: principal.name, at: new Date().toISOString() };
    await this.#settings.put(PREFIX + this.#digestOf(name), JSON.stringify(value));
    return this.#state(name);
  }

  /** Takes a revocation back. */
  async restore(name: string): Promise<EntryState> {
    await this.#settings.put(PREFIX + this.#digestOf(name), undefined);
    return this.#state(name);
  }

  #digestOf(name: string): string {
    const digest = this.#ring.digestOf(name);
    if (digest === undefined) throw new ServiceError("NL_KEY_UNKNOWN");
    return digest;
  }

  #state(name: string): EntryState {
    const state = this.#ring.list().find((entry) => entry.kind === "key" && entry.name === name);
    if (state === undefined) throw new ServiceError("NL_KEY_UNKNOWN");
    return state;
  }
}

/** Whether the key with this digest, in hex, was revoked, as far as this replica has heard. */
export function isRevoked(settings: SettingsStore, digest: string): boolean {
  return settings.current?.entries.has(PREFIX + digest) === true;
}
