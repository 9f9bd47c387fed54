import { CLUSTER_LANES, DRAIN_SECONDS, SLOW_MILLISECONDS } from "../limits.ts";
import { quantity } from "../record/quantity.ts";
import type { TenantContext } from "./context.ts";
import { heapMebibytes } from "./heap.ts";
import { planHosts } from "./hosts.ts";
import { AUDIT_NAMESPACE } from "./names.ts";
import type { LogServicePlan, Plan, RedactionPlan, RedisPlan } from "./plan.ts";
import { containerResources } from "./resources.ts";
import { planRetention } from "./retention.ts";
import { planSyslog } from "./syslog.ts";
import { planTls } from "./tls.ts";
import { planWork } from "./work.ts";

export function planLogService(
  context: TenantContext,
  redis: RedisPlan,
  api: Plan["api"],
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
      default: planDefaultNamespace(context),
      lanes: service?.namespaces?.lanes ?? (isCluster(redis) ? CLUSTER_LANES : 1),
    },
    retention: planRetention(context, redis),
    rateLimits: {
      recordsPerSecond: rate?.recordsPerSecond ?? tier.logService.rateLimits.recordsPerSecond,
      bytesPerSecond: quantity(
        rate?.bytesPerSecond ?? tier.logService.rateLimits.bytesPerSecond,
        "bytes",
      ),
    },
    drainSeconds: DRAIN_SECONDS,
    hosts: planHosts(context),
    heapMebibytes: heapMebibytes(resources),
    redaction: planRedaction(context),
    tls: planTls(context),
    syslog: planSyslog(context, api),
    work: planWork(context),
    queries: {
      slowMilliseconds: service?.queries?.slowMilliseconds ?? SLOW_MILLISECONDS,
      logText: service?.queries?.logText ?? false,
    },
    logLevel: service?.logLevel ?? "info",
    mcpToolNames: service?.mcpToolNames ?? "dotted",
    mcpWebSocket: planWebSocket(context, api),
  };
}

/** MCP over WebSocket, from those that `network.api` lets in but no ingress controller, and at each MCP endpoint. */
function planWebSocket({ record, closed, report }: TenantContext, api: Plan["api"]): boolean {
  const wanted = record.logService?.mcpWebSocket ?? false;
  const hasEndpoint = (record.organizations ?? []).some(
    ({ mcp, state }) => mcp !== undefined && mcp !== false && state !== "retiring",
  );
  const hasCaller = hasEndpoint || api.namespaces.length > 0 || api.blocks.length > 0;
  if (wanted && !closed && !hasCaller) {
    const reason =
      "network.api names no organization and no cidrs, and there is no MCP endpoint, so nobody could connect";
    const path = ["logService", "mcpWebSocket"];
    report("no-effect", { field: "logService.mcpWebSocket", reason }, path, "value");
  }
  return wanted;
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

function planDefaultNamespace({ record, report }: TenantContext): string {
  const name = record.logService?.namespaces?.default ?? "default";
  if (name === AUDIT_NAMESPACE) {
    const reason = "only the log service itself writes there";
    report("reserved-name", { name, reason }, ["logService", "namespaces", "default"], "value");
  }
  return name;
}

const isCluster = (redis: RedisPlan): boolean => redis.mode === "external" && redis.cluster;

function planRedaction({ record, report }: TenantContext): RedactionPlan | null {
  const redaction = record.logService?.redaction;
  if (redaction === undefined) return null;
  const { fields = [], presets = [], patterns = [] } = redaction;
  if (fields.length + presets.length + patterns.length === 0) {
    const reason = "it names nothing that is taken out";
    const field = "logService.redaction";
    report("no-effect", { field, reason }, ["logService", "redaction"], "key");
  }
  const names = new Set<string>();
  patterns.forEach(({ name }, i) => {
    const path = ["logService", "redaction", "patterns", i, "name"];
    if (names.has(name)) report("duplicate-name", { what: "pattern", name }, path, "value");
    names.add(name);
  });
  return {
    fields,
    presets: [...new Set(presets)],
    patterns: patterns.map(({ name, pattern, ignoreCase = false }) => ({
      name,
      pattern,
      ignoreCase,
    })),
  };
}
