import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll } from "vitest";
import type { Manifest } from "../../../generator/manifests/manifest.ts";
import { parseManifests } from "../../../generator/manifests/parse.ts";
import type { Plan } from "../../../generator/plan/plan.ts";
import { overlayFolder, renderTenant } from "../../../generator/render/tenant.ts";
import { findTool } from "../../../tools/manifests/find.ts";
import { root as project } from "../../../tools/root.ts";

const execute = promisify(execFile);
let program: Promise<string> | undefined;

/** What `kustomize build` makes of a folder, with its own options and no others, as Argo CD runs it. */
export async function kustomizeBuild(folder: string): Promise<Manifest[]> {
  const kustomize = await (program ??= findTool("kustomize"));
  const { stdout } = await execute(kustomize, ["build", folder], {
    maxBuffer: 1 << 26,
    // Too short a run to collect garbage in: a quarter of its time.
    env: { ...process.env, GOGC: "off" },
  });
  return parseManifests(stdout);
}

/** The objects of a plan's overlay. */
export async function buildPlan(plan: Plan): Promise<Manifest[]> {
  return await inRepository(renderTenant(plan), overlayFolder(plan.cluster.name, plan.id));
}

const built = new Map<string, Promise<Manifest[]>>();

/** As `buildPlan`, each namespace on its own and only once as long as its files are the same: for many plans that differ little. */
export async function buildNamespaces(plan: Plan): Promise<Manifest[]> {
  const files = [...renderTenant(plan)];
  const builds = plan.namespaces.map(({ name }) => {
    const folder = `${overlayFolder(plan.cluster.name, plan.id)}/${name}`;
    const own = files.filter(([path]) => path.startsWith(`${folder}/`));
    const key = JSON.stringify(own);
    const build = built.get(key) ?? inRepository(new Map(own), folder);
    built.set(key, build);
    return build;
  });
  return (await Promise.all(builds)).flat();
}

let repository: string | undefined;
let builds = 0;

// Of the test file that imports this.
afterAll(() => {
  if (repository !== undefined) rmSync(repository, { recursive: true, force: true });
});

/** Builds a folder of a repository that has the bases and these files. */
async function inRepository(
  files: ReadonlyMap<string, string>,
  folder: string,
): Promise<Manifest[]> {
  repository ??= repositoryWithBases();
  // Each build is a cluster of its own there, so that one copy of the bases does for all.
  const own = `${repository}/overlays/build-${builds++}`;
  const path = (file: string): string => file.replace(/^overlays\/[^/]+/, own);
  for (const [file, text] of files) {
    mkdirSync(dirname(path(file)), { recursive: true });
    writeFileSync(path(file), text);
  }
  try {
    return await kustomizeBuild(path(folder));
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

function repositoryWithBases(): string {
  const root = mkdtempSync(join(tmpdir(), "neurallog-build-"));
  cpSync(join(project, "bases"), join(root, "bases"), { recursive: true });
  return root;
}

/** Maps with so many at once as there are cores on a small machine. */
export async function mapTwoByTwo<T, R>(
  items: readonly T[],
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) {
      const item = items[i];
      if (item !== undefined) results[i] = await map(item);
    }
  };
  await Promise.all([work(), work()]);
  return results;
}
