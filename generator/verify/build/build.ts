import { availableParallelism } from "node:os";
import { z } from "zod";
import { SCHEMA_BATCH } from "../../limits.ts";
import { networkOf } from "../../manifests/network.ts";
import { ManifestError, parseManifests } from "../../manifests/parse.ts";
import { collector } from "../finding.ts";
import { proveQuotas } from "../quota/fit.ts";
import { checkSchemas, type Rendered } from "../schemas/kubeconform.ts";
import type { Cache, Entry } from "./cache.ts";
import { type OverlayFiles, releasesOf } from "./inputs.ts";
import { inParallel, kustomizeBuild } from "./kustomize.ts";
import { reportMisplaced } from "./place.ts";
import { referenceProblems } from "./references.ts";
import { reportRights } from "./rights.ts";

export interface Job {
  readonly tenant: string;
  readonly overlay: OverlayFiles;
  readonly key: string;
}

export interface Tools {
  readonly kustomize: string;
  readonly kubeconform: string;
}

export interface BuildOptions {
  readonly root: string;
  readonly tools: Tools;
  readonly cache: Cache;
  /** Told after each overlay. */
  readonly progress: (done: number) => void;
}

/**
 * Builds each overlay on its own, because one build of many is slower than the square of their
 * number, and checks its objects and its quotas. Good and bad results alike go to the cache; those of
 * a tool that failed do not.
 */
export async function buildOverlays(
  jobs: readonly Job[],
  options: BuildOptions,
): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  let done = 0;
  // While one batch is checked the next one builds.
  let checking: Promise<void> = Promise.resolve();
  for (let at = 0; at < jobs.length; at += SCHEMA_BATCH) {
    const built: Built[] = [];
    await inParallel(jobs.slice(at, at + SCHEMA_BATCH), availableParallelism(), async (job) => {
      built.push(await buildOne(job, options));
      options.progress(++done);
    });
    await checking;
    checking = checkBatch(built, entries, options);
  }
  await checking;
  return entries;
}

interface Built {
  readonly job: Job;
  readonly rendered: Rendered | undefined;
  readonly entry: Entry;
}

async function buildOne(job: Job, { root, tools }: BuildOptions): Promise<Built> {
  const { findings, report } = collector("build", job.tenant);
  const { folder } = job.overlay;
  const failed = () => ({
    job,
    rendered: undefined,
    entry: { objects: 0, findings, network: null },
  });
  for (const reason of referenceProblems(root, folder, releasesOf(job.overlay))) {
    report("build-reference", { reason });
  }
  if (findings.length > 0) return failed();
  const output = await kustomizeBuild(tools.kustomize, root, folder);
  if ("problem" in output) {
    report("build-failed", { folder, reason: output.problem });
    return failed();
  }
  try {
    const objects = parseManifests(output.text);
    if (objects.length === 0) report("build-empty", { folder });
    reportMisplaced(objects, report);
    reportRights(objects, report);
    const network = networkOf(objects);
    return {
      job,
      rendered: { tenant: job.tenant, text: output.text, objects: objects.length },
      entry: {
        objects: objects.length,
        findings: [...findings, ...proveQuotas(job.tenant, objects)],
        network,
      },
    };
  } catch (error) {
    // A bad quantity is a RangeError, a field of the wrong type one of zod's.
    const known = [ManifestError, RangeError, z.ZodError].some((kind) => error instanceof kind);
    if (!known || !(error instanceof Error)) throw error;
    report("build-unreadable", { folder, reason: error.message });
    return failed();
  }
}

async function checkBatch(
  built: readonly Built[],
  entries: Map<string, Entry>,
  { tools, cache }: BuildOptions,
): Promise<void> {
  const rendered = built.flatMap((each) => each.rendered ?? []);
  const found = await checkSchemas(tools.kubeconform, rendered);
  // A finding of no tenant is about the batch as a whole.
  const ofBatch = found.filter(({ tenant }) => tenant === undefined);
  for (const { job, entry } of built) {
    const own = found.filter(({ tenant }) => tenant === job.tenant);
    const whole: Entry = { ...entry, findings: [...entry.findings, ...own] };
    if (ofBatch.length === 0) cache.write(job.key, whole);
    entries.set(job.tenant, whole);
  }
  const [first] = built;
  const last = first === undefined ? undefined : entries.get(first.job.tenant);
  if (first !== undefined && last !== undefined && ofBatch.length > 0) {
    entries.set(first.job.tenant, { ...last, findings: [...last.findings, ...ofBatch] });
  }
}
