import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ManifestError, parseManifests } from "../../manifests/parse.ts";
import type { ClusterContext } from "../../plan/context.ts";
import type { Tools } from "../build/build.ts";
import type { Cache } from "../build/cache.ts";
import { keyMaker, readOverlay } from "../build/inputs.ts";
import { kustomizeBuild } from "../build/kustomize.ts";
import { referenceProblems } from "../build/references.ts";
import { collector, type Finding } from "../finding.ts";
import { checkSchemas } from "../schemas/kubeconform.ts";
import { judgePlatform } from "./judge.ts";

export interface PlatformOptions {
  readonly root: string;
  readonly cache: Cache;
  /** A hash over the tools and the code that judges. */
  readonly engine: string;
  /** Asked only when something has to be built. */
  readonly findTools: () => Promise<Tools>;
}

export interface VerifiedPlatforms {
  readonly objects: number;
  readonly built: number;
  readonly findings: readonly Finding[];
}

/** The folder of a cluster's platform. */
export const platformFolder = (cluster: string): string => `overlays/${cluster}/platform`;

/** Builds each cluster's platform and judges it by the cluster's record. What it found is kept in the cache. */
export async function verifyPlatforms(
  clusters: readonly ClusterContext[],
  options: PlatformOptions,
): Promise<VerifiedPlatforms> {
  const findings: Finding[] = [];
  let objects = 0;
  let built = 0;
  for (const cluster of clusters) {
    const folder = platformFolder(cluster.record.name);
    if (!existsSync(join(options.root, folder, "kustomization.yaml"))) {
      const { findings: found, report } = collector("platform", undefined);
      report("platform-missing", { folder });
      findings.push(...found);
      continue;
    }
    const engine = `${options.engine} ${JSON.stringify(cluster.record)}`;
    const key = keyMaker(options.root, engine)(readOverlay(options.root, folder));
    let entry = options.cache.read(key);
    if (entry === undefined) {
      built++;
      entry = { network: null, ...(await build(cluster, folder, options)) };
      options.cache.write(key, entry);
    }
    objects += entry.objects;
    // A cluster is no tenant: the folder says which one is meant.
    const named = entry.findings.map((each) => ({
      ...each,
      message: `${folder}: ${each.message}`,
    }));
    findings.push(...named);
  }
  return { objects, built, findings };
}

async function build(
  cluster: ClusterContext,
  folder: string,
  { root, findTools }: PlatformOptions,
): Promise<{ objects: number; findings: Finding[] }> {
  const { findings, report } = collector("platform", undefined);
  for (const reason of referenceProblems(root, folder, ["platform"])) {
    report("build-reference", { reason });
  }
  if (findings.length > 0) return { objects: 0, findings };
  const { kustomize, kubeconform } = await findTools();
  const output = await kustomizeBuild(kustomize, root, folder);
  if ("problem" in output) {
    report("build-failed", { folder, reason: output.problem });
    return { objects: 0, findings };
  }
  try {
    const objects = parseManifests(output.text);
    judgePlatform(root, cluster, objects, report);
    const rendered = { tenant: folder, text: output.text, objects: objects.length };
    const invalid = await checkSchemas(kubeconform, [rendered]);
    const untied = invalid.map((each): Finding => ({
      ...each,
      stage: "platform",
      tenant: undefined,
    }));
    return { objects: objects.length, findings: [...untied, ...findings] };
  } catch (error) {
    const known = [ManifestError, RangeError, z.ZodError].some((kind) => error instanceof kind);
    if (!known || !(error instanceof Error)) throw error;
    report("build-unreadable", { folder, reason: error.message });
    return { objects: 0, findings };
  }
}
