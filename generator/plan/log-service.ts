import { DRAIN_SECONDS, HEAP_PERCENT, REDIS_MEMORY_PERCENT, RETENTION_PERCENT } from "../limits.ts";
import { duration } from "../record/duration.ts";
import { formatBytes, quantity } from "../record/quantity.ts";
import type { TenantContext } from "./context.ts";
import { planHosts } from "./hosts.ts";
import type { LogServicePlan, RedisPlan } from "./plan.ts";
import { containerResources } from "./resources.ts";

export function planLogService(
  context: TenantContext,
  redis: RedisPlan,
  image: string,
): LogServicePlan {
  const { record, tier, report } = context;
  const service = record.logService;
  const resources = containerResources(context, service?.resources, tier.logService.resources, [
    "logService",
    "resources",
  ]);
  const state = record.state ?? "active";
  const replicas = bounds(context);
  if (replicas.min > replicas.max) {
    report("replica-bounds", replicas, ["logService", "replicas", "min"], "value");
  }
  const rate = service?.rateLimits;
  const recommendations = service?.autoscaling?.recommendations;
  const offered = context.cluster.record.verticalPodAutoscaler;
  if (recommendations === true && !offered) {
    const values = { cluster: context.cluster.record.name, what: "VerticalPodAutoscaler" };
    report("not-offered", values, ["logService", "autoscaling", "recommendations"], "value");
  }
  return {
    image,
    running: state !== "suspended",
    replicas:
      state === "active"
        ? replicas
        : state === "suspended"
          ? { min: 0, max: 0 }
          : { min: 1, max: 1 },
    resources,
    cpuUtilization: service?.autoscaling?.cpuUtilization ?? tier.logService.cpuUtilization,
    recommendations: recommendations ?? offered,
    namespaces: {
      enabled: service?.namespaces?.enabled ?? true,
      default: service?.namespaces?.default ?? "default",
    },
    retention: {
      ageSeconds: duration(service?.retention?.age ?? tier.logService.retention.age),
      bytes: retentionBytes(context, redis),
    },
    rateLimits: {
      recordsPerSecond: rate?.recordsPerSecond ?? tier.logService.rateLimits.recordsPerSecond,
      bytesPerSecond: quantity(
        rate?.bytesPerSecond ?? tier.logService.rateLimits.bytesPerSecond,
        "bytes",
      ),
    },
    drainSeconds: DRAIN_SECONDS,
    hosts: planHosts(context),
    heapMebibytes: Math.floor(
      (quantity(resources.limits.memory, "bytes") * HEAP_PERCENT) / 100 / 2 ** 20,
    ),
  };
}

/** Fewest and most replicas; one of the two written alone moves the tier's other one where needed. */
export function bounds({ record, tier }: TenantContext): { min: number; max: number } {
  const { min, max } = record.logService?.replicas ?? {};
  const usual = tier.logService.replicas;
  return {
    min: min ?? Math.min(usual.min, max ?? Infinity),
    max: max ?? Math.max(usual.max, min ?? 0),
  };
}

function retentionBytes({ record, tier, report }: TenantContext, redis: RedisPlan): number {
  const text = record.logService?.retention?.bytes;
  if (redis.mode === "external") {
    return quantity(text ?? tier.logService.retention.externalBytes, "bytes");
  }
  const room = Math.floor((redis.maxmemoryBytes * RETENTION_PERCENT) / 100);
  if (text === undefined) return room;
  const bytes = quantity(text, "bytes");
  if (bytes > room) {
    const memory = redis.resources.limits.memory;
    const arithmetic = `${RETENTION_PERCENT} % of maxmemory, which is ${REDIS_MEMORY_PERCENT} % of redis.memory ${memory}, = ${Math.floor(room / 2 ** 20)}Mi`;
    const values = { given: formatBytes(bytes), arithmetic };
    report("retention-too-large", values, ["logService", "retention", "bytes"], "value");
  }
  return bytes;
}
