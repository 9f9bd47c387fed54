import { reporter, readTenant } from "../record/read.ts";
import type { Problem } from "../record/problem.ts";
import type { TenantRecord } from "../record/schema/tenant.ts";
import type { Report } from "../record/check.ts";
import type { Source } from "../record/source.ts";
import { didYouMean } from "../record/suggest.ts";
import { claimsOf, type Claimant, type Claims } from "./across.ts";
import { tenantContext, type ClusterContext } from "./context.ts";
import type { Plan } from "./plan.ts";
import { planTenant } from "./tenant.ts";

/** A tenant whose record its schema accepts, on a cluster that is known. */
export type Candidate = Claimant & {
  /** What its plan follows from, as a hash; null where nobody asked for it. */
  fingerprint: string | null;
  source(): Source;
  /** Null when its Redis cannot be told. Made when it is first asked for. */
  plan(): Plan | null;
};

/** Claims of records without fault, by fingerprint: a record that did not change need not be read again. */
export type Memory = {
  recall(fingerprint: string): Claims | undefined;
  remember(fingerprint: string, claims: Claims): void;
};

/** Everything beside its own text that a record is judged by. */
export type Surroundings = {
  clusters: ReadonlyMap<string, ClusterContext>;
  /** Whether there is such a file, readable or not. */
  hasCluster(name: string): boolean;
  hasTenant(id: string): boolean;
};

/** Reads, checks and resolves one record. What is wrong goes to `problems`; null when nothing can be made of it. */
export function readCandidate(
  file: string,
  content: Uint8Array | string,
  around: Surroundings,
  problems: Problem[],
): Candidate | null {
  const { sourced, problems: found } = readTenant(file, content);
  problems.push(...found);
  if (sourced === null) return null;
  const { record, source } = sourced;
  const report = reporter(source, problems);
  checkId(record, file, around, report);
  const cluster = around.clusters.get(record.cluster);
  if (cluster === undefined) {
    // A cluster with a broken record of its own is there all the same.
    if (!around.hasCluster(record.cluster)) {
      const known = [...around.clusters.keys()];
      const hint = didYouMean(record.cluster, known) ?? `there are: ${known.join(", ")}`;
      const values = { what: "cluster", name: record.cluster };
      report("unknown-reference", values, ["cluster"], "value", hint);
    }
    return null;
  }
  const context = tenantContext(record, cluster, report);
  const plan = planTenant(context);
  return {
    claims: claimsOf(context, plan),
    report,
    fingerprint: null,
    source: () => source,
    plan: () => plan,
  };
}

/** A record whose claims are remembered: it is read when something else of it is asked for. */
export function recalledCandidate(
  file: string,
  content: Uint8Array | string,
  around: Surroundings,
  problems: Problem[],
  fingerprint: string,
  claims: Claims,
): Candidate {
  let candidate: Candidate | null = null;
  const read = (): Candidate => {
    candidate ??= readCandidate(file, content, around, []);
    if (candidate === null) throw new Error(`${file} was remembered without fault, and has one`);
    return candidate;
  };
  return {
    claims,
    fingerprint,
    report: (...finding) => reporter(read().source(), problems)(...finding),
    source: () => read().source(),
    plan: () => read().plan(),
  };
}

function checkId(record: TenantRecord, file: string, around: Surroundings, report: Report): void {
  const name = file.replace(/^.*\//, "").replace(/\.yaml$/, "");
  if (record.id === name) return;
  const hint = `did you mean '${name}'?`;
  if (around.hasTenant(record.id)) {
    const values = { id: record.id, other: `tenants/${record.id}.yaml` };
    report("duplicate-id", values, ["id"], "value", hint);
  } else {
    report("file-name", { field: "id", id: record.id, name }, ["id"], "value", hint);
  }
}
