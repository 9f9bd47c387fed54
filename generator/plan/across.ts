import type { Report } from "../record/check.ts";
import { formatBytes, formatCpu, quantity } from "../record/quantity.ts";
import type { Source } from "../record/source.ts";
import type { ClusterContext, TenantContext } from "./context.ts";
import { claimedHosts } from "./hosts.ts";
import type { Plan } from "./plan.ts";

/** A tenant whose record its schema accepts: how it is seen by the checks of all together. */
export type Candidate = { context: TenantContext; source: Source; plan: Plan | null };

/** Reports hosts that two tenants claim; a suspended tenant keeps its claim. */
export function checkHosts(candidates: readonly Candidate[]): void {
  const owners = new Map<string, string>();
  for (const { context } of candidates) {
    const { record, report } = context;
    claimedHosts(context).forEach((host, i) => {
      const other = owners.get(host);
      if (other === undefined) owners.set(host, record.id);
      else if (other !== record.id) {
        report("duplicate-host", { host, other }, ["logService", "hosts", i], "value");
      }
    });
  }
}

/**
 * Reports namespaces that two tenants would own. The rules for ids leave no way to get there; this
 * stands behind them, because such a namespace would be a hole between two tenants.
 */
export function checkNamespaces(candidates: readonly Candidate[]): void {
  const owners = new Map<string, string>();
  for (const { context, plan } of candidates) {
    for (const { name } of plan?.namespaces ?? []) {
      const key = `${context.cluster.plan.name}/${name}`;
      const other = owners.get(key);
      if (other === undefined) owners.set(key, context.record.id);
      else if (other !== context.record.id) {
        context.report("namespace-collision", { name, other }, ["id"], "value");
      }
    }
  }
}

type Ask = { id: string; cpu: number; memory: number; storage: number; pods: number };

/** Reports each resource of which a cluster's tenants were promised more than it has. */
export function checkCapacity(
  cluster: ClusterContext,
  plans: readonly Plan[],
  report: Report,
): void {
  const asks = plans.map(ask);
  const { capacity } = cluster.record;
  const limits = {
    cpu: quantity(capacity.cpu, "cpu"),
    memory: quantity(capacity.memory, "bytes"),
    storage: quantity(capacity.storage, "bytes"),
    pods: capacity.pods,
  };
  for (const what of ["cpu", "memory", "storage", "pods"] as const) {
    const asked = asks.reduce((sum, each) => sum + each[what], 0);
    if (asked <= limits[what]) continue;
    const format = FORMATS[what];
    const largest = asks
      .toSorted((a, b) => b[what] - a[what])
      .slice(0, 3)
      .map((each) => `${each.id} ${format(each[what])}`);
    if (asks.length > largest.length) largest.push(`${asks.length - largest.length} more`);
    const values = {
      what,
      asked: format(asked),
      capacity: format(limits[what]),
      largest: largest.join(", "),
    };
    report("capacity-exceeded", values, ["capacity", what], "value");
  }
}

const FORMATS = { cpu: formatCpu, memory: formatBytes, storage: formatBytes, pods: String };

/** What a tenant was promised: the quotas of all its namespaces. */
function ask(plan: Plan): Ask {
  const sum: Ask = { id: plan.id, cpu: 0, memory: 0, storage: 0, pods: 0 };
  for (const { quota } of plan.namespaces) {
    sum.cpu += quantity(quota.requests.cpu, "cpu");
    sum.memory += quantity(quota.requests.memory, "bytes");
    sum.storage += quantity(quota.storage, "bytes");
    sum.pods += quota.pods;
  }
  return sum;
}
