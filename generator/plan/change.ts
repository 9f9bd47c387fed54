import { reporter } from "../record/read.ts";
import { problem, type Problem } from "../record/problem.ts";
import { receiptFile, type Receipts } from "../record/receipt.ts";
import { quantity } from "../record/quantity.ts";
import type { Source } from "../record/source.ts";
import type { Path } from "../record/yaml/careful.ts";
import type { ClusterPlan, Plan } from "./plan.ts";

/** A tenant as it was, or as it is now. */
export type Version = { plan: Plan; source: Source };

/**
 * What a change does that no change may do: it compares resolved plans, so that a volume which shrinks
 * because its tier changed is found as well as one whose size was edited. `files` are all record files
 * there are now, readable or not; `today` is a day like 2027-01-31.
 */
export function compareVersions(
  before: ReadonlyMap<string, Version>,
  now: ReadonlyMap<string, Version>,
  files: ReadonlySet<string>,
  expandable: (cluster: ClusterPlan, storageClass: string) => boolean,
  today: string,
  receipts: Receipts,
): Problem[] {
  const problems: Problem[] = [];
  for (const [id, old] of before) {
    const current = now.get(id);
    if (current !== undefined) compareTenant(old, current, expandable, receipts, problems);
    // A file that is still there is unreadable, or has an id that is not its name: reported as such.
    else if (!files.has(old.source.file)) checkVanished(old, today, receipts, problems);
  }
  return problems;
}

function checkVanished(
  { plan, source }: Version,
  today: string,
  receipts: Receipts,
  problems: Problem[],
): void {
  const after = plan.state === "retiring" ? plan.retireAfter : null;
  const reason = whyNot(plan.id, after, today, receipts);
  if (reason === null) return;
  const state = plan.state === "retiring" ? `retiring until ${plan.retireAfter}` : plan.state;
  // The file is gone: the place shown is the one where it was.
  problems.push(problem("record-vanished", { state, reason }, source.place(["state"])));
}

/**
 * Why a tenant may not leave the repository yet; null when it may. `retireAfter` is null for one that is not retiring.
 */
export function whyNot(
  id: string,
  retireAfter: string | null,
  today: string,
  receipts: Receipts,
): string | null {
  if (retireAfter === null)
    return "a tenant leaves by state: retiring, and after its date by npm run offboard";
  if (retireAfter > today) return "that day has not come";
  if (receipts.tenant(id) === undefined)
    return `npm run offboard -- ${id} has not removed it from its cluster: there is no ${receiptFile(id, null)}`;
  return null;
}

/** The same for an organization, whose `state` is that of its namespace. */
export function whyNotOrganization(
  tenant: string,
  organization: string,
  isRetiring: boolean,
  receipts: Receipts,
): string | null {
  if (receipts.organization(tenant, organization) !== undefined && isRetiring) return null;
  if (!isRetiring) return "set state: retiring first";
  const file = receiptFile(tenant, organization);
  return `npm run offboard -- ${tenant} --organization ${organization} has not removed it: there is no ${file}`;
}

function compareTenant(
  old: Version,
  { plan, source }: Version,
  expandable: (cluster: ClusterPlan, storageClass: string) => boolean,
  receipts: Receipts,
  problems: Problem[],
): void {
  const report = reporter(source, problems);
  const fixed = (field: string, path: Path, before: string, after: string): void => {
    if (before !== after) report("immutable-changed", { field, before }, path, "value");
  };
  fixed("cluster", ["cluster"], old.plan.cluster.name, plan.cluster.name);
  // Everything else that differs between two clusters follows from that.
  if (old.plan.cluster.name !== plan.cluster.name) return;
  fixed("redis.mode", ["redis", "mode"], old.plan.redis.mode, plan.redis.mode);
  const kept = (of: "redis" | "archive", before: Volume | null, after: Volume | null): void => {
    if (before === null || after === null) return;
    fixed(`${of}.storage.class`, [of, "storage", "class"], before.class, after.class);
    const grown = quantity(after.size, "bytes") - quantity(before.size, "bytes");
    const path = [of, "storage", "size"];
    if (grown < 0) report("storage-shrunk", { before: before.size }, path, "value");
    if (grown > 0 && !expandable(plan.cluster, after.class)) {
      const values = { class: after.class, before: before.size };
      report("storage-not-expandable", values, path, "value");
    }
  };
  kept("redis", redisVolume(old.plan), redisVolume(plan));
  if (old.plan.archive !== null) {
    // Its volume and its StatefulSet would stay in the cluster, where nothing counts or heals them any more.
    fixed("archive.enabled", ["archive", "enabled"], "true", String(plan.archive !== null));
    kept("archive", archiveVolume(old.plan), archiveVolume(plan));
    // What the old one holds does not come along.
    const modes = [old.plan, plan].map(({ archive }) => archive?.database.mode ?? "");
    if (plan.archive !== null) fixed("archive", ["archive"], modes[0] ?? "", modes[1] ?? "");
  }
  compareOrganizations(old, plan, receipts, report);
}

type Volume = { class: string; size: string };

const redisVolume = ({ redis }: Plan): Volume | null =>
  redis.mode === "standalone" ? redis.storage : null;

const archiveVolume = ({ archive }: Plan): Volume | null =>
  archive?.database.mode === "own" ? archive.database.storage : null;

function compareOrganizations(
  old: Version,
  plan: Plan,
  receipts: Receipts,
  report: ReturnType<typeof reporter>,
): void {
  const organizations = (of: Plan) => of.namespaces.filter((one) => one.role === "organization");
  const left = new Set(organizations(plan).map((one) => one.organization));
  for (const { organization, closed } of organizations(old.plan)) {
    // Of a closed tenant every organization is closed; it leaves with its tenant.
    const retired = closed && old.plan.state === "active";
    if (left.has(organization)) continue;
    const reason = whyNotOrganization(plan.id, organization, retired, receipts);
    if (reason === null) continue;
    const values = { organization, state: retired ? "retiring" : "active", reason };
    report("organization-vanished", values, ["organizations"], "key");
  }
}
