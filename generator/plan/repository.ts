import { hash } from "node:crypto";
import { reporter, readCluster, type Sourced } from "../record/read.ts";
import { sortProblems, type Problem } from "../record/problem.ts";
import type { ClusterRecord } from "../record/schema/cluster.ts";
import { checkCapacity, checkHosts, checkNamespaces, checkRedis } from "./across.ts";
import {
  readCandidate,
  recalledCandidate,
  type Candidate,
  type Memory,
  type Surroundings,
} from "./candidate.ts";
import { planCluster } from "./cluster.ts";
import type { ClusterContext } from "./context.ts";
import type { Plan } from "./plan.ts";

/** The files that plans are made from. Paths are relative to the repository's root, with `/`. */
export type RecordFiles = {
  /** `tenants/<id>.yaml` */
  tenants: ReadonlyMap<string, Uint8Array | string>;
  /** `overlays/<name>/cluster.yaml` */
  clusters: ReadonlyMap<string, Uint8Array | string>;
  /** Folders under bases/. */
  releases: readonly string[];
};

export type Planned = {
  /** In order of their files; made when they are first asked for. Complete only where `problems` is empty. */
  readonly plans: Plan[];
  clusters: ClusterContext[];
  candidates: Candidate[];
  /** Every finding in every file, in order. */
  problems: Problem[];
};

/**
 * Reads, checks and resolves all records together. The same files give the same plans, with a
 * memory of earlier ones or without.
 */
export function planRecords(files: RecordFiles, memory?: Memory): Planned {
  const problems: Problem[] = [];
  const clusters = planClusters(files, problems);
  const around: Surroundings = {
    clusters: new Map([...clusters].map(([name, { context }]) => [name, context])),
    hasCluster: (name) => files.clusters.has(`overlays/${name}/cluster.yaml`),
    hasTenant: (id) => files.tenants.has(`tenants/${id}.yaml`),
  };
  const candidates = readCandidates(files, around, problems, memory);
  checkHosts(candidates);
  checkNamespaces(candidates);
  checkRedis(candidates);
  for (const [name, { sourced }] of clusters) {
    const own = candidates.map(({ claims }) => claims).filter(({ cluster }) => cluster === name);
    checkCapacity(sourced.record, own, reporter(sourced.source, problems));
  }
  let plans: Plan[] | undefined;
  return {
    get plans() {
      return (plans ??= candidates.flatMap((candidate) => candidate.plan() ?? []));
    },
    clusters: [...around.clusters.values()],
    candidates,
    problems: sortProblems(problems),
  };
}

function readCandidates(
  files: RecordFiles,
  around: Surroundings,
  problems: Problem[],
  memory: Memory | undefined,
): Candidate[] {
  const context =
    memory === undefined ? "" : hashOf([...files.releases, ...[...files.clusters].flat()]);
  return [...files.tenants].flatMap(([file, content]) => {
    if (memory === undefined) return readCandidate(file, content, around, problems) ?? [];
    const fingerprint = hashOf([context, file, content]);
    const claims = memory.recall(fingerprint);
    if (claims !== undefined) {
      return recalledCandidate(file, content, around, problems, fingerprint, claims);
    }
    const before = problems.length;
    const candidate = readCandidate(file, content, around, problems);
    if (candidate === null) return [];
    if (problems.length === before) memory.remember(fingerprint, candidate.claims);
    return { ...candidate, fingerprint };
  });
}

/** Each part is hashed on its own, so that what ends one cannot begin the next. */
const hashOf = (parts: readonly (string | Uint8Array)[]): string =>
  hash("sha256", parts.map((part) => hash("sha256", part)).join());

type PlannedCluster = { context: ClusterContext; sourced: Sourced<ClusterRecord> };

function planClusters(files: RecordFiles, problems: Problem[]): Map<string, PlannedCluster> {
  const clusters = new Map<string, PlannedCluster>();
  for (const [file, content] of files.clusters) {
    const { sourced, problems: found } = readCluster(file, content);
    problems.push(...found);
    if (sourced === null) continue;
    const { record, source } = sourced;
    const report = reporter(source, problems);
    const folder = file.split("/").at(-2) ?? "";
    if (record.name !== folder) {
      const values = { field: "name", id: record.name, name: folder };
      report("file-name", values, ["name"], "value", `did you mean '${folder}'?`);
    }
    // By folder: that is what `cluster:` in a tenant's record names.
    clusters.set(folder, { context: planCluster(record, files.releases, report), sourced });
  }
  return clusters;
}
