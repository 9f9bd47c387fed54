import { SURGE } from "../limits.ts";
import type { OrganizationRecord } from "../record/schema/tenant.ts";
import { quantity } from "../record/quantity.ts";
import type { TenantContext } from "./context.ts";
import { bounds } from "./log-service.ts";
import {
  mcpKeyName,
  mcpNamespace,
  mcpRuleNamespace,
  organizationNamespace,
  ROOT,
  rootNamespace,
} from "./names.ts";
import type { NamespacePlan, Plan, RootNamespacePlan, RulePlan } from "./plan.ts";
import {
  checkContainers,
  fittingQuota,
  largestContainer,
  limitRange,
  rolling,
  workloadQuota,
  zeroQuota,
  type Footprint,
  type PodGroup,
} from "./quota.ts";
import { toSum } from "./resources.ts";

type Rules = Map<string, RulePlan[]>;
/** What runs in the root namespace. */
type Deployed = Pick<Plan, "redis" | "archive" | "logService">;

/** Root first, then each organization with its MCP namespace behind it. */
export function planNamespaces(
  context: TenantContext,
  deployed: Deployed,
  api: Plan["api"],
  rules: Rules,
): NamespacePlan[] {
  const seen = new Set<string>();
  const organizations = (context.record.organizations ?? []).flatMap((organization, i) => {
    if (seen.has(organization.id)) {
      const values = { what: "organization", name: organization.id };
      context.report("duplicate-name", values, ["organizations", i, "id"], "value");
      return [];
    }
    seen.add(organization.id);
    return planOrganization(context, organization, i, api, rules);
  });
  return [planRoot(context, deployed, rules), ...organizations];
}

function planRoot(context: TenantContext, deployed: Deployed, rules: Rules): RootNamespacePlan {
  const { record, closed } = context;
  const footprint = rootFootprint(context, deployed);
  const range = limitRange(context, record.limits, largestContainer(footprint), ["limits"]);
  checkContainers(context, footprint, range, ["limits"]);
  return {
    role: "root",
    name: rootNamespace(record.id),
    displayName: record.displayName,
    group: record.owner.group,
    closed,
    quota: fittingQuota(context, record.quota, footprint, ["quota"]),
    limitRange: range,
    rules: closed ? [] : (rules.get(ROOT) ?? []),
  };
}

/** At the autoscaler's maximum, also of a suspended tenant: it resumes into the same quota. */
function rootFootprint(
  context: TenantContext,
  { redis, archive, logService }: Deployed,
): Footprint {
  const service = {
    name: "log-service",
    ...rolling(bounds(context).max, SURGE),
    containers: [{ name: "log-service", resources: logService.resources }],
  };
  const { work } = logService;
  const services: PodGroup[] = [service];
  if (work.place === "apart") {
    const container = { name: "log-service-work", resources: work.resources };
    // Its old pod is gone before a new one comes.
    services.push({ name: container.name, count: 1, why: "", containers: [container] });
  }
  const stores: PodGroup[] = [];
  const volumes: Footprint["volumes"] = [];
  // A StatefulSet waits for the old pod to be gone.
  const store = (name: string, containers: PodGroup["containers"], size: string): void => {
    stores.push({ name, count: 1, why: "", containers });
    volumes.push({ name: `${name}.storage.size`, size: quantity(size, "bytes") });
  };
  if (redis.mode === "standalone") {
    const containers = [
      { name: "redis", resources: redis.resources },
      { name: "exporter", resources: redis.exporterResources },
    ];
    store("redis", containers, redis.storage.size);
  }
  if (archive?.database.mode === "own") {
    const { resources, storage } = archive.database;
    store("archive", [{ name: "postgres", resources }], storage.size);
  }
  return { groups: [...stores, ...services], volumes, services: 1 + stores.length };
}

function planOrganization(
  context: TenantContext,
  organization: OrganizationRecord,
  index: number,
  api: Plan["api"],
  rules: Rules,
): NamespacePlan[] {
  const { record } = context;
  const path = ["organizations", index];
  const closed = context.closed || organization.state === "retiring";
  const hasMcp = organization.mcp !== undefined && organization.mcp !== false;
  const name = organizationNamespace(record.id, organization.id);
  const quota = workloadQuota(context, organization.quota, [...path, "quota"]);
  const common = {
    displayName: organization.displayName ?? organization.id,
    group: organization.group ?? record.owner.group,
    closed,
    organization: organization.id,
  };
  const open: NamespacePlan = {
    ...common,
    role: "organization",
    name,
    quota: closed ? zeroQuota() : quota,
    limitRange: limitRange(context, organization.limits, toSum(quota.limits), [...path, "limits"]),
    rules: closed ? [] : (rules.get(organization.id) ?? []),
    callsApi: api.namespaces.includes(name),
    mcpNamespace: hasMcp ? mcpNamespace(record.id, organization.id) : null,
  };
  if (!hasMcp) return [open];
  const settings = typeof organization.mcp === "object" ? organization.mcp : {};
  const { replicas, resources } = context.tier.mcp;
  const footprint: Footprint = {
    groups: [
      { name: "mcp", ...rolling(replicas, SURGE), containers: [{ name: "mcp", resources }] },
    ],
    volumes: [],
    services: 1,
  };
  const range = limitRange(context, settings.limits, largestContainer(footprint), [
    ...path,
    "mcp",
    "limits",
  ]);
  checkContainers(context, footprint, range, [...path, "mcp", "limits"]);
  const mcpQuota = fittingQuota(context, settings.quota, footprint, [...path, "mcp", "quota"]);
  const endpoint: NamespacePlan = {
    ...common,
    role: "mcp",
    name: mcpNamespace(record.id, organization.id),
    quota: closed ? zeroQuota() : mcpQuota,
    limitRange: range,
    rules: closed ? [] : (rules.get(mcpRuleNamespace(organization.id)) ?? []),
    organizationNamespace: name,
    replicas: closed ? 0 : replicas,
    resources,
    keyName: mcpKeyName(organization.id),
  };
  return [open, endpoint];
}
