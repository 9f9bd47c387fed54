import { reasonOf, ServiceError } from "../../errors.ts";
import { filterOf, writeFilterJson } from "../../query/filter-json.ts";
import type { LogStore, Tombstone } from "../../store/port.ts";
import type { PendingClearings } from "../clearings/port.ts";
import { CLEARING_LIMITS } from "../limits.ts";
import type { Troubles } from "./troubles.ts";

export interface CutOffDeps {
  readonly store: Pick<LogStore, "clear">;
  readonly clearings: Pick<PendingClearings, "begun" | "add">;
  readonly troubles: Pick<Troubles, "set">;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** Finishes clearings that were cut off between the hot store and the archive. */
export class CutOff {
  readonly #deps: CutOffDeps;
  #dueAt = 0;
  /** Those that were begun and are not finished, as of the last look. */
  waiting = 0;

  constructor(deps: CutOffDeps) {
    this.#deps = deps;
  }

  /** @throws ServiceError NL_STORE_UNAVAILABLE */
  async finish(): Promise<void> {
    if (performance.now() < this.#dueAt) return;
    const { clearings, clock, troubles } = this.#deps;
    const begun = await clearings.begun();
    const reasons: string[] = [];
    this.waiting = begun.length;
    for (const each of begun) {
      if (clock() - each.createdMs < CLEARING_LIMITS.cutOffMs) continue;
      try {
        await this.#clear(each);
        this.waiting -= 1;
      } catch (error) {
        if (error instanceof ServiceError && error.code === "NL_STORE_UNAVAILABLE") throw error;
        reasons.push(reasonOf(error));
      }
    }
    troubles.set("cutOff", reasons);
    this.#dueAt = performance.now() + CLEARING_LIMITS.lookMs;
  }

  /** Only what was there when it was asked for: what came since was never meant. */
  async #clear(begun: Tombstone): Promise<void> {
    const { store, clearings } = this.#deps;
    const { id, namespace, fromMs, toMs, createdMs, by } = begun;
    const until = { kind: "time", field: "received", to: { ms: createdMs + 1, nanos: 0 } } as const;
    const bounded = writeFilterJson({ kind: "all", of: [filterOf(begun), until] });
    await clearings.add(await store.clear({ namespace, filter: bounded, fromMs, toMs, by }), id);
  }
}
