import { OBSERVE_LIMITS } from "../limits.ts";

/** What all further namespaces are counted as; no namespace's name, as those have no capital letters. */
const OTHERS = "OTHERS";

/**
 * Names that metrics have series for: the first ones that come. A namespace is made by whoever may
 * write, and each costs a series in every metric, here and wherever they are kept.
 */
export class NamespaceLabels {
  readonly #known = new Set<string>();

  of(name: string): string {
    if (this.#known.has(name)) return name;
    if (this.#known.size >= OBSERVE_LIMITS.namespaces) return OTHERS;
    this.#known.add(name);
    return name;
  }
}
