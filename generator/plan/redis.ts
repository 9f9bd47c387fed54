import {
  MIN_REDIS_BYTES,
  REDIS_LOAD_BYTES_PER_SECOND,
  REDIS_MEMORY_PERCENT,
  REDIS_STORAGE_FACTOR,
} from "../limits.ts";
import { cidr, contains, formatCidr, overlaps } from "../record/cidr.ts";
import { formatBytes, quantity } from "../record/quantity.ts";
import type { TenantContext } from "./context.ts";
import type { ExternalRedis, RedisPlan, StandaloneRedis } from "./plan.ts";
import { storageClass } from "./storage.ts";
import { EXPORTER } from "./tiers.ts";

/** The tenant's Redis, or null when the record leaves no way to tell which. */
export function planRedis(context: TenantContext, images: Images): RedisPlan | null {
  const { record, cluster, report } = context;
  const { modes } = cluster.record.redis;
  const mode = record.redis?.mode ?? modes[0] ?? "standalone";
  if (!modes.includes(mode)) {
    const values = { cluster: cluster.record.name, what: `Redis of mode ${mode}` };
    report("not-offered", values, ["redis", "mode"], "value", `it has: ${modes.join(", ")}`);
    return null;
  }
  return mode === "external" ? external(context) : standalone(context, images);
}

export type Images = { redis: string; redisExporter: string };

function standalone(context: TenantContext, images: Images): StandaloneRedis {
  const { record, tier, report } = context;
  if (record.redis?.external !== undefined) {
    const reason = "external names a managed Redis, which mode: external would use";
    report("external-redis", { reason }, ["redis", "external"], "key");
  }
  const memory = quantity(record.redis?.memory ?? tier.redis.memory, "bytes");
  if (memory < MIN_REDIS_BYTES) {
    const values = { given: formatBytes(memory), min: formatBytes(MIN_REDIS_BYTES) };
    report("redis-too-small", values, ["redis", "memory"], "value");
  }
  const maxmemoryBytes = Math.floor((memory * REDIS_MEMORY_PERCENT) / 100);
  const size = quantity(record.redis?.storage?.size ?? tier.redis.storage, "bytes");
  const needed = maxmemoryBytes * REDIS_STORAGE_FACTOR;
  if (size < needed) {
    const mebibytes = Math.ceil(needed / 2 ** 20);
    const arithmetic = `${REDIS_STORAGE_FACTOR} × maxmemory, which is ${REDIS_MEMORY_PERCENT} % of ${formatBytes(memory)}, = ${mebibytes}Mi while it is rewritten`;
    const written = record.redis?.storage?.size === undefined;
    const path = written ? ["redis", "memory"] : ["redis", "storage", "size"];
    report("storage-too-small", { given: formatBytes(size), arithmetic }, path, "value");
  }
  const bytes = formatBytes(memory);
  return {
    mode: "standalone",
    image: images.redis,
    exporterImage: images.redisExporter,
    resources: {
      // Memory requested in full: a Redis that the node evicts takes the tenant's writes with it.
      requests: { cpu: tier.redis.cpu.request, memory: bytes },
      limits: { cpu: tier.redis.cpu.limit, memory: bytes },
    },
    exporterResources: EXPORTER,
    maxmemoryBytes,
    durability: record.redis?.durability ?? "always",
    storage: { size: formatBytes(size), class: storageClass(context, "redis") },
    loadSeconds: 30 + Math.ceil(maxmemoryBytes / REDIS_LOAD_BYTES_PER_SECOND),
  };
}

function external(context: TenantContext): ExternalRedis | null {
  const { record, report } = context;
  for (const field of ["memory", "storage", "durability"] as const) {
    if (record.redis?.[field] === undefined) continue;
    const reason = "a managed Redis has its own";
    report("no-effect", { field: `redis.${field}`, reason }, ["redis", field], "key");
  }
  const managed = record.redis?.external;
  if (managed === undefined) {
    const reason = "mode external needs redis.external with host, cidr and secret";
    report("external-redis", { reason }, ["redis", "external"], "key");
    return null;
  }
  checkAddresses(context, managed.cidr);
  return {
    mode: "external",
    host: managed.host,
    port: managed.port ?? 6379,
    tls: managed.tls ?? true,
    cluster: managed.cluster ?? false,
    cidr: managed.cidr,
    secretName: managed.secret.name,
  };
}

function checkAddresses({ cluster, report }: TenantContext, text: string): void {
  const path = ["redis", "external", "cidr"];
  const range = cidr(text);
  const own = cluster.ownRanges.find((one) => overlaps(one, range));
  if (own !== undefined) {
    const what = "addresses of the cluster itself";
    report("cidr-protected", { cidr: text, protected: formatCidr(own), what }, path, "value");
  } else if (!cluster.redisRanges.some((one) => contains(one, range))) {
    const offered = cluster.redisRanges.map(formatCidr).join(", ");
    const reason = `${text} is not where cluster ${cluster.record.name} has managed Redis: ${offered}`;
    report("external-redis", { reason }, path, "value");
  }
}
