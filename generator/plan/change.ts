import { reporter } from "../record/read.ts";
import { problem, type Problem } from "../record/problem.ts";
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
): Problem[] {
  const problems: Problem[] = [];
  for (const [id, old] of before) {
    const current = now.get(id);
    if (current !== undefined) compareTenant(old, current, expandable, problems);
    // A file that is still there is unreadable, or has an id that is not its name: reported as such.
    else if (!files.has(old.source.file)) checkVanished(old, today, problems);
  }
  return problems;
}

function checkVanished({ plan, source }: Version, today: string, problems: Problem[]): void {
  if (plan.state === "retiring" && plan.retireAfter !== null && plan.retireAfter <= today) return;
  const state = plan.state === "retiring" ? `retiring until ${plan.retireAfter}` : plan.state;
  // The file is gone: the place shown is the one where it was.
  problems.push(problem("record-vanished", { state }, source.place(["state"])));
}

function compareTenant(
  old: Version,
  { plan, source }: Version,
  expandable: (cluster: ClusterPlan, storageClass: string) => boolean,
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
  if (old.plan.redis.mode === "standalone" && plan.redis.mode === "standalone") {
    const before = old.plan.redis.storage;
    const after = plan.redis.storage;
    fixed("redis.storage.class", ["redis", "storage", "class"], before.class, after.class);
    const grown = quantity(after.size, "bytes") - quantity(before.size, "bytes");
    const path = ["redis", "storage", "size"];
    if (grown < 0) report("storage-shrunk", { before: before.size }, path, "value");
    if (grown > 0 && !expandable(plan.cluster, after.class)) {
      const values = { class: after.class, before: before.size };
      report("storage-not-expandable", values, path, "value");
    }
  }
  compareOrganizations(old, plan, report);
}

function compareOrganizations(old: Version, plan: Plan, report: ReturnType<typeof reporter>): void {
  const organizations = (of: Plan) => of.namespaces.filter((one) => one.role === "organization");
  const left = new Set(organizations(plan).map((one) => one.organization));
  for (const { organization, closed } of organizations(old.plan)) {
    // Of a closed tenant every organization is closed; it leaves with its tenant.
    const retired = closed && old.plan.state === "active";
    if (left.has(organization) || retired) continue;
    const values = { organization, state: "active" };
    report("organization-vanished", values, ["organizations"], "key");
  }
}
