import type { Report } from "../record/check.ts";
import { cidr, overlaps, type Range } from "../record/cidr.ts";
import { formatBytes, formatCpu, quantity } from "../record/quantity.ts";
import type { ClusterRecord } from "../record/schema/cluster.ts";
import type { TenantContext } from "./context.ts";
import { claimedHosts } from "./hosts.ts";
import type { Plan } from "./plan.ts";

/** What a tenant takes of what all tenants share: all that the checks across records need to know. */
export type Claims = {
  id: string;
  /** The cluster's folder under overlays/. */
  cluster: string;
  hosts: string[];
  /** Kubernetes names. */
  namespaces: string[];
  /** Addresses of its managed Redis; null when it has its own. */
  redis: string | null;
  /** Sum of its quotas: milli-cores, bytes, bytes, pods. */
  ask: { cpu: number; memory: number; storage: number; pods: number };
};

/** A tenant's claims, and the way to report that they are another's. */
export type Claimant = { claims: Claims; report: Report };

export function claimsOf(context: TenantContext, plan: Plan | null): Claims {
  const ask = { cpu: 0, memory: 0, storage: 0, pods: 0 };
  for (const { quota } of plan?.namespaces ?? []) {
    ask.cpu += quantity(quota.requests.cpu, "cpu");
    ask.memory += quantity(quota.requests.memory, "bytes");
    ask.storage += quantity(quota.storage, "bytes");
    ask.pods += quota.pods;
  }
  return {
    id: context.record.id,
    cluster: context.record.cluster,
    hosts: claimedHosts(context),
    namespaces: (plan?.namespaces ?? []).map(({ name }) => name),
    redis: plan?.redis.mode === "external" ? plan.redis.cidr : null,
    ask,
  };
}

/** Reports hosts that two tenants claim; a suspended tenant keeps its claim. */
export function checkHosts(claimants: readonly Claimant[]): void {
  const owners = new Map<string, string>();
  for (const { claims, report } of claimants) {
    claims.hosts.forEach((host, i) => {
      const other = owners.get(host);
      if (other === undefined) owners.set(host, claims.id);
      else if (other !== claims.id) {
        report("duplicate-host", { host, other }, ["logService", "hosts", i], "value");
      }
    });
  }
}

/**
 * Reports namespaces that two tenants would own. The rules for ids leave no way to get there; this
 * stands behind them, because such a namespace would be a hole between two tenants.
 */
export function checkNamespaces(claimants: readonly Claimant[]): void {
  const owners = new Map<string, string>();
  for (const { claims, report } of claimants) {
    for (const name of claims.namespaces) {
      const key = `${claims.cluster}/${name}`;
      const other = owners.get(key);
      if (other === undefined) owners.set(key, claims.id);
      else if (other !== claims.id) report("namespace-collision", { name, other }, ["id"], "value");
    }
  }
}

/** Reports managed Redis whose addresses meet: one log service could then reach another tenant's store. */
export function checkRedis(claimants: readonly Claimant[]): void {
  const seen: { id: string; range: Range }[] = [];
  for (const { claims, report } of claimants) {
    if (claims.redis === null) continue;
    const range = cidr(claims.redis);
    const other = seen.find((one) => overlaps(one.range, range));
    if (other !== undefined) {
      const values = { cidr: claims.redis, other: other.id };
      report("duplicate-redis", values, ["redis", "external", "cidr"], "value");
    }
    seen.push({ id: claims.id, range });
  }
}

/** Reports each resource of which a cluster's tenants were promised more than it has. */
export function checkCapacity(
  { capacity }: ClusterRecord,
  tenants: readonly Claims[],
  report: Report,
): void {
  const limits = {
    cpu: quantity(capacity.cpu, "cpu"),
    memory: quantity(capacity.memory, "bytes"),
    storage: quantity(capacity.storage, "bytes"),
    pods: capacity.pods,
  };
  for (const what of ["cpu", "memory", "storage", "pods"] as const) {
    const asked = tenants.reduce((sum, { ask }) => sum + ask[what], 0);
    if (asked <= limits[what]) continue;
    const format = FORMATS[what];
    const largest = tenants
      .toSorted((a, b) => b.ask[what] - a.ask[what])
      .slice(0, 3)
      .map(({ id, ask }) => `${id} ${format(ask[what])}`);
    if (tenants.length > largest.length) largest.push(`${tenants.length - largest.length} more`);
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
