import type { KeyPlan, Plan, RootNamespacePlan, TlsPlan } from "../plan/plan.ts";
import {
  apiPort,
  appPeer,
  blockPeer,
  from,
  furtherPorts,
  namespacePeer,
  opsPort,
  podsPeer,
  redisPort,
  tcp,
  to,
} from "./flows.ts";
import { archiveComponents, archiveEgress, archiveMounts } from "./archive.ts";
import { imageOverride } from "./image.ts";
import {
  accessFile,
  clientCaFile,
  graceSeconds,
  hasWorkPod,
  logServiceEnvironment,
  redactionFile,
  workEnvironment,
} from "./log-service-config.ts";
import type { YamlValue } from "./quote.ts";
import { redisClientsSecret } from "./secrets.ts";
import type { View } from "./templates.ts";
import { environment, fingerprint } from "./workload.ts";

/** A suspended or retiring tenant has a component of that name in the autoscaler's place. */
export function logServiceComponents(plan: Plan): string[] {
  const { tls, syslog, recommendations } = plan.logService;
  return [
    ...(plan.state === "active"
      ? ["autoscaling", ...(recommendations ? ["recommendations"] : [])]
      : [plan.state]),
    ...(tls === null ? [] : ["tls"]),
    ...(syslog?.tcp === true ? ["syslog-tcp"] : []),
    ...(syslog?.udp === true ? ["syslog-udp"] : []),
    ...(syslog?.tls === true ? ["syslog-tls"] : []),
    ...(plan.logService.mcpWebSocket ? ["mcp-websocket"] : []),
    ...(hasWorkPod(plan) ? ["work"] : []),
    // Behind the pods that it gives passwords to.
    ...archiveComponents(plan),
  ];
}

export const logServiceImages = (plan: Plan): YamlValue[] => [
  imageOverride("log-service", plan.logService.image),
];

/** View of the patches of the log service: Deployment, access file, policy, autoscalers. */
export function logServiceView(plan: Plan, root: RootNamespacePlan): View {
  const { logService, redis } = plan;
  const active = plan.state === "active";
  const { tls } = logService;
  const access = accessFile(plan);
  const redaction = redactionFile(plan);
  return {
    access,
    accessFingerprint: fingerprint(access),
    hasRedaction: redaction !== undefined,
    redaction: redaction ?? "",
    redactionFingerprint: fingerprint(redaction ?? ""),
    graceSeconds: graceSeconds(plan),
    environment: environment(logServiceEnvironment(plan, root.name)),
    resources: logService.resources,
    hasVolumes:
      plan.access.keys.length > 0 ||
      redis.mode === "external" ||
      tls !== null ||
      plan.archive !== null,
    hasKeys: plan.access.keys.length > 0,
    keySources: keySources(plan.access.keys),
    hasOtherRedisSecret: redis.mode === "external",
    redisSecret: redis.mode === "external" ? redis.secretName : redisClientsSecret,
    hasTls: tls !== null,
    tlsSources: tls === null ? [] : tlsSources(tls),
    ...archiveMounts(plan),
    ingress: active ? callers(plan) : [],
    egress: [redisFlow(plan), ...archiveEgress(plan)],
    hasAutoscaling: active,
    replicas: logService.replicas,
    cpuUtilization: logService.cpuUtilization,
    hasRecommendations: active && logService.recommendations,
    recommendAtMost: logService.resources.limits,
    ...workView(plan),
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
  // Syslog has no keys and an ingress controller speaks HTTP: they come from nowhere but where their senders are.
  const senders = [...api.namespaces.map(namespacePeer), ...api.blocks.map(blockPeer)];
  const ports = furtherPorts(plan);
  return [
    // An empty list of peers would let everybody in.
    ...(peers.length === 0 ? [] : [from(peers, [tcp(apiPort)])]),
    ...(senders.length === 0 || ports.length === 0 ? [] : [from(senders, ports)]),
    metrics,
  ];
}

/** View of the patches of the pod that works on what is stored, where it is one of its own. */
function workView(plan: Plan): View {
  const { work } = plan.logService;
  if (!hasWorkPod(plan) || work.place !== "apart") return { hasWork: false };
  return {
    hasWork: true,
    work: {
      environment: environment(workEnvironment(plan, work.heapMebibytes)),
      resources: work.resources,
      hasVolumes: plan.redis.mode === "external" || plan.archive !== null,
      ingress: [from([podsPeer(plan.cluster.monitoring)], [tcp(opsPort)])],
      egress: [redisFlow(plan), ...archiveEgress(plan)],
    },
  };
}

/** Sources of the projected volume of the certificate and its key, and of who signs clients' certificates. */
function tlsSources({ secretName, clientCa }: TlsPlan): YamlValue[] {
  const files = ["tls.crt", "tls.key"].map((name) => ({ key: name, path: name }));
  const own = { secret: { name: secretName, items: files } };
  if (clientCa === null) return [own];
  const { secretName: name, key } = clientCa;
  return [own, { secret: { name, items: [{ key, path: clientCaFile }] } }];
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
