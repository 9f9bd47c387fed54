import { OperateError } from "../errors.ts";
import { METRICS_MILLISECONDS, MAX_METRIC_LINES } from "../limits.ts";
import { KINDS, pathOf } from "../kubernetes/kinds.ts";
import type { Reader } from "../kubernetes/reader.ts";
import { podMemoryOf } from "./objects/memory.ts";
import type { Pod } from "./objects/pod.ts";
import { tenantOf } from "./parts.ts";
import type { Memory } from "./shape.ts";

/**
 * Redis' memory of every tenant by one list: what the container holds, as metrics.k8s.io says. A server without that
 * API is no gap of the status: it is said where the figure would stand.
 */
export async function readMemories(reader: Reader): Promise<(tenant: string) => Memory> {
  try {
    const labels = "neurallog.dev/tenant,app.kubernetes.io/name=redis";
    const { items } = await reader.list(KINDS.podMetrics, { labels }, podMemoryOf);
    const bytes = new Map(
      items.flatMap((pod) => {
        const used = pod.bytes["redis"];
        const id = tenantOf(pod.namespace);
        return used === undefined || id === undefined ? [] : [[id, used] as const];
      }),
    );
    return (tenant) => {
      const usedBytes = bytes.get(tenant);
      if (usedBytes === undefined) return { unreadable: "no figure of its pod" };
      return { usedBytes, maxBytes: null, through: "metrics.k8s.io, the container" };
    };
  } catch (error) {
    const unreadable = reasonOf(error);
    return () => ({ unreadable });
  }
}

/** Of one tenant: what Redis itself says, through its log service or its exporter; else its container's memory. */
export async function readMemory(
  reader: Reader,
  tenant: string,
  pods: readonly Pod[],
): Promise<Memory> {
  const own = pods.filter(({ namespace }) => namespace === `tenant-${tenant}`);
  const reasons: string[] = [];
  for (const { app, port, used, max, name } of SOURCES) {
    const pod = own.find((each) => each.app === app && each.phase === "Running");
    const number = pod?.ports[port];
    if (pod === undefined || number === undefined) {
      reasons.push(`${name}: no such pod runs`);
      continue;
    }
    const path = `${pathOf(KINDS.pods, pod.namespace, `${pod.name}:${number}`)}/proxy/metrics`;
    try {
      const text = await reader.readText(path, `metrics of ${name}`, METRICS_MILLISECONDS);
      const usedBytes = sumOf(text, used);
      if (usedBytes !== undefined) {
        return { usedBytes, maxBytes: sumOf(text, max) ?? null, through: name };
      }
      reasons.push(`${name}: it does not tell`);
    } catch (error) {
      reasons.push(`${name}: ${reasonOf(error)}`);
    }
  }
  const memory = (await readMemories(reader))(tenant);
  if (!("unreadable" in memory)) return memory;
  return { unreadable: [...reasons, `metrics.k8s.io: ${memory.unreadable}`].join("; ") };
}

const SOURCES = [
  {
    name: "the log service",
    app: "log-service",
    port: "ops",
    used: "neurallog_redis_memory_used_bytes",
    max: "neurallog_redis_memory_max_bytes",
  },
  {
    name: "the Redis exporter",
    app: "redis",
    port: "metrics",
    used: "redis_memory_used_bytes",
    max: "redis_memory_max_bytes",
  },
] as const;

/** The sum over a metric's series: a Redis Cluster has one for each server. */
export function sumOf(text: string, metric: string): number | undefined {
  let sum: number | undefined;
  let from = 0;
  for (let line = 0; line < MAX_METRIC_LINES && from < text.length; line += 1) {
    const end = text.indexOf("\n", from);
    const row = text.slice(from, end === -1 ? text.length : end);
    from += row.length + 1;
    if (!row.startsWith(metric) || !/[{ ]/.test(row.charAt(metric.length))) continue;
    const value = Number(
      row
        .slice(row.lastIndexOf("}") + 1)
        .trim()
        .split(" ")
        .find((word) => word !== metric),
    );
    if (Number.isFinite(value) && value >= 0) sum = (sum ?? 0) + value;
  }
  return sum;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof OperateError)) throw error;
  if (error.code === "kind-missing") return "this cluster has no metrics server";
  if (error.code === "forbidden")
    return "you may not ask (needs get on pods/proxy, or list on pods.metrics.k8s.io)";
  return error.message;
}
