import type { Range } from "../record/cidr.ts";
import type { Report } from "../record/check.ts";
import type { ClusterRecord } from "../record/schema/cluster.ts";
import type { TenantRecord } from "../record/schema/tenant.ts";
import type { ClusterPlan } from "./plan.ts";
import { TIERS, type Tier } from "./tiers.ts";

/** A cluster's record and plan, with what the checks of every tenant need again and again. */
export type ClusterContext = {
  record: ClusterRecord;
  plan: ClusterPlan;
  /** `plan.protectedCidrs`, read. */
  protectedRanges: Range[];
  /** Those of nodes, pods, Services and metadata. */
  ownRanges: Range[];
  /** Those in which managed Redis are. */
  redisRanges: Range[];
  /** Where the server of all tenants' archives is; none where each tenant has its own, or it runs in the cluster. */
  archiveRanges: Range[];
};

/** All that a part of a tenant's plan is made from. */
export type TenantContext = {
  record: TenantRecord;
  tier: Tier;
  cluster: ClusterContext;
  report: Report;
  /** No traffic in: suspended or retiring. */
  closed: boolean;
};

export function tenantContext(
  record: TenantRecord,
  cluster: ClusterContext,
  report: Report,
): TenantContext {
  const closed = record.state === "suspended" || record.state === "retiring";
  return { record, tier: TIERS[record.tier ?? "small"], cluster, report, closed };
}
