import { join } from "node:path";
import { goMod } from "../../tools/manifests/pins.ts";
import { root as engineRoot } from "../../tools/root.ts";
import { loadRepository } from "../plan/load.ts";
import type { Plan } from "../plan/plan.ts";
import type { Problem } from "../record/problem.ts";
import { buildOverlays, type Job, type Tools } from "./build/build.ts";
import { type Cache, type Entry, folderCache, NO_CACHE } from "./build/cache.ts";
import { hashTree, keyMaker } from "./build/inputs.ts";
import { findDrift } from "./drift/drift.ts";
import { collector, type Finding } from "./finding.ts";
import { checkSeals, compareReleases, listReleases } from "../release/frozen.ts";
import { verifyPlatforms } from "./platform/platform.ts";
import { proveTenant } from "./reachability/prove.ts";
import { changedSince, touchedBy } from "./since.ts";

export interface VerifyOptions {
  readonly root: string;
  /** Build and prove only what changed since the merge base with this Git ref. */
  readonly since?: string;
  /** Compare the records with those of the merge base with this Git ref. */
  readonly base?: string;
  /** Lets stable tenants get what canary ones have not had. */
  readonly skipRings?: boolean;
  /** Folder of the cache; null builds everything again. */
  readonly cache: string | null;
  /** Asked only when something has to be built. Rejects with a ToolError that says what to install. */
  readonly findTools: () => Promise<Tools>;
  readonly watch: Watch;
}

/** Told how far it is, for a terminal. */
export interface Watch {
  /** A stage is over: what it looked at, in words. */
  readonly ended: (stage: string, words: string, findings: number) => void;
  readonly building: (done: number, of: number) => void;
}

export interface Verified {
  readonly tenants: number;
  readonly built: number;
  readonly cached: number;
  readonly objects: number;
  /** What is wrong with the records; nothing else is looked at then. */
  readonly problems: readonly Problem[];
  readonly findings: readonly Finding[];
}

/** Verifies a repository from its records to what kustomize renders. Collects everything that is wrong. */
export async function verify(options: VerifyOptions): Promise<Verified> {
  const { root, watch } = options;
  const base = options.base ?? options.since;
  const { plans, clusters, problems } = loadRepository(root, {
    ...(base === undefined ? {} : { base }),
    skipRings: options.skipRings === true,
  });
  watch.ended("records", `${plans.length} tenants`, problems.length);
  const nothing = { tenants: plans.length, built: 0, cached: 0, objects: 0 };
  if (problems.length > 0) return { ...nothing, problems, findings: [] };

  const chosen = choose(options, plans);
  if ("findings" in chosen) return { ...nothing, problems, findings: chosen.findings };

  const releases = judgeReleases(root, base);
  const frozen = listReleases(root).length - 1;
  watch.ended("releases", `${frozen} frozen`, releases.length);

  const drift = findDrift(root, plans);
  watch.ended("drift", `${drift.unchanged} files as generated`, drift.findings.length);

  const cache = options.cache === null ? NO_CACHE : folderCache(options.cache);
  const judges = engine();
  const keyOf = keyMaker(root, judges);
  const jobs = chosen.plans.flatMap(({ id }): Job[] => {
    const overlay = drift.overlays.get(id);
    // A missing folder is drift already.
    if (overlay === undefined || overlay.files.size === 0) return [];
    return [{ tenant: id, overlay, key: keyOf(overlay) }];
  });
  const { entries, built } = await entriesOf(options, cache, jobs);
  const found = [...entries.values()].flatMap((entry) => entry.findings);
  const objects = [...entries.values()].reduce((sum, entry) => sum + entry.objects, 0);
  const of = (...stages: string[]) => found.filter(({ stage }) => stages.includes(stage)).length;
  watch.ended("build", `${built} built, ${jobs.length - built} from the cache`, of("build"));
  watch.ended("schema", `${objects} objects`, of("schema"));
  watch.ended("quota", "at the autoscalers' maximum, old pods draining", of("quota"));

  const proof = chosen.plans.flatMap((plan) => {
    const network = entries.get(plan.id)?.network;
    return network ? proveTenant(plan, network) : [];
  });
  const namespaces = chosen.plans.reduce((sum, plan) => sum + plan.namespaces.length, 0);
  watch.ended("reachability", `${namespaces} namespaces, every pair of them`, proof.length);

  // Whatever changed: every tenant rests on it, and where it did not change it is in the cache.
  const platform = await verifyPlatforms(clusters, {
    root,
    cache: options.cache === null ? NO_CACHE : folderCache(`${options.cache}-platforms`),
    engine: judges,
    findTools: options.findTools,
  });
  const words = `${clusters.length} clusters, ${platform.objects} objects`;
  watch.ended("platform", words, platform.findings.length);
  return {
    tenants: chosen.plans.length,
    built,
    cached: jobs.length - built,
    objects,
    problems,
    findings: [...releases, ...drift.findings, ...found, ...proof, ...platform.findings],
  };
}

function judgeReleases(root: string, base: string | undefined): Finding[] {
  const { findings, report } = collector("releases", undefined);
  checkSeals(root, report);
  if (base !== undefined) compareReleases(root, base, report);
  return findings;
}

function choose(
  { root, since }: VerifyOptions,
  plans: readonly Plan[],
): { plans: readonly Plan[] } | { findings: Finding[] } {
  if (since === undefined) return { plans };
  const changed = changedSince(root, since);
  if ("files" in changed) return { plans: touchedBy(changed.files, plans) };
  const { findings, report } = collector("records", undefined);
  report("since-unknown", { ref: since, reason: changed.problem });
  return { findings };
}

async function entriesOf(
  { root, findTools, watch }: VerifyOptions,
  cache: Cache,
  jobs: readonly Job[],
): Promise<{ entries: Map<string, Entry>; built: number }> {
  const entries = new Map<string, Entry>();
  const missing = jobs.filter(({ tenant, key }) => {
    const entry = cache.read(key);
    if (entry !== undefined) entries.set(tenant, entry);
    return entry === undefined;
  });
  if (missing.length === 0) return { entries, built: 0 };
  const tools = await findTools();
  const built = await buildOverlays(missing, {
    root,
    tools,
    cache,
    progress: (done) => watch.building(done, missing.length),
  });
  for (const [tenant, entry] of built) entries.set(tenant, entry);
  return { entries, built: missing.length };
}

/** A hash over the tools' versions and the code that judges: with any of it, every cached result changes. */
function engine(): string {
  return hashTree(engineRoot, [
    "generator/errors.ts",
    "generator/limits.ts",
    "generator/manifests",
    "generator/plan/cluster.ts",
    "generator/record",
    "generator/verify",
    "package-lock.json",
    ...[goMod].map((url) => url.pathname.slice(engineRoot.length + 1)),
  ]);
}

/** Where the cache is, below the user's cache folder for NeuralLog. */
export function cacheIn(folder: string): string {
  return join(folder, "verify");
}
