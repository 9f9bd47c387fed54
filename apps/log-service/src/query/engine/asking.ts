import { ServiceError } from "../../errors.ts";
import { SEARCH_LIMITS } from "../../limits.ts";
import type { LogStore, NamespaceChoice, PositionBounds, Snapshot } from "../../store/port.ts";
import type { Scope } from "./questions.ts";
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
  /** The namespaces that are read, in order. */
  readonly names: readonly string[];
  readonly snapshot: Snapshot;
  readonly selector: Selector;
}

/** @throws ServiceError NL_PARAMETER_INVALID for more namespaces than one question may read. */
export async function namesOf(store: LogStore, scope: Scope): Promise<readonly string[]> {
  const choice = choiceOf(scope);
  return checked(typeof choice === "function" ? (await store.names()).filter(choice) : choice);
}

/** The names where they are known and few enough to be read; else which of those that exist. */
function choiceOf(scope: Scope): NamespaceChoice {
  const { names } = scope;
  return names !== "*" && names.length <= SEARCH_LIMITS.searchNamespaces
    ? names
    : (name) => includes(scope, name);
}

function checked(names: readonly string[]): readonly string[] {
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

export function includes({ names, except = [] }: Scope, name: string): boolean {
  return (names === "*" || names.includes(name)) && !except.includes(name);
}

/**
 * One round trip of the store's: which namespaces there are, it tells with their blocks.
 * @throws ServiceError as `namesOf` does.
 */
export async function open(
  scope: Scope,
  wanted: Wanted,
  bounds: PositionBounds,
  { store, task }: Pick<Asking, "store" | "task">,
): Promise<Opened> {
  const { from, to } = wanted;
  const snapshot = await store.snapshot(choiceOf(scope), {
    ...bounds,
    time: { fromMs: from?.ms, toMs: to?.ms },
  });
  task.check();
  const names = checked(snapshot.namespaces);
  return { names, snapshot, selector: new Selector(wanted, bounds, snapshot.tombstones) };
}
