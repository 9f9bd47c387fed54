import { errorMessage } from "../errors.ts";
import { networkOf } from "../manifests/network.ts";
import type { Manifest } from "../manifests/manifest.ts";
import { readBase } from "../plan/base.ts";
import { loadRepository, readFiles } from "../plan/load.ts";
import type { Plan } from "../plan/plan.ts";
import { planRecords } from "../plan/repository.ts";
import type { Problem } from "../record/problem.ts";
import { inParallel } from "../verify/build/kustomize.ts";
import { changedSince } from "../verify/since.ts";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { compareBuilds } from "./compare/objects.ts";
import { type Records, capacityOf, channelMoves } from "./effects/capacity.ts";
import { compareFlows } from "./effects/flow-changes.ts";
import { notesOf, ringOf } from "./effects/notes.ts";
import { totalsOf } from "./effects/resources.ts";
import { type Difference, groupDifferences } from "./group.ts";
import { isUnreadable, judge } from "./judge.ts";
import type { Note, Preview } from "./model/model.ts";
import { type Builder, makeBuilder } from "./sides/build.ts";
import { findBase, git, listTree } from "./sides/git.ts";
import {
  changedBases,
  type Overlay,
  overlaysOf,
  type Source,
  sourcesOf,
} from "./sides/overlays.ts";
import { baseSide, headSide, type Side } from "./sides/side.ts";

export interface PreviewOptions {
  readonly root: string;
  /** A Git ref: the work tree is compared with the merge base of HEAD and it. */
  readonly base: string;
  /** Folder of the cache; null for none. */
  readonly cache: string | null;
  /** Stands for the tools that build, in the keys of the cache. */
  readonly engine: string;
  /** Asked only when something has to be built. */
  readonly findKustomize: () => Promise<string>;
  readonly progress?: (done: number, of: number) => void;
}

/** What a change comes to in the clusters. Throws a PreviewError where nothing can be compared. */
export async function preview(options: PreviewOptions): Promise<Preview> {
  const { root } = options;
  const found = findBase(root, options.base);
  if ("problem" in found) throw unknown(options.base, found.problem);
  const changed = changedSince(root, found.base);
  if ("problem" in changed) throw unknown(options.base, changed.problem);
  const tree = listTree(root, found.base, ["bases", "overlays", "tenants"]);
  if ("problem" in tree) throw unknown(options.base, tree.problem);
  const sides = { base: baseSide(root, tree), head: headSide(root, tree, changed.files) };
  const records = readRecords(options, sides, found.base);
  const overlays = { base: overlaysOf(sides.base), head: overlaysOf(sides.head) };
  const pairs = pairsOf(options, sides, overlays, changed.files, records.touched);
  using base = makeBuilder({ ...options, side: sides.base, root: null });
  using head = makeBuilder({ ...options, side: sides.head, root });
  const differences: Difference[] = [];
  const rings = new Map<string, string>();
  let done = 0;
  await inParallel(pairs, availableParallelism(), async (pair) => {
    const difference = await compareOne(pair, { base, head, root, planOf: records.planOf });
    if (difference.unit.ring !== null) rings.set(pair.folder, difference.unit.ring);
    if (!isNothing(difference)) differences.push(difference);
    options.progress?.(++done, pairs.length);
  });
  return {
    version: 1,
    base: { ref: options.base, commit: found.base },
    head: { commit: found.head, dirty: isDirty(root) },
    errors: records.problems.map((each) => ({
      code: each.code,
      where: each.line > 0 ? `${each.file}:${each.line}` : each.file,
      text: each.message,
    })),
    overlays: {
      all: overlays.head.size,
      compared: pairs.length,
      built: base.built + head.built,
      cached: base.cached + head.cached,
    },
    capacity: capacityOf(records.before, records.after),
    channels: channelMoves(records.before, records.after),
    reach: reachOf(changed.files, pairs, rings),
    groups: groupDifferences(differences),
  };
}

/** The preview cannot be made at all. */
export class PreviewError extends Error {}

const unknown = (ref: string, reason: string): PreviewError =>
  new PreviewError(errorMessage("base-unknown", { ref, reason }));

interface Sides {
  readonly base: Side;
  readonly head: Side;
}

interface Pair {
  readonly folder: string;
  readonly overlay: Overlay;
  readonly base: Source | undefined;
  readonly head: Source | undefined;
}

/** The overlays whose builds may differ, each with what it is built from on both sides. */
function pairsOf(
  { engine, base: ref }: PreviewOptions,
  sides: Sides,
  overlays: { base: Map<string, Overlay>; head: Map<string, Overlay> },
  changed: readonly string[],
  touched: ReadonlySet<string>,
): Pair[] {
  const all = new Map([...overlays.base, ...overlays.head]);
  // Where no base changed, an overlay whose own files are the same is the same.
  const names = changedBases(changed).size > 0 ? all.keys() : changedFolders(changed, all, touched);
  const folders = [...names].sort();
  const sourcesIn = (side: Side, known: ReadonlyMap<string, Overlay>): Map<string, Source> => {
    const wanted = folders.flatMap((folder) => known.get(folder) ?? []);
    const sources = sourcesOf(side, wanted, engine);
    if ("problem" in sources) throw unknown(ref, sources.problem);
    return sources;
  };
  const base = sourcesIn(sides.base, overlays.base);
  const head = sourcesIn(sides.head, overlays.head);
  return folders.flatMap((folder) => {
    const pair = { folder, base: base.get(folder), head: head.get(folder) };
    const overlay = (pair.head ?? pair.base)?.overlay;
    if (overlay === undefined) return [];
    // A record that changed without its overlay is looked at all the same: it was not generated.
    if (pair.base?.key === pair.head?.key && !touched.has(overlay.id)) return [];
    return { ...pair, overlay };
  });
}

function* changedFolders(
  changed: readonly string[],
  all: ReadonlyMap<string, Overlay>,
  touched: ReadonlySet<string>,
): Generator<string> {
  const found = new Set<string>();
  for (const path of changed) {
    const folder = /^overlays\/[^/]+\/(?:tenants\/[^/]+|platform)(?=\/)/.exec(path)?.[0];
    if (folder !== undefined) found.add(folder);
  }
  for (const [folder, { kind, id }] of all)
    if (kind === "tenant" && touched.has(id)) found.add(folder);
  yield* found;
}

interface Read {
  readonly problems: Problem[];
  readonly before: Records;
  readonly after: Records;
  /** Tenants whose records differ. */
  readonly touched: ReadonlySet<string>;
  planOf(id: string): Plan | null;
}

/** The records of both sides. What is the same on both is read once. */
function readRecords(
  { root, base: ref }: PreviewOptions,
  { base, head }: Sides,
  commit: string,
): Read {
  const memory = join(root, ".neurallog/cache/records.json");
  const { candidates, clusters, problems } = loadRepository(root, { base: commit, memory });
  const files = readFiles(root, []);
  const old = readBase(root, commit, files);
  if ("problem" in old) throw unknown(ref, old.problem.message);
  const before = planRecords(old.files);
  const was = new Map(before.candidates.map(({ claims }) => [`tenants/${claims.id}.yaml`, claims]));
  const same = candidates.flatMap(({ claims }) => {
    const file = `tenants/${claims.id}.yaml`;
    return base.files.has(file) && !old.files.tenants.has(file) ? claims : [];
  });
  const ids = new Set(
    [...base.files.keys(), ...head.files.keys()].filter((path) => path.startsWith("tenants/")),
  );
  const touched = [...ids].flatMap((path) => {
    const id = /^tenants\/([^/]+)\.yaml$/.exec(path)?.[1];
    return id !== undefined && base.files.get(path)?.id !== head.files.get(path)?.id ? id : [];
  });
  return {
    problems,
    before: { claims: [...same, ...was.values()], clusters: before.clusters },
    after: { claims: candidates.map(({ claims }) => claims), clusters },
    touched: new Set(touched),
    planOf: (id) => candidates.find(({ claims }) => claims.id === id)?.plan() ?? null,
  };
}

interface Workshop {
  readonly base: Builder;
  readonly head: Builder;
  readonly root: string;
  planOf(id: string): Plan | null;
}

async function compareOne(pair: Pair, { base, head, root, planOf }: Workshop): Promise<Difference> {
  const { overlay } = pair;
  const notes: Note[] = [];
  const objectsOf = async (
    builder: Builder,
    source: Source | undefined,
    words: string,
  ): Promise<Manifest[]> => {
    if (source === undefined) return [];
    const built = await builder.build(source);
    if ("objects" in built) return built.objects;
    const text = errorMessage("build-failed", {
      folder: `${overlay.folder} ${words}`,
      reason: built.problem,
    });
    notes.push({ level: "error", code: "build-failed", text });
    return [];
  };
  const before = await objectsOf(base, pair.base, "at the merge base");
  const after = await objectsOf(head, pair.head, "as it is now");
  const change =
    pair.base === undefined ? "added" : pair.head === undefined ? "removed" : "changed";
  const unit = {
    kind: overlay.kind,
    cluster: overlay.cluster,
    id: overlay.id,
    change,
    ring: ringOf(after) ?? ringOf(before),
  } as const;
  // What only one side built cannot be compared: all of the other would seem to be new, or gone.
  if (notes.length > 0) {
    const totals = {
      before: tried(() => totalsOf(before), notes),
      after: tried(() => totalsOf(after), notes),
    };
    return { unit: { ...unit, ...totals }, objects: [], gained: [], lost: [], notes };
  }
  const objects = compareBuilds(before, after);
  const flows = tried(() => compareFlows(networkOf(before), networkOf(after)), notes);
  notes.push(
    ...(tried(() => notesOf({ kind: overlay.kind, change, before, after, objects }), notes) ?? []),
  );
  if (overlay.kind === "tenant" && pair.head !== undefined) {
    const judged = tried(() => judge(root, planOf(overlay.id), after), notes) ?? [];
    notes.unshift(...judged);
  }
  const totals = (side: Manifest[], source: Source | undefined) =>
    source === undefined ? null : (tried(() => totalsOf(side), notes) ?? null);
  return {
    unit: { ...unit, before: totals(before, pair.base), after: totals(after, pair.head) },
    objects,
    gained: flows?.gained ?? [],
    lost: flows?.lost ?? [],
    notes,
  };
}

/** What a look at objects gives, or null and a note where they cannot be read. */
function tried<T>(look: () => T, notes: Note[]): T | null {
  try {
    return look();
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const text = `a part of it cannot be read: ${error.message}`;
    if (!notes.some((note) => note.text === text)) {
      notes.push({ level: "error", code: "build-unreadable", text });
    }
    return null;
  }
}

/** Whether the work tree holds what no commit has. */
function isDirty(root: string): boolean {
  const status = git(root, ["status", "--porcelain", "-z"]);
  return "problem" in status || status.output.length > 0;
}

const isNothing = ({ objects, gained, lost, notes }: Difference): boolean =>
  objects.length + gained.length + lost.length + notes.length === 0;

/** Which tenants follow bases whose files changed. */
function reachOf(
  changed: readonly string[],
  pairs: readonly Pair[],
  rings: ReadonlyMap<string, string>,
): Preview["reach"] {
  return [...changedBases(changed)].sort().map(([base, files]) => {
    const followers = pairs.filter(
      (pair) => pair.overlay.kind === "tenant" && pair.head?.bases.includes(base) === true,
    );
    const byRing = Map.groupBy(
      followers,
      ({ overlay, folder }) => `${overlay.cluster}\0${rings.get(folder) ?? "unknown"}`,
    );
    return {
      base,
      files,
      rings: [...byRing].sort().map(([key, found]) => {
        const [cluster = "", ring = ""] = key.split("\0");
        return { cluster, ring, ids: found.map(({ overlay }) => overlay.id) };
      }),
    };
  });
}
