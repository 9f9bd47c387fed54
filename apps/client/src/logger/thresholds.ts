import { levelFor, type Levels, type SetLevel } from "./follow-levels.ts";
import { CACHE_LIMITS } from "./limits.ts";

/** The least level that is sent; loggers of one component and level share one, and look at it in each call. */
export interface Threshold {
  least: number;
}

/** A service's default namespace where its record names none. */
const FALLBACK = "default";

interface Known {
  readonly threshold: Threshold;
  readonly component: string;
  readonly configured: number;
}

/** Keeps every logger's level at what is set for its component, or what it was made with. */
export class Thresholds {
  /** As the logger's options have it; without, the service's default one, which it tells. */
  readonly #given: string | undefined;
  #namespace: string;
  readonly #known = new Map<string, Known>();
  #set: readonly SetLevel[] = [];

  constructor(namespace: string | undefined) {
    this.#given = namespace;
    this.#namespace = namespace ?? FALLBACK;
  }

  of(component: string, configured: number): Threshold {
    const name = `${configured} ${component}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known.threshold;
    const threshold = { least: this.#level(component, configured) };
    // Made-up components must not fill the memory: the ones beyond keep the level of now.
    if (this.#known.size < CACHE_LIMITS.thresholds)
      this.#known.set(name, { threshold, component, configured });
    return threshold;
  }

  follow({ levels, defaultNamespace }: Levels): void {
    this.#set = levels;
    this.#namespace = this.#given ?? defaultNamespace ?? FALLBACK;
    for (const { threshold, component, configured } of this.#known.values())
      threshold.least = this.#level(component, configured);
  }

  #level(component: string, configured: number): number {
    return levelFor(this.#set, component, this.#namespace) ?? configured;
  }
}
