import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Api } from "./api/api.ts";
import type { Manifest } from "./api/object.ts";
import { installArgo } from "./argocd-objects.ts";
import { installDefinitions, readManifests } from "./install.ts";
import type { Part } from "./part.ts";
import { startPlane } from "./plane.ts";
import { Stopwatch } from "./stopwatch.ts";

const INPUTS = ["seed.ts", "install.ts", "argocd-objects.ts"].map((name) =>
  fileURLToPath(new URL(name, import.meta.url)),
);

interface Options {
  bin: string;
  assets: string;
  /** Gets what the making needs; the caller removes it. */
  folder: string;
  say: (message: string) => void;
}

/**
 * etcd's data with all definitions and Argo CD's objects in it, made once for each build: installing
 * them takes an API server 6 s of two cores, copying them 0.1 s.
 * @returns the folder, to be copied
 */
export async function findSeed({ bin, assets, folder, say }: Options): Promise<string> {
  const hash = createHash("sha256");
  for (const file of INPUTS) hash.update(readFileSync(file));
  const seed = join(dirname(assets), `seed-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(seed)) return seed;
  say("installing definitions and Argo CD's objects once ...");
  const own = join(folder, "seed");
  await mkdir(own);
  const parts: Part[] = [];
  try {
    // Far from the ports of the planes that tests see.
    const plane = await startPlane({ bin, folder: own, index: 50, watch: new Stopwatch() }, parts);
    await installInto(plane.api, assets);
    plane.api.close();
  } finally {
    // The database's own last, or the others would find nobody to tell that they leave.
    for (const part of parts.toReversed()) await part.stop();
  }
  // Whole or not at all: another run may look meanwhile.
  const draft = mkdtempSync(join(dirname(assets), ".seed-"));
  try {
    await cp(join(own, "etcd"), join(draft, "etcd"), { recursive: true });
    await rename(join(draft, "etcd"), seed);
  } catch (error) {
    // Somebody was quicker.
    if (!existsSync(seed)) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return seed;
}

/** What a cluster has before the platform comes; of a cluster that somebody brought, only what it lacks. */
export async function installInto(
  api: Api,
  assets: string,
  { missingOnly = false }: { missingOnly?: boolean } = {},
): Promise<void> {
  const definitions = readManifests(join(assets, "definitions.json"));
  const isMissing = async (each: Manifest): Promise<boolean> =>
    !missingOnly || (await api.get(each)).status === 404;
  const missing = await Promise.all(definitions.map(isMissing));
  await Promise.all([
    installDefinitions(
      api,
      definitions.filter((_, index) => missing[index]),
    ),
    installArgo(api, readManifests(join(assets, "argocd.json"))),
  ]);
}
