import { REDIS_MEMORY_PERCENT, RETENTION_PERCENT, WATERMARK_PERCENT } from "../limits.ts";
import { duration } from "../record/duration.ts";
import { formatBytes, quantity } from "../record/quantity.ts";
import type { Path } from "../record/yaml/careful.ts";
import { checkNamespace } from "./access.ts";
import type { TenantContext } from "./context.ts";
import type { RedisPlan, RetentionPlan } from "./plan.ts";

/** What the log service itself takes at least: below, each merge would be dropped again. */
const LEAST_SECONDS = 60;
const LEAST_BYTES = 2 ** 20;

export function planRetention(context: TenantContext, redis: RedisPlan): RetentionPlan {
  const { record, tier } = context;
  const retention = record.logService?.retention;
  const path = ["logService", "retention"];
  const bytes = totalBytes(context, redis);
  const namespaces = Object.entries(retention?.namespaces ?? {}).map(([name, own]) => {
    const at = [...path, "namespaces", name];
    checkNamespace(context, name, at, "key");
    if (own.age === undefined && own.bytes === undefined) {
      const reason = "it bounds neither age nor bytes";
      context.report("no-effect", { field: name, reason }, at, "key");
    }
    const most =
      own.bytes === undefined ? null : atLeastBytes(context, own.bytes, [...at, "bytes"]);
    if (most !== null && most >= bytes) {
      const arithmetic = `all logical namespaces together hold ${formatBytes(bytes)}`;
      const values = { given: formatBytes(most), arithmetic };
      context.report("retention-too-large", values, [...at, "bytes"], "value");
    }
    const ageSeconds = own.age === undefined ? null : seconds(context, own.age, [...at, "age"]);
    return [name, { ageSeconds, bytes: most }] as const;
  });
  return {
    ageSeconds: seconds(context, retention?.age ?? tier.logService.retention.age, [...path, "age"]),
    bytes,
    watermarkPercent: retention?.watermark ?? WATERMARK_PERCENT,
    namespaces: Object.fromEntries(namespaces),
  };
}

function seconds({ report }: TenantContext, text: string, path: Path): number {
  const given = duration(text);
  // A day more than ten years with every leap day.
  const most = 10 * 366 * 86_400;
  if (given < LEAST_SECONDS || given > most) {
    const reason = `must be from ${LEAST_SECONDS}s to ${most / 86_400}d`;
    report("out-of-range", { field: "age", reason }, path, "value");
  }
  return given;
}

/** Bytes of what is kept in Redis: less than the log service takes is reported. */
export function atLeastBytes({ report }: TenantContext, text: string | number, path: Path): number {
  const given = quantity(text, "bytes");
  if (given < LEAST_BYTES) {
    const reason = `must be at least ${formatBytes(LEAST_BYTES)}`;
    report("out-of-range", { field: "bytes", reason }, path, "value");
  }
  return given;
}

function totalBytes(context: TenantContext, redis: RedisPlan): number {
  const { record, tier, report } = context;
  const path = ["logService", "retention", "bytes"];
  const text = record.logService?.retention?.bytes;
  if (redis.mode === "external") {
    return atLeastBytes(context, text ?? tier.logService.retention.externalBytes, path);
  }
  const room = Math.floor((redis.maxmemoryBytes * RETENTION_PERCENT) / 100);
  if (text === undefined) return room;
  const bytes = atLeastBytes(context, text, path);
  if (bytes > room) {
    const memory = redis.resources.limits.memory;
    const arithmetic = `${RETENTION_PERCENT} % of maxmemory, which is ${REDIS_MEMORY_PERCENT} % of redis.memory ${memory}, = ${Math.floor(room / 2 ** 20)}Mi`;
    report("retention-too-large", { given: formatBytes(bytes), arithmetic }, path, "value");
  }
  return bytes;
}
