import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ManifestError, parseManifests } from "../../manifests/parse.ts";
import type { Manifest } from "../../manifests/manifest.ts";
import { folderCache, NO_CACHE, type Cache } from "../../verify/build/cache.ts";
import { kustomizeBuild } from "../../verify/build/kustomize.ts";
import { referenceProblems } from "../../verify/build/references.ts";
import type { Source } from "./overlays.ts";
import { type Side, writeFiles } from "./side.ts";

export type Built = { objects: Manifest[] } | { problem: string };

/** Builds overlays of one side, each from the cache where it was built before. */
export interface Builder extends Disposable {
  build(source: Source): Promise<Built>;
  readonly built: number;
  readonly cached: number;
}

export interface BuilderOptions {
  readonly side: Side;
  /** Where the side's files are; null for a commit, of which what is needed is written to a temporary folder. */
  readonly root: string | null;
  /** Folder of the cache; null for none. */
  readonly cache: string | null;
  readonly findKustomize: () => Promise<string>;
}

export function makeBuilder({ side, root, cache, findKustomize }: BuilderOptions): Builder {
  const known: Cache<readonly Manifest[]> = cache === null ? NO_CACHE : folderCache(cache);
  let folder = root;
  const written = new Set<string>();
  let [built, cached] = [0, 0];

  /** The folder to build in, with all that the overlay needs in it. */
  function place({ overlay, bases }: Source): { folder: string } | { problem: string } {
    if (root !== null) return { folder: root };
    folder ??= mkdtempSync(join(tmpdir(), "neurallog-preview-"));
    const needed = [overlay.folder, ...bases].filter((each) => !written.has(each));
    const paths = [...side.files.keys()].filter((path) =>
      needed.some((each) => path.startsWith(`${each}/`)),
    );
    for (const each of needed) written.add(each);
    return writeFiles(side, paths, folder) ?? { folder };
  }

  return {
    get built() {
      return built;
    },
    get cached() {
      return cached;
    },
    async build(source) {
      const objects = known.read(source.key);
      if (objects !== undefined) {
        cached++;
        return { objects: [...objects] };
      }
      const at = place(source);
      if ("problem" in at) return at;
      built++;
      const made = await buildIn(at.folder, source, await findKustomize());
      if ("objects" in made) known.write(source.key, made.objects);
      return made;
    },
    [Symbol.dispose]() {
      if (root === null && folder !== null) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function buildIn(
  root: string,
  { overlay, bases }: Source,
  kustomize: string,
): Promise<Built> {
  // A platform is hand-written by those whom this protects; a tenant's overlay may come from a stranger.
  if (overlay.kind === "tenant") {
    const releases = bases.map((base) => base.slice("bases/".length));
    const [problem] = referenceProblems(root, overlay.folder, releases);
    if (problem !== undefined) return { problem };
  }
  const output = await kustomizeBuild(kustomize, root, overlay.folder);
  if ("problem" in output) return output;
  try {
    return { objects: parseManifests(output.text) };
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    return { problem: error.message };
  }
}
