import type { Preview } from "./model/model.ts";
import { unknownBase } from "./error.ts";
import { changedBases, type Overlay, type Source, sourcesOf } from "./sides/overlays.ts";
import type { Side } from "./sides/side.ts";

/** What is compared with what. */
export interface Sides {
  readonly base: Side;
  readonly head: Side;
}

export interface Pair {
  readonly folder: string;
  readonly overlay: Overlay;
  readonly base: Source | undefined;
  readonly head: Source | undefined;
}

/** The overlays whose builds may differ, each with what it is built from on both sides. */
export function pairsOf(
  { engine, base: ref }: { engine: string; base: string },
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
    if ("problem" in sources) throw unknownBase(ref, sources.problem);
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

/** Which tenants follow bases whose files changed. */
export function reachOf(
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
