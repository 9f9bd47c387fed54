import { formatBytes, formatCpu, quantity } from "../record/quantity.ts";
import type { AmountsRecord } from "../record/schema/resources.ts";
import type { Path } from "../record/yaml/careful.ts";
import type { TenantContext } from "./context.ts";
import type { Amounts, Resources } from "./plan.ts";

/** Amounts as numbers: milli-cores and bytes. */
export type Sum = { cpu: number; memory: number };

export const RESOURCES = ["cpu", "memory"] as const;
export type Resource = (typeof RESOURCES)[number];

export const unitOf = (resource: Resource) => (resource === "cpu" ? "cpu" : "bytes");

export const toSum = (amounts: { cpu: string | number; memory: string | number }): Sum => ({
  cpu: quantity(amounts.cpu, "cpu"),
  memory: quantity(amounts.memory, "bytes"),
});

export const toAmounts = (sum: Sum): Amounts => ({
  cpu: formatCpu(sum.cpu),
  memory: formatBytes(sum.memory),
});

export const format = (resource: Resource, value: number): string =>
  resource === "cpu" ? formatCpu(value) : formatBytes(value);

/** What a record gives of each resource; undefined where it leaves one out. */
export function given(record: AmountsRecord | undefined): Partial<Sum> {
  return {
    ...(record?.cpu === undefined ? {} : { cpu: quantity(record.cpu, "cpu") }),
    ...(record?.memory === undefined ? {} : { memory: quantity(record.memory, "bytes") }),
  };
}

/**
 * Requests and limits of a container: the record's where it gives them, the tier's elsewhere. A given
 * limit below the tier's request takes the request down with it, and a given request above the tier's
 * limit the limit up, so that one of the two may be written alone.
 */
export function containerResources(
  context: TenantContext,
  record: { requests?: AmountsRecord | undefined; limits?: AmountsRecord | undefined } | undefined,
  tier: Resources,
  path: Path,
): Resources {
  const asked = given(record?.requests);
  const capped = given(record?.limits);
  const requests = toSum(tier.requests);
  const limits = toSum(tier.limits);
  for (const resource of RESOURCES) {
    const request = asked[resource];
    const limit = capped[resource];
    if (request !== undefined && limit !== undefined && limit < request) {
      const values = {
        what: resource,
        limit: format(resource, limit),
        request: format(resource, request),
      };
      context.report("limit-below-request", values, [...path, "limits", resource], "value");
    }
    requests[resource] = request ?? Math.min(requests[resource], limit ?? Infinity);
    limits[resource] = limit ?? Math.max(limits[resource], request ?? 0);
  }
  return { requests: toAmounts(requests), limits: toAmounts(limits) };
}
