import type { Plan } from "../plan/plan.ts";
import { appIngress, exporterPort, from, podsPeer, redisPort, tcp } from "./flows.ts";
import { imageOverride } from "./image.ts";
import { hasWorkPod } from "./log-service-config.ts";
import type { YamlValue } from "./quote.ts";
import { podPlace, redisConf } from "./redis-conf.ts";
import type { View } from "./templates.ts";
import { fingerprint } from "./workload.ts";

/** `periodSeconds` of the start-up probe in the base. */
const startupPeriodSeconds = 5;

export const redisBases = ({ redis }: Plan): string[] =>
  redis.mode === "standalone" ? ["redis"] : [];

export function redisImages({ redis }: Plan): YamlValue[] {
  if (redis.mode !== "standalone") return [];
  return [
    imageOverride("redis", redis.image),
    imageOverride("redis-exporter", redis.exporterImage),
  ];
}

/** View of the patches of the tenant's own Redis: configuration, claim, StatefulSet, policy. */
export function redisView(plan: Plan): View {
  const { redis } = plan;
  if (redis.mode !== "standalone") return { hasRedis: false };
  const conf = redisConf(
    { maxmemory: redis.maxmemoryBytes, durability: redis.durability },
    podPlace,
  );
  return {
    hasRedis: true,
    redis: {
      conf,
      confFingerprint: fingerprint(conf),
      storage: redis.storage,
      resources: redis.resources,
      exporterResources: redis.exporterResources,
      startupFailures: Math.ceil(redis.loadSeconds / startupPeriodSeconds),
      ingress: [
        appIngress("log-service", redisPort),
        ...(hasWorkPod(plan) ? [appIngress("log-service-work", redisPort)] : []),
        ...(plan.state === "active"
          ? [from([podsPeer(plan.cluster.monitoring)], [tcp(exporterPort)])]
          : []),
      ],
    },
  };
}
