import { BUFFER_RECORDS, CLUSTER_LANES, RETENTION_PERCENT } from "../limits.ts";
import { formatBytes } from "../record/quantity.ts";
import type { ClusterRecord } from "../record/schema/cluster.ts";
import type {
  LimitRangePlan,
  McpNamespacePlan,
  NamespacePlan,
  OrganizationNamespacePlan,
  Plan,
  QuotaPlan,
  Resources,
} from "../plan/plan.ts";
import { planCluster } from "../plan/cluster.ts";
import { tenantContext } from "../plan/context.ts";
import { planTenant } from "../plan/tenant.ts";
import { TIERS } from "../plan/tiers.ts";

/** What a field comes to when it is left out: read from the plan of a record that leaves it out. */
type Default = string | ((plan: Plan) => string | number | boolean);

const TIER_NAMES = ["small", "standard", "large"] as const;

/** Defaults of tenants' fields by path. Fields that are not here are maps whose own fields are. */
export function tenantDefaults(): Record<string, Default> {
  return {
    channel: (plan) => plan.channel,
    state: (plan) => plan.state,
    retireAfter: "only with state `retiring`, and then required",
    tier: (plan) => plan.tier,
    labels: "none",
    organizations: "none",
    "organizations[].displayName": "the organization's id",
    "organizations[].group": "`owner.group`",
    "organizations[].state": "`active`",
    "organizations[].mcp": "`false`",
    "organizations[].mcp.roles": (plan) => JSON.stringify(mcpKey(plan).roles),
    "organizations[].mcp.namespaces": '`["*"]`',
    ...quotaDefaults("organizations[].mcp.quota", (plan) => mcp(plan).quota),
    ...limitDefaults("organizations[].mcp.limits", (plan) => mcp(plan).limitRange),
    ...quotaDefaults("organizations[].quota", (plan) => organization(plan).quota),
    ...limitDefaults("organizations[].limits", (plan) => organization(plan).limitRange),
    ...quotaDefaults("quota", (plan) => root(plan).quota),
    ...limitDefaults("limits", (plan) => root(plan).limitRange),
    "placement.nodeSelector": "none",
    "placement.tolerations": "none",
    "placement.priority": "none",
    "redis.mode": "the first that the cluster has",
    "redis.memory": ({ redis }) =>
      redis.mode === "standalone" ? redis.resources.limits.memory : "",
    "redis.storage.size": ({ redis }) => (redis.mode === "standalone" ? redis.storage.size : ""),
    "redis.storage.class": "the cluster's default class",
    "redis.durability": ({ redis }) => (redis.mode === "standalone" ? redis.durability : ""),
    "redis.external": "only with mode `external`, and then required",
    "redis.external.port": "`6379`",
    "redis.external.tls": "`true`",
    "redis.external.cluster": "`false`",
    archive: "none",
    "archive.enabled": "`false`",
    "archive.retention": "`7d`",
    "archive.fullText": "`true`",
    "archive.buffer.records": `\`${BUFFER_RECORDS}\``,
    "archive.buffer.bytes": "no bound of its own: what Redis keeps",
    "archive.storage.size": perTier((tier) => TIERS[tier].archive.storage),
    "archive.storage.class": "the cluster's default class",
    "archive.resources.requests.cpu": ofArchive((own) => own.requests.cpu),
    "archive.resources.requests.memory": ofArchive((own) => own.requests.memory),
    "archive.resources.limits.cpu": ofArchive((own) => own.limits.cpu),
    "archive.resources.limits.memory": ofArchive((own) => own.limits.memory),
    "logService.replicas.min": ({ logService }) => logService.replicas.min,
    "logService.replicas.max": ({ logService }) => logService.replicas.max,
    "logService.resources.requests.cpu": ({ logService }) => logService.resources.requests.cpu,
    "logService.resources.requests.memory": ({ logService }) =>
      logService.resources.requests.memory,
    "logService.resources.limits.cpu": ({ logService }) => logService.resources.limits.cpu,
    "logService.resources.limits.memory": ({ logService }) => logService.resources.limits.memory,
    "logService.autoscaling.cpuUtilization": ({ logService }) => logService.cpuUtilization,
    "logService.autoscaling.recommendations": "whether the cluster has the VerticalPodAutoscaler",
    "logService.namespaces.enabled": ({ logService }) => logService.namespaces.enabled,
    "logService.namespaces.default": ({ logService }) => logService.namespaces.default,
    "logService.namespaces.lanes": ({ logService }) =>
      `${logService.namespaces.lanes}; with redis.external.cluster ${CLUSTER_LANES}`,
    "logService.retention.age": ({ logService }) => `${logService.retention.ageSeconds / 86_400}d`,
    "logService.retention.bytes": `${RETENTION_PERCENT} % of Redis' maxmemory; with an external Redis ${perTier((tier) => TIERS[tier].logService.retention.externalBytes)}`,
    "logService.retention.watermark": ({ logService }) => logService.retention.watermarkPercent,
    "logService.retention.namespaces": "none",
    "logService.retention.namespaces.<name>.age": "`logService.retention.age`",
    "logService.retention.namespaces.<name>.bytes": "no bound of its own",
    "logService.redaction": "nothing is taken out",
    "logService.redaction.fields": "none",
    "logService.redaction.presets": "none",
    "logService.redaction.patterns": "none",
    "logService.redaction.patterns[].ignoreCase": "`false`",
    "logService.tls": "plain HTTP",
    "logService.tls.authority": "who signs for everybody",
    "logService.tls.clientCa": "none are asked for",
    "logService.tls.clientCa.secret.key": "`ca.crt`",
    "logService.syslog": "off",
    "logService.syslog.tcp": "`false`",
    "logService.syslog.udp": "`false`",
    "logService.syslog.tls": "`false`",
    "logService.syslog.namespace": "`logService.namespaces.default`",
    "logService.syslog.zone": "`UTC`",
    "logService.work.place": `\`inside\`; with an archive ${perTier((tier) => TIERS[tier].workWithArchive)}`,
    "logService.work.resources.requests.cpu": perTier((tier) => TIERS[tier].work.requests.cpu),
    "logService.work.resources.requests.memory": perTier(
      (tier) => TIERS[tier].work.requests.memory,
    ),
    "logService.work.resources.limits.cpu": perTier((tier) => TIERS[tier].work.limits.cpu),
    "logService.work.resources.limits.memory": perTier((tier) => TIERS[tier].work.limits.memory),
    "logService.queries.slowMilliseconds": ({ logService }) => logService.queries.slowMilliseconds,
    "logService.queries.logText": ({ logService }) => logService.queries.logText,
    "logService.logLevel": ({ logService }) => logService.logLevel,
    "logService.mcpToolNames": ({ logService }) => logService.mcpToolNames,
    "logService.mcpWebSocket": ({ logService }) => logService.mcpWebSocket,
    "logService.hosts": "`<id>.<suffix of the cluster>`",
    "logService.rateLimits.recordsPerSecond": ({ logService }) =>
      logService.rateLimits.recordsPerSecond,
    "logService.rateLimits.bytesPerSecond": ({ logService }) =>
      formatBytes(logService.rateLimits.bytesPerSecond),
    "network.api.organizations": "all of them",
    "network.api.ingress": ({ api }) => api.ingress,
    "network.api.cidrs": "none",
    "network.rules": "none",
    "network.rules[].pods": "every pod of the namespace",
    "network.rules[].from": "required with direction `ingress`, and only then",
    "network.rules[].to": "required with direction `egress`, and only then",
    ...peerDefaults("network.rules[].from"),
    ...peerDefaults("network.rules[].to"),
    "network.rules[].ports[].endPort": "one port alone",
    "network.rules[].ports[].protocol": "`TCP`",
    "access.keys": "none",
    ...wayInDefaults("access.keys[]"),
    "access.keys[].secret.name": "`log-service-key-hashes`",
    "access.keys[].secret.key": "the key's name",
    "access.certificates": "none",
    ...wayInDefaults("access.certificates[]"),
    "access.oidc": "no tokens are taken",
    "access.oidc.jwksUri": "what the issuer's discovery document says",
    "access.oidc.algorithms": '`["RS256","ES256","EdDSA"]`',
    "access.oidc.rolesClaim": "`roles`",
    "access.oidc.roles": "our own names",
    "access.oidc.namespacesClaim": "none",
    "access.oidc.namespaces": "none; required without namespacesClaim",
    "access.oidc.clockTolerance": "`30`",
    "access.oidc.egress.to[].cidr": "this or namespace",
    "access.oidc.egress.to[].except": "none",
    "access.oidc.egress.to[].namespace": "this or cidr",
    "access.oidc.egress.ports": "those of the addresses above",
  };
}

/** The defaults as text: one value, or one for each tier. */
export function defaultTexts(): Map<string, string> {
  const plans = TIER_NAMES.map(samplePlan);
  return new Map(
    Object.entries(tenantDefaults()).map(([path, value]) => {
      if (typeof value === "string") return [path, value];
      const texts = plans.map((plan) => `\`${value(plan)}\``);
      const [first = ""] = texts;
      // The tier itself is what differs between the plans, not what it comes to when it is left out.
      const alike = path === "tier" || texts.every((text) => text === first);
      return [path, alike ? first : texts.join(" / ")];
    }),
  );
}

const perTier = (text: (tier: (typeof TIER_NAMES)[number]) => string): string =>
  TIER_NAMES.map((tier) => `\`${text(tier)}\``).join(" / ");

const ofArchive = (text: (resources: Resources) => string): string =>
  perTier((tier) => text(TIERS[tier].archive.resources));

function quotaDefaults(path: string, quota: (plan: Plan) => QuotaPlan): Record<string, Default> {
  return {
    [`${path}.requests.cpu`]: (plan) => quota(plan).requests.cpu,
    [`${path}.requests.memory`]: (plan) => quota(plan).requests.memory,
    [`${path}.limits.cpu`]: (plan) => quota(plan).limits.cpu,
    [`${path}.limits.memory`]: (plan) => quota(plan).limits.memory,
    [`${path}.pods`]: (plan) => quota(plan).pods,
    [`${path}.storage`]: (plan) => quota(plan).storage,
    [`${path}.claims`]: (plan) => quota(plan).claims,
    [`${path}.services`]: (plan) => quota(plan).services,
  };
}

function limitDefaults(
  path: string,
  range: (plan: Plan) => LimitRangePlan,
): Record<string, Default> {
  const parts = ["default", "defaultRequest", "max"] as const;
  return Object.fromEntries(
    parts.flatMap((part) => [
      [`${path}.${part}.cpu`, (plan: Plan) => range(plan)[part].cpu],
      [`${path}.${part}.memory`, (plan: Plan) => range(plan)[part].memory],
    ]),
  );
}

const wayInDefaults = (path: string): Record<string, Default> => ({
  [`${path}.role`]: "this or roles is required",
  [`${path}.roles`]: "this or role is required",
  [`${path}.namespaces`]: "all of them",
  [`${path}.expires`]: "never",
});

const peerDefaults = (path: string): Record<string, Default> => ({
  [`${path}[].cidr`]: "exactly one of the three",
  [`${path}[].except`]: "none",
  [`${path}[].organization`]: "exactly one of the three",
  [`${path}[].namespace`]: "exactly one of the three",
});

/** A record that leaves out all that it can, resolved. */
function samplePlan(tier: (typeof TIER_NAMES)[number]): Plan {
  const context = planCluster(SAMPLE_CLUSTER, ["next"], unexpected);
  const record = {
    id: "sample",
    displayName: "Sample",
    owner: { contact: "sample", group: "sample" },
    cluster: "sample",
    ...(tier === "small" ? {} : { tier }),
    organizations: [{ id: "sample", mcp: true }],
  };
  const plan = planTenant(tenantContext(record, context, unexpected));
  if (plan === null) throw new Error("the sample record has no plan");
  return plan;
}

function unexpected(code: string): void {
  throw new Error(`the sample record is wrong: ${code}`);
}

const IMAGE = `registry.example/image@sha256:${"0".repeat(64)}`;
const CHANNEL = {
  release: "next",
  images: { logService: IMAGE, redis: IMAGE, redisExporter: IMAGE },
};
const PODS = { namespace: "sample", podLabels: { app: "sample" } };
const SAMPLE_CLUSTER: ClusterRecord = {
  name: "sample",
  kubernetes: "1.36",
  argocd: "3.5",
  storageClasses: [{ name: "retain", reclaimPolicy: "Retain", expandable: true, default: true }],
  exposure: { ingress: { class: "public", issuer: "issuer", controller: PODS } },
  dns: { suffix: "logs.example.com" },
  secrets: { provider: "manual" },
  network: { nodeCidrs: ["10.0.0.0/24"], podCidrs: ["10.1.0.0/16"], serviceCidrs: ["10.2.0.0/16"] },
  redis: { modes: ["standalone"] },
  verticalPodAutoscaler: false,
  monitoring: PODS,
  capacity: { cpu: 1, memory: "1Gi", storage: "1Gi", pods: 1 },
  channels: { stable: CHANNEL, canary: CHANNEL },
};

const root = (plan: Plan): NamespacePlan => find(plan, (one) => one.role === "root");
const organization = (plan: Plan): OrganizationNamespacePlan =>
  find(plan, (one): one is OrganizationNamespacePlan => one.role === "organization");
const mcp = (plan: Plan): McpNamespacePlan =>
  find(plan, (one): one is McpNamespacePlan => one.role === "mcp");

function find<T extends NamespacePlan>(plan: Plan, is: (one: NamespacePlan) => one is T): T;
function find(plan: Plan, is: (one: NamespacePlan) => boolean): NamespacePlan;
function find(plan: Plan, is: (one: NamespacePlan) => boolean): NamespacePlan {
  const found = plan.namespaces.find(is);
  if (found === undefined) throw new Error("the sample plan lacks a namespace");
  return found;
}

function mcpKey(plan: Plan): Plan["access"]["keys"][number] {
  const found = plan.access.keys.find((key) => key.mcpOrganization !== null);
  if (found === undefined) throw new Error("the sample plan lacks the MCP endpoint's key");
  return found;
}
