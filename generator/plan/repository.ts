import { reporter, readCluster, readTenant, type Sourced } from "../record/read.ts";
import { sortProblems, type Problem } from "../record/problem.ts";
import type { ClusterRecord } from "../record/schema/cluster.ts";
import type { TenantRecord } from "../record/schema/tenant.ts";
import { didYouMean } from "../record/suggest.ts";
import { checkCapacity, checkHosts, checkNamespaces, type Candidate } from "./across.ts";
import { planCluster } from "./cluster.ts";
import { tenantContext, type ClusterContext } from "./context.ts";
import type { Plan } from "./plan.ts";
import { planTenant } from "./tenant.ts";

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
  /** By id, in order of their files. Complete only where `problems` is empty. */
  plans: Plan[];
  clusters: ClusterContext[];
  candidates: Candidate[];
  /** Every finding in every file, in order. */
  problems: Problem[];
};

/** Reads, checks and resolves all records together. Pure: the same files give the same plans. */
export function planRecords(files: RecordFiles): Planned {
  const problems: Problem[] = [];
  const clusters = planClusters(files, problems);
  const tenants = [...files.tenants].flatMap(([file, content]) => {
    const { sourced, problems: found } = readTenant(file, content);
    problems.push(...found);
    return sourced === null ? [] : [sourced];
  });
  checkIds(tenants, problems);
  const candidates = tenants.flatMap<Candidate>(({ record, source }) => {
    const report = reporter(source, problems);
    const cluster = clusters.get(record.cluster);
    if (cluster === undefined) {
      const known = [...clusters.keys()];
      const hint = didYouMean(record.cluster, known) ?? `there are: ${known.join(", ")}`;
      // A cluster with a broken record of its own is there all the same.
      if (!files.clusters.has(`overlays/${record.cluster}/cluster.yaml`)) {
        const values = { what: "cluster", name: record.cluster };
        report("unknown-reference", values, ["cluster"], "value", hint);
      }
      return [];
    }
    const context = tenantContext(record, cluster.context, report);
    return [{ context, source, plan: planTenant(context) }];
  });
  checkHosts(candidates);
  checkNamespaces(candidates);
  const plans = candidates.flatMap(({ plan }) => (plan === null ? [] : [plan]));
  for (const { context, sourced } of clusters.values()) {
    const own = plans.filter((plan) => plan.cluster === context.plan);
    checkCapacity(context, own, reporter(sourced.source, problems));
  }
  return {
    plans,
    clusters: [...clusters.values()].map(({ context }) => context),
    candidates,
    problems: sortProblems(problems),
  };
}

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

function checkIds(tenants: readonly Sourced<TenantRecord>[], problems: Problem[]): void {
  const nameOf = (file: string): string => file.replace(/^.*\//, "").replace(/\.yaml$/, "");
  const rightful = new Map(
    tenants
      .filter(({ record, source }) => record.id === nameOf(source.file))
      .map(({ record, source }) => [record.id, source.file]),
  );
  for (const { record, source } of tenants) {
    const name = nameOf(source.file);
    if (record.id === name) continue;
    const report = reporter(source, problems);
    const other = rightful.get(record.id);
    const hint = `did you mean '${name}'?`;
    if (other === undefined) {
      report("file-name", { field: "id", id: record.id, name }, ["id"], "value", hint);
    } else report("duplicate-id", { id: record.id, other }, ["id"], "value", hint);
  }
}
