import { ServiceError } from "../../errors.ts";
import { SEARCH_LIMITS } from "../../limits.ts";
import type { LogStore, PositionBounds, Snapshot } from "../../store/port.ts";
import type { About, Scope } from "./questions.ts";
import { Selector, type Wanted } from "./selector.ts";
import type { Task } from "./task.ts";
import type { TemplateCache } from "./template-cache.ts";

/** What every answer is made with. */
export interface Asking {
  readonly store: LogStore;
  readonly task: Task;
  readonly templates: TemplateCache;
}

/** A snapshot of what a question is about, and what it wants of it. */
export interface Opened {
  readonly snapshot: Snapshot;
  readonly selector: Selector;
}

/** @throws ServiceError NL_PARAMETER_INVALID for more namespaces than one question may read. */
export async function namesOf(store: LogStore, scope: Scope): Promise<readonly string[]> {
  const few = scope.names !== "*" && scope.names.length <= SEARCH_LIMITS.searchNamespaces;
  const names = few ? scope.names : await existing(store, scope);
  if (names.length > SEARCH_LIMITS.searchNamespaces) {
    throw new ServiceError(
      "NL_PARAMETER_INVALID",
      `namespace has to name at most ${SEARCH_LIMITS.searchNamespaces} of the ${names.length} namespaces`,
      { details: { parameter: "namespace" } },
    );
  }
  // In one order, or the same search would have two fingerprints.
  return [...names].sort();
}

async function existing(store: LogStore, scope: Scope): Promise<readonly string[]> {
  const all = await store.namespaces();
  return all.map(({ name }) => name).filter((name) => includes(scope, name));
}

export function includes({ names, except = [] }: Scope, name: string): boolean {
  return (names === "*" || names.includes(name)) && !except.includes(name);
}

export async function open(
  names: readonly string[],
  wanted: Wanted,
  bounds: PositionBounds,
  { store, task }: Pick<Asking, "store" | "task">,
): Promise<Opened> {
  const { from, to } = wanted;
  const snapshot = await store.snapshot(names, {
    ...bounds,
    time: { fromMs: from?.ms, toMs: to?.ms },
  });
  task.check();
  return { snapshot, selector: new Selector(wanted, bounds, snapshot.tombstones) };
}

/** For questions without pages: all that is there now. */
export async function openAll(about: About, asking: Asking): Promise<Opened> {
  return open(await namesOf(asking.store, about.scope), about, {}, asking);
}
