import { ServiceError } from "../../errors.ts";
import { SEARCH_LIMITS } from "../../limits.ts";
import type { LogStore, NamespaceChoice, PositionBounds, Snapshot } from "../../store/port.ts";
import type { Archived } from "./archive/archived.ts";
import type { ArchiveDesk } from "./archive/desk.ts";
import type { Probe } from "./archive/probe.ts";
import type { Warning } from "./archive/sources.ts";
import type { Scope } from "./questions.ts";
import { Selector, type Wanted } from "./selector.ts";
import type { Task } from "./task.ts";
import type { TemplateCache } from "./template-cache.ts";
import { compileTombstone } from "./tombstones.ts";

/** What every answer is made with. */
export interface Asking {
  readonly store: LogStore;
  readonly task: Task;
  readonly templates: TemplateCache;
  /** Undefined where there is no archive. */
  readonly archive?: ArchiveSide | undefined;
  /** What the answer lacks: what makes it adds to them. */
  readonly warnings: Warning[];
}

/** The archive, and what puts it beside a snapshot: loaded only where there is one. */
export interface ArchiveSide {
  readonly desk: ArchiveDesk;
  readonly join: Join;
}

/** @param probing Undefined once the archive was found to be away. */
export type Join = (
  desk: ArchiveDesk,
  opening: Opening,
  snapshot: Snapshot,
  probing: Promise<Probe | undefined>,
) => Promise<Opened>;

/** A snapshot of what a question is about, and what it wants of it. */
export interface Opened {
  /** The namespaces that are read, in order. */
  readonly names: readonly string[];
  readonly snapshot: Snapshot;
  readonly selector: Selector;
  /** The archive's part, once it is known; undefined while it is away. */
  readonly archived?: Promise<Archived | undefined> | undefined;
  /** The snapshot's positions, and those of lanes that only the archive has. */
  readonly positions: Promise<readonly string[]>;
}

/** What an archive needs to be put beside a snapshot. */
export interface Opening {
  readonly wanted: Wanted;
  readonly bounds: PositionBounds;
  /** The namespaces are not known before both were asked for theirs. */
  readonly isOpen: boolean;
  readonly isWanted: (namespace: string) => boolean;
  /** The bounds do not name lanes that only the archive has: all of those are meant. */
  readonly missesLanes: boolean;
  readonly checked: (names: readonly string[]) => readonly string[];
  /** Asks how far the archive is; undefined, with a warning, if it is away. */
  readonly probe: () => Promise<Probe | undefined>;
  readonly asking: Pick<Asking, "task" | "warnings">;
}

/** @throws ServiceError NL_PARAMETER_INVALID for more namespaces than one question may read. */
export async function namesOf(
  { store, archive, warnings }: Pick<Asking, "store" | "archive" | "warnings">,
  scope: Scope,
): Promise<readonly string[]> {
  const choice = choiceOf(scope);
  if (typeof choice !== "function") return checked(choice);
  const [hot] = await Promise.all([store.names(), archive && probed(archive.desk, warnings)]);
  const names = new Set(hot);
  for (const { namespace } of archive?.desk.known.values() ?? []) names.add(namespace);
  return checked([...names].filter(choice));
}

/** Undefined, with a warning, while the archive is away. */
export async function probed(desk: ArchiveDesk, warnings: Warning[]): Promise<Probe | undefined> {
  try {
    return await desk.probe();
  } catch (error) {
    warnOf(error, warnings);
    return undefined;
  }
}

/** Notes that the archive was not asked. @throws whatever else went wrong. */
export function warnOf(error: unknown, warnings: Warning[]): void {
  if (!(error instanceof ServiceError)) throw error;
  if (warnings.some(({ code }) => code === "NL_ARCHIVE_UNAVAILABLE")) return;
  warnings.push({
    code: "NL_ARCHIVE_UNAVAILABLE",
    message: "The archive did not answer: what only it has is missing",
  });
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
  asking: Pick<Asking, "store" | "task" | "archive" | "warnings">,
  { missesLanes = false } = {},
): Promise<Opened> {
  const { store, task, archive } = asking;
  const { from, to } = wanted;
  const choice = choiceOf(scope);
  const probe = async () => archive && probed(archive.desk, asking.warnings);
  const probing = archive && probe();
  // Should the store fail meanwhile, nobody waits for it.
  probing?.catch(() => undefined);
  const snapshot = await store.snapshot(choice, {
    ...bounds,
    time: { fromMs: from?.ms, toMs: to?.ms },
  });
  task.check();
  if (archive !== undefined && probing !== undefined) {
    const isOpen = typeof choice === "function";
    const isWanted = isOpen ? choice : (name: string) => choice.includes(name);
    const opening = { wanted, bounds, isOpen, isWanted, missesLanes, checked, probe, asking };
    return archive.join(archive.desk, opening, snapshot, probing);
  }
  const clearings = snapshot.tombstones.map((tombstone) => compileTombstone(tombstone));
  return {
    names: checked(snapshot.namespaces),
    snapshot,
    selector: new Selector(wanted, bounds, clearings),
    positions: Promise.resolve(snapshot.positions),
  };
}
