import type { Readiness } from "../http/health.ts";
import { ServiceError, type ErrorCode } from "../errors.ts";
import { HEALTH_LIMITS } from "../limits.ts";
import type { QueryEngine } from "../query/engine/port.ts";
import type { LogStore, StoreHealth } from "../store/port.ts";

export interface ReadinessDeps {
  readonly store: LogStore;
  /** A process without one answers no questions. */
  readonly engine?: QueryEngine | undefined;
  /** Told once for each change: what is wrong, or undefined where all is well again. */
  readonly report?: ((failure: Failure | undefined) => void) | undefined;
  /** Why work on stored blocks fails, if it does. */
  readonly workTrouble?: (() => string | undefined) | undefined;
  /** Why nothing is archived, if so. */
  readonly archiveTrouble?: (() => string | undefined) | undefined;
}

type Failure = Extract<Readiness, { readonly ready: false }>;

/**
 * Whether requests should be sent here. Asks the store itself, at most every so often, because
 * probes, scrapers and load balancers together may ask many times a second.
 */
export class ReadinessCheck {
  readonly #deps: ReadinessDeps;
  /** Whether the engine has answered since it was last found to fail. */
  #warm = false;
  #draining = false;
  #last: StoreHealth = { ready: false, code: "NL_STORE_UNAVAILABLE", reason: "not asked yet" };
  /** Of questions, while the store is ready. */
  #failure: Failure | undefined;
  /** What was reported last; nobody has to be told that it starts. */
  #told: ErrorCode | "ready" = "NL_STORE_UNAVAILABLE";
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(deps: ReadinessDeps) {
    this.#deps = deps;
  }

  /** From now on: not ready, whatever the store says. */
  drain(): void {
    this.#draining = true;
  }

  /** What the store says, not older than probes get it. */
  async store(): Promise<StoreHealth> {
    await this.#ask();
    return this.#last;
  }

  async read(): Promise<Readiness> {
    if (this.#draining) {
      return { ready: false, code: "NL_DRAINING", reason: "the service is shutting down" };
    }
    await this.#ask();
    const health = this.#last;
    if (!health.ready) return { ready: false, code: health.code, reason: health.reason };
    if (this.#failure !== undefined) return this.#failure;
    const { durability } = health;
    const degraded = this.#degraded();
    return degraded.length === 0
      ? { ready: true, durability }
      : { ready: true, durability, degraded };
  }

  /** What fails while requests are answered all the same. */
  #degraded(): readonly { readonly code: ErrorCode; readonly reason: string }[] {
    const work = this.#deps.workTrouble?.();
    const archive = this.#deps.archiveTrouble?.();
    return [
      ...(work === undefined ? [] : [{ code: "NL_WORK_FAILED" as const, reason: work }]),
      ...(archive === undefined
        ? []
        : [{ code: "NL_ARCHIVE_UNAVAILABLE" as const, reason: archive }]),
    ];
  }

  async #ask(): Promise<void> {
    if (performance.now() - this.#askedAt < HEALTH_LIMITS.freshMs) return;
    this.#asking ??= this.#refresh().finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  async #refresh(): Promise<void> {
    const health = await this.#deps.store.health();
    this.#failure = health.ready ? await this.#questionsFail() : undefined;
    this.#last = health;
    this.#askedAt = performance.now();
    this.#tell(health.ready ? this.#failure : health);
  }

  #tell(failure: Failure | undefined): void {
    const now = failure?.code ?? "ready";
    if (now !== this.#told) this.#deps.report?.(failure);
    this.#told = now;
  }

  /** Who is sent here may ask at once: so one question was answered, and the thread is still there. */
  async #questionsFail(): Promise<Failure | undefined> {
    const { engine } = this.#deps;
    if (engine === undefined) return undefined;
    try {
      await engine.check();
      if (this.#warm) return undefined;
      await engine.ask({ kind: "namespaces", scope: { names: "*", carried: false } });
      this.#warm = true;
      return undefined;
    } catch (error) {
      this.#warm = false;
      const code = error instanceof ServiceError ? error.code : "NL_INTERNAL";
      return { ready: false, code, reason: "questions are not answered" };
    }
  }
}
