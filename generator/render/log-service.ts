import type { KeyPlan, Plan, RootNamespacePlan } from "../plan/plan.ts";
import {
  apiPort,
  appPeer,
  blockPeer,
  from,
  namespacePeer,
  opsPort,
  podsPeer,
  redisPort,
  tcp,
  to,
} from "./flows.ts";
import { imageOverride } from "./image.ts";
import { accessFile, graceSeconds, logServiceEnvironment } from "./log-service-config.ts";
import type { YamlValue } from "./quote.ts";
import { redisClientsSecret } from "./secrets.ts";
import type { View } from "./templates.ts";
import { environment, fingerprint } from "./workload.ts";

/** A suspended or retiring tenant has a component of that name in the autoscaler's place. */
export function logServiceComponents(plan: Plan): string[] {
  if (plan.state !== "active") return [plan.state];
  return ["autoscaling", ...(plan.logService.recommendations ? ["recommendations"] : [])];
}

export const logServiceImages = (plan: Plan): YamlValue[] => [
  imageOverride("log-service", plan.logService.image),
];

/** View of the patches of the log service: Deployment, access file, policy, autoscalers. */
export function logServiceView(plan: Plan, root: RootNamespacePlan): View {
  const { logService, redis } = plan;
  const active = plan.state === "active";
  const access = accessFile(plan);
  return {
    access,
    accessFingerprint: fingerprint(access),
    graceSeconds: graceSeconds(plan),
    environment: environment(logServiceEnvironment(plan, root.name)),
    resources: logService.resources,
    hasVolumes: plan.access.keys.length > 0 || redis.mode === "external",
    hasKeys: plan.access.keys.length > 0,
    keySources: keySources(plan.access.keys),
    hasOtherRedisSecret: redis.mode === "external",
    redisSecret: redis.mode === "external" ? redis.secretName : redisClientsSecret,
    ingress: active ? callers(plan) : [],
    egress: [redisFlow(plan)],
    hasAutoscaling: active,
    replicas: logService.replicas,
    cpuUtilization: logService.cpuUtilization,
    hasRecommendations: active && logService.recommendations,
    recommendAtMost: logService.resources.limits,
  };
}

/** Who may call: the organizations that the record names, every MCP endpoint, and those outside that it lets in. */
function callers(plan: Plan): YamlValue[] {
  const { api, cluster } = plan;
  const endpoints = plan.namespaces.filter(
    (namespace) => namespace.role === "mcp" && !namespace.closed,
  );
  const peers = [
    ...api.namespaces.map(namespacePeer),
    ...endpoints.map((namespace) => appPeer(namespace.name, "mcp")),
    ...(api.ingress ? [podsPeer(cluster.exposure.controller)] : []),
    ...api.blocks.map(blockPeer),
  ];
  const metrics = from([podsPeer(cluster.monitoring)], [tcp(opsPort)]);
  // An empty list of peers would let everybody in.
  return peers.length === 0 ? [metrics] : [from(peers, [tcp(apiPort)]), metrics];
}

function redisFlow({ redis }: Plan): YamlValue {
  if (redis.mode === "external")
    return to([blockPeer({ cidr: redis.cidr, except: [] })], [tcp(redis.port)]);
  return to(
    [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "redis" } } }],
    [tcp(redisPort)],
  );
}

/** Sources of the projected volume of key hashes: from each Secret that keys name, a file for each key, by its name. */
function keySources(keys: readonly KeyPlan[]): YamlValue[] {
  const bySecret = Map.groupBy(keys, (key) => key.secret.name);
  return [...bySecret].map(([name, keys]) => ({
    secret: { name, items: keys.map((key) => ({ key: key.secret.key, path: key.name })) },
  }));
}
