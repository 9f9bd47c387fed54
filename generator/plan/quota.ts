import { formatBytes, quantity } from "../record/quantity.ts";
import type { LimitsRecord, QuotaRecord } from "../record/schema/resources.ts";
import type { Path } from "../record/yaml/careful.ts";
import type { TenantContext } from "./context.ts";
import type { LimitRangePlan, QuotaPlan, Resources } from "./plan.ts";
import {
  format,
  given,
  RESOURCES,
  toAmounts,
  toSum,
  type Resource,
  type Sum,
} from "./resources.ts";

/** Pods of one kind at their most, each with these containers. */
export type PodGroup = {
  name: string;
  count: number;
  /** How the count comes about, for messages. */
  why: string;
  containers: { name: string; resources: Resources }[];
};

/** Everything that the overlay deploys into one namespace. */
export type Footprint = {
  groups: PodGroup[];
  /** Claims by the field that sizes them, in bytes. */
  volumes: { name: string; size: number }[];
  services: number;
};

const ZERO: QuotaPlan = {
  requests: { cpu: "0", memory: "0" },
  limits: { cpu: "0", memory: "0" },
  pods: 0,
  storage: "0",
  claims: 0,
  services: 0,
};

/** A namespace in which nothing more starts. */
export const zeroQuota = (): QuotaPlan => structuredClone(ZERO);

/** Replicas of a Deployment at their most: each old one terminating beside as many new ones, and the surge. */
export function rolling(max: number, surge: number): { count: number; why: string } {
  return { count: 2 * max + surge, why: `2 × ${max} while old ones drain + ${surge} surge` };
}

/** The quota that is deployed, where the record gives none; what it gives must hold what is deployed. */
export function fittingQuota(
  context: TenantContext,
  record: QuotaRecord | undefined,
  footprint: Footprint,
  path: Path,
): QuotaPlan {
  const quota = zeroQuota();
  for (const kind of ["requests", "limits"] as const) {
    const written = given(record?.[kind]);
    const sum: Sum = { cpu: 0, memory: 0 };
    for (const resource of RESOURCES) {
      const needed = total(footprint, kind, resource);
      const amount = written[resource];
      sum[resource] = amount ?? needed;
      if (amount === undefined || amount >= needed) continue;
      const values = {
        what: `${kind}.${resource}`,
        given: format(resource, amount),
        arithmetic: arithmetic(footprint, kind, resource),
      };
      context.report("quota-too-small", values, [...path, kind, resource], "value");
    }
    quota[kind] = toAmounts(sum);
  }
  checkOrder(context, record, path);
  const pods = footprint.groups.reduce((sum, group) => sum + group.count, 0);
  const counted = { pods, claims: footprint.volumes.length, services: footprint.services };
  for (const what of ["pods", "claims", "services"] as const) {
    const amount = record?.[what];
    quota[what] = amount ?? counted[what];
    if (amount === undefined || amount >= counted[what]) continue;
    const sums = what === "pods" ? countArithmetic(footprint) : String(counted[what]);
    const values = { what, given: amount, arithmetic: sums };
    context.report("quota-too-small", values, [...path, what], "value");
  }
  const storage = record?.storage === undefined ? undefined : quantity(record.storage, "bytes");
  const deployed = footprint.volumes.reduce((sum, { size }) => sum + size, 0);
  quota.storage = formatBytes(storage ?? deployed);
  if (storage !== undefined && storage < deployed) {
    const values = {
      what: "storage",
      given: formatBytes(storage),
      arithmetic: storageArithmetic(footprint, deployed),
    };
    context.report("quota-too-small", values, [...path, "storage"], "value");
  }
  return quota;
}

/** A quota for workloads that we do not know: the tier's, where the record gives none. */
export function workloadQuota(
  context: TenantContext,
  record: QuotaRecord | undefined,
  path: Path,
): QuotaPlan {
  const tier = context.tier.organization;
  checkOrder(context, record, path);
  const asked = given(record?.requests);
  const capped = given(record?.limits);
  const requests = toSum(tier.requests);
  const limits = toSum(tier.limits);
  for (const resource of RESOURCES) {
    requests[resource] =
      asked[resource] ?? Math.min(requests[resource], capped[resource] ?? Infinity);
    limits[resource] = capped[resource] ?? Math.max(limits[resource], asked[resource] ?? 0);
  }
  return {
    requests: toAmounts(requests),
    limits: toAmounts(limits),
    pods: record?.pods ?? tier.pods,
    storage: formatBytes(quantity(record?.storage ?? tier.storage, "bytes")),
    claims: record?.claims ?? tier.claims,
    services: record?.services ?? tier.services,
  };
}

/** Bounds of single containers. `ceiling` is the most that one could ever have there. */
export function limitRange(
  context: TenantContext,
  record: LimitsRecord | undefined,
  ceiling: Sum,
  path: Path,
): LimitRangePlan {
  const written = {
    default: given(record?.default),
    defaultRequest: given(record?.defaultRequest),
    max: given(record?.max),
  };
  const usual = {
    default: toSum(context.tier.container.default),
    defaultRequest: toSum(context.tier.container.defaultRequest),
  };
  const result = {
    default: { cpu: 0, memory: 0 },
    defaultRequest: { cpu: 0, memory: 0 },
    max: { cpu: 0, memory: 0 },
  };
  for (const resource of RESOURCES) {
    const max =
      written.max[resource] ?? Math.max(ceiling[resource], written.default[resource] ?? 0);
    const limit = written.default[resource] ?? Math.min(usual.default[resource], max);
    const request =
      written.defaultRequest[resource] ?? Math.min(usual.defaultRequest[resource], limit);
    result.max[resource] = max;
    result.default[resource] = limit;
    result.defaultRequest[resource] = request;
    const inOrder = (low: keyof LimitRangePlan, high: keyof LimitRangePlan): void => {
      if (result[low][resource] <= result[high][resource]) return;
      const smaller = `${low} ${format(resource, result[low][resource])}`;
      const larger = `${high} ${format(resource, result[high][resource])}`;
      const at = written[low][resource] === undefined ? high : low;
      context.report(
        "limit-range-order",
        { what: resource, smaller, larger },
        [...path, at, resource],
        "value",
      );
    };
    inOrder("default", "max");
    inOrder("defaultRequest", "default");
  }
  return {
    default: toAmounts(result.default),
    defaultRequest: toAmounts(result.defaultRequest),
    max: toAmounts(result.max),
  };
}

/** Reports each container that a LimitRange would refuse: its pod would never start. */
export function checkContainers(
  context: TenantContext,
  footprint: Footprint,
  range: LimitRangePlan,
  path: Path,
): void {
  const max = toSum(range.max);
  for (const { containers } of footprint.groups) {
    for (const { name, resources } of containers) {
      const needed = toSum(resources.limits);
      for (const resource of RESOURCES) {
        if (needed[resource] <= max[resource]) continue;
        const values = {
          container: name,
          what: resource,
          needed: resources.limits[resource],
          max: range.max[resource],
        };
        context.report("limit-range-too-small", values, [...path, "max", resource], "value");
      }
    }
  }
}

/** The most that any single container of a footprint may use. */
export function largestContainer(footprint: Footprint): Sum {
  const limits = footprint.groups.flatMap((group) =>
    group.containers.map(({ resources }) => toSum(resources.limits)),
  );
  return {
    cpu: Math.max(0, ...limits.map((limit) => limit.cpu)),
    memory: Math.max(0, ...limits.map((limit) => limit.memory)),
  };
}

function checkOrder(context: TenantContext, record: QuotaRecord | undefined, path: Path): void {
  const asked = given(record?.requests);
  const capped = given(record?.limits);
  for (const resource of RESOURCES) {
    const request = asked[resource];
    const limit = capped[resource];
    if (request === undefined || limit === undefined || request <= limit) continue;
    const values = {
      what: resource,
      limit: format(resource, limit),
      request: format(resource, request),
    };
    context.report("limit-below-request", values, [...path, "limits", resource], "value");
  }
}

const ofPod = (group: PodGroup, kind: "requests" | "limits", resource: Resource): number =>
  group.containers.reduce((sum, { resources }) => sum + toSum(resources[kind])[resource], 0);

const total = (footprint: Footprint, kind: "requests" | "limits", resource: Resource): number =>
  footprint.groups.reduce((sum, group) => sum + group.count * ofPod(group, kind, resource), 0);

/** `1 redis × 110m + 5 log-service (2 × 2 while old ones drain + 1 surge) × 100m = 610m` */
function arithmetic(footprint: Footprint, kind: "requests" | "limits", resource: Resource): string {
  const terms = footprint.groups.map(
    (group) => `${counted(group)} × ${format(resource, ofPod(group, kind, resource))}`,
  );
  return `${terms.join(" + ")} = ${format(resource, total(footprint, kind, resource))}`;
}

const countArithmetic = (footprint: Footprint): string =>
  `${footprint.groups.map(counted).join(" + ")} = ${footprint.groups.reduce((sum, group) => sum + group.count, 0)}`;

/** `redis.storage.size 2Gi + archive.storage.size 5Gi = 7Gi` */
function storageArithmetic({ volumes }: Footprint, sum: number): string {
  const terms = volumes.map(({ name, size }) => `${name} ${formatBytes(size)}`).join(" + ");
  return volumes.length < 2 ? terms : `${terms} = ${formatBytes(sum)}`;
}

const counted = (group: PodGroup): string =>
  `${group.count} ${group.name}${group.why === "" ? "" : ` (${group.why})`}`;
