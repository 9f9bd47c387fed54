// What a tenant's record sets in its log service: environment and access file.
import type { Plan } from "../plan/plan.ts";

/** Seconds that a stopping pod still answers before its SIGTERM (`preStop` of the bases), and spare time before SIGKILL. */
const preStopSeconds = 5;
const spareSeconds = 15;

/** `terminationGracePeriodSeconds`: longer than preStop and drain together. */
export const graceSeconds = (plan: Plan): number =>
  preStopSeconds + plan.logService.drainSeconds + spareSeconds;

/** Environment of the `serve` role, beyond what the base sets for every tenant. */
export function logServiceEnvironment(plan: Plan, namespace: string): Record<string, string> {
  const service = plan.logService;
  return {
    NEURALLOG_TENANT: plan.id,
    NEURALLOG_DRAIN_SECONDS: String(service.drainSeconds),
    ...(plan.redis.mode === "external" ? { NEURALLOG_REDIS_URL: externalUrl(plan.redis) } : {}),
    NEURALLOG_NAMESPACES: service.namespaces.enabled ? "enabled" : "disabled",
    NEURALLOG_DEFAULT_NAMESPACE: service.namespaces.default,
    NEURALLOG_RETENTION_AGE_SECONDS: String(service.retention.ageSeconds),
    NEURALLOG_RETENTION_BYTES: String(service.retention.bytes),
    NEURALLOG_RATE_RECORDS_PER_SECOND: String(service.rateLimits.recordsPerSecond),
    NEURALLOG_RATE_BYTES_PER_SECOND: String(service.rateLimits.bytesPerSecond),
    NEURALLOG_PUBLIC_HOSTS: [...service.hosts, ...serviceNames("log-service", namespace)].join(","),
    // Bodies are short-lived: a small young generation costs no throughput and a third less memory (297 to 195 MB).
    NODE_OPTIONS: `--max-old-space-size=${service.heapMebibytes} --max-semi-space-size=8`,
  };
}

/** The names that a Service answers to inside the cluster: what callers may send as Host. */
export const serviceNames = (service: string, namespace: string): string[] => [
  service,
  `${service}.${namespace}`,
  `${service}.${namespace}.svc`,
  `${service}.${namespace}.svc.cluster.local`,
];

const externalUrl = (redis: { host: string; port: number; tls: boolean }): string =>
  `${redis.tls ? "rediss" : "redis"}://${redis.host}:${redis.port}`;

/** `access.json`: who may do what. A key's hash is in the file that bears its name. */
export function accessFile(plan: Plan): string {
  const keys = plan.access.keys.map(({ name, roles, namespaces }) => ({
    name,
    roles,
    namespaces,
    hash_file: name,
  }));
  // One line a key: a diff of the overlay shows which one changed.
  return `{"keys":[${keys.map((key) => `\n${JSON.stringify(key)}`).join(",")}\n]}\n`;
}
