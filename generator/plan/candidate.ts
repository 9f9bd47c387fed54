import type { ErrorCode } from "../errors.ts";
import { valueAt } from "../record/fields.ts";
import { reporter, readTenant } from "../record/read.ts";
import type { Problem } from "../record/problem.ts";
import { tenantSchema, type TenantRecord } from "../record/schema/tenant.ts";
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
  const { sourced, mended, raw, problems: found } = readTenant(file, content);
  problems.push(...found);
  if (raw === null) return null;
  const report = reporter(raw.source, problems);
  const { id, cluster: clusterName } = namesOf(raw.value);
  if (id !== undefined) checkId(id, file, around, report);
  if (clusterName !== undefined) checkCluster(clusterName, around, report);
  const cluster = around.clusters.get(clusterName ?? "");
  if (sourced === null || cluster === undefined) return null;
  const { record, source } = sourced;
  const context = tenantContext(record, cluster, mended ? onlySure(report, record) : report);
  const plan = planTenant(context);
  const claims = claimsOf(context, plan);
  return {
    // What stands in for a wrong field is nothing that somebody asked for.
    claims: mended ? { ...claims, ask: { cpu: 0, memory: 0, storage: 0, pods: 0 } } : claims,
    report,
    fingerprint: null,
    source: () => source,
    plan: () => (mended ? null : plan),
  };
}

/** A record's id and cluster, each where it is well-formed: they are checked whatever else is wrong. */
function namesOf(value: unknown): { id: string | undefined; cluster: string | undefined } {
  const { id, cluster } = tenantSchema.shape;
  return {
    id: id.safeParse(valueAt(value, ["id"])).data,
    cluster: cluster.safeParse(valueAt(value, ["cluster"])).data,
  };
}

/**
 * Findings that hold whatever stands in for a field that was wrong: about names, addresses and references. One about
 * sizes or states could be the stand-in's doing, and waits until the field is right.
 */
const SURE: ReadonlySet<ErrorCode> = new Set([
  "unknown-reference",
  "not-offered",
  "storage-not-retained",
  "reserved-name",
  "name-too-long",
  "duplicate-name",
  "duplicate-secret",
  "host-outside-suffix",
  "host-outside-certificate",
  "cidr-protected",
  "cidr-mapped",
  "cidr-except",
  "rule-other-tenant",
]);

const onlySure =
  (report: Report, record: TenantRecord): Report =>
  (code, values, path, ...place) => {
    // Without its organizations every name of one would be unknown, and only the network's fields have such names.
    const named = record.organizations !== undefined || path[0] !== "network";
    if (SURE.has(code) && (code !== "unknown-reference" || named))
      report(code, values, path, ...place);
  };

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

function checkId(id: string, file: string, around: Surroundings, report: Report): void {
  const name = file.replace(/^.*\//, "").replace(/\.yaml$/, "");
  if (id === name) return;
  const hint = `did you mean '${name}'?`;
  if (around.hasTenant(id)) {
    report("duplicate-id", { id, other: `tenants/${id}.yaml` }, ["id"], "value", hint);
  } else {
    report("file-name", { field: "id", id, name }, ["id"], "value", hint);
  }
}

function checkCluster(name: string, around: Surroundings, report: Report): void {
  // A cluster with a broken record of its own is there all the same.
  if (around.hasCluster(name)) return;
  const known = [...around.clusters.keys()];
  const hint = didYouMean(name, known) ?? `there are: ${known.join(", ")}`;
  report("unknown-reference", { what: "cluster", name }, ["cluster"], "value", hint);
}
