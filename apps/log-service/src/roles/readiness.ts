import type { Readiness } from "../http/health.ts";
import { HEALTH_LIMITS } from "../limits.ts";
import type { LogStore, StoreHealth } from "../store/port.ts";

/**
 * Whether requests should be sent here. Asks the store itself, at most every so often, because
 * probes, scrapers and load balancers together may ask many times a second.
 */
export class ReadinessCheck {
  readonly #store: LogStore;
  readonly #warmUp: () => Promise<unknown>;
  #warm = false;
  #draining = false;
  #last: StoreHealth = { ready: false, code: "NL_STORE_UNAVAILABLE", reason: "not asked yet" };
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<StoreHealth> | undefined;

  /** @param warmUp Resolves once questions can be answered: who is sent here may ask at once. */
  constructor(store: LogStore, warmUp: () => Promise<unknown> = async () => undefined) {
    this.#store = store;
    this.#warmUp = warmUp;
  }

  /** From now on: not ready, whatever the store says. */
  drain(): void {
    this.#draining = true;
  }

  /** What the store said last, for metrics. */
  last(): StoreHealth {
    return this.#last;
  }

  /** The same, not older than probes get it. */
  current(): Promise<StoreHealth> {
    return this.#ask();
  }

  async read(): Promise<Readiness> {
    if (this.#draining) {
      return { ready: false, code: "NL_DRAINING", reason: "the service is shutting down" };
    }
    const health = await this.#ask();
    return health.ready ? { ready: true } : health;
  }

  async #ask(): Promise<StoreHealth> {
    if (performance.now() - this.#askedAt < HEALTH_LIMITS.freshMs) return this.#last;
    this.#asking ??= this.#refresh();
    return this.#asking;
  }

  async #refresh(): Promise<StoreHealth> {
    this.#last = await this.#store.health();
    if (this.#last.ready && !this.#warm) this.#last = await this.#warmed(this.#last);
    this.#askedAt = performance.now();
    this.#asking = undefined;
    return this.#last;
  }

  async #warmed(health: StoreHealth): Promise<StoreHealth> {
    try {
      await this.#warmUp();
      this.#warm = true;
      return health;
    } catch {
      return {
        ready: false,
        code: "NL_STORE_UNAVAILABLE",
        reason: "questions are not answered yet",
      };
    }
  }
}
