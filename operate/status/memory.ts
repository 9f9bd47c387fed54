import { failure, OperateError } from "../errors.ts";
import { METRICS_MILLISECONDS } from "../limits.ts";
import { KINDS, pathOf } from "../kubernetes/kinds.ts";
import type { Reader } from "../kubernetes/reader.ts";
import { parse } from "../kubernetes/requests.ts";
import { listAt, textAt } from "../../tools/values.ts";
import { podMemoryOf } from "./objects/memory.ts";
import { podOf } from "./objects/pod.ts";
import { tenantOf } from "./parts.ts";
import type { Memory } from "./shape.ts";

/** Where Prometheus runs; the clusters' records say the same, and the platform's policies rest on it. */
const MONITORING = "neurallog-monitoring";
const PROMETHEUS = "app.kubernetes.io/name=prometheus";

export type Memories = (tenant: string) => Memory;

/**
 * Redis' memory of every tenant. No way leads into tenants' pods from here: admission refuses the API server's proxy to
 * them. Prometheus asked them already, so one question to it answers for all; without it there is the memory of Redis'
 * containers. What cannot be read is said where the figure would stand.
 */
export async function readMemories(reader: Reader): Promise<Memories> {
  const reasons: string[] = [];
  for (const { name, read } of WAYS) {
    try {
      return await read(reader);
    } catch (error) {
      if (!(error instanceof OperateError)) throw error;
      reasons.push(`${name}: ${reasonOf(error)}`);
    }
  }
  return () => ({ unreadable: reasons.join("; ") });
}

const WAYS = [
  { name: "Prometheus", read: fromPrometheus },
  { name: "metrics.k8s.io", read: fromContainers },
] as const;

/** As Redis says: by its log service, which knows external servers too, or by its exporter. */
const queryOf = (what: "used" | "max"): string => {
  const byService = `sum by (namespace) (max by (namespace, server) (neurallog_redis_memory_${what}_bytes))`;
  return `${byService} or sum by (namespace) (redis_memory_${what}_bytes)`;
};

async function fromPrometheus(reader: Reader): Promise<Memories> {
  const selection = { namespace: MONITORING, labels: PROMETHEUS };
  const { items } = await reader.list(KINDS.pods, selection, podOf);
  const pod = items.find(({ ready }) => ready);
  if (pod === undefined) throw failure("not-found", { what: `ready Prometheus in ${MONITORING}` });
  const port = pod.ports["http-web"] ?? pod.ports["web"] ?? 9090;
  const base = pathOf(KINDS.pods, MONITORING, `${pod.name}:${port}`);
  const ask = async (query: string): Promise<Map<string, number>> => {
    const path = `${base}/proxy/api/v1/query?${new URLSearchParams({ query })}`;
    return valuesOf(
      parse(await reader.readText(path, "Prometheus", METRICS_MILLISECONDS), "Prometheus"),
    );
  };
  const [used, most] = await Promise.all([ask(queryOf("used")), ask(queryOf("max"))]);
  return (tenant) => {
    const usedBytes = used.get(tenant);
    if (usedBytes === undefined) return { unreadable: "Prometheus has no figure of this tenant" };
    return { usedBytes, maxBytes: most.get(tenant) ?? null, through: "Redis, by Prometheus" };
  };
}

/** An instant query's vector: `{data: {result: [{metric: {namespace}, value: [time, "1"]}]}}`. */
function valuesOf(answer: unknown): Map<string, number> {
  const values = new Map<string, number>();
  for (const each of listAt(answer, "data", "result")) {
    const tenant = tenantOf(textAt(each, "metric", "namespace") ?? "");
    const value = Number.parseFloat(textAt(each, "value", 1) ?? "");
    if (tenant !== undefined && Number.isFinite(value) && value >= 0) values.set(tenant, value);
  }
  return values;
}

async function fromContainers(reader: Reader): Promise<Memories> {
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
    return { usedBytes, maxBytes: null, through: "its container, by metrics.k8s.io" };
  };
}

function reasonOf({ code, message }: OperateError): string {
  if (code === "forbidden") return "you may not ask it: docs/status.md says which right that takes";
  if (code === "kind-missing") return "this cluster has no such API";
  if (code === "server-slow") return "no answer: may the API server reach it through its policies?";
  return message;
}
