// Records with a value in every field, as JSON, which is YAML too. One for a cluster like `home`, one for one like `cloud`.
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { planRecords } from "../../../generator/plan/repository.ts";
import type { Plan } from "../../../generator/plan/plan.ts";
import { root as project } from "../../../tools/root.ts";

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const amounts = (cpu: string, memory: string) => ({ cpu, memory });
const both = (cpu: string, memory: string) => ({
  requests: amounts(cpu, memory),
  limits: amounts(cpu, memory),
});
const quota = { ...both("20", "40Gi"), pods: 40, storage: "60Gi", claims: 6, services: 9 };
const bounds = {
  default: amounts("200m", "256Mi"),
  defaultRequest: amounts("100m", "128Mi"),
  max: amounts("4", "8Gi"),
};
const port = { port: 443, endPort: 445, protocol: "TCP" };

export const homeRecord: Json = {
  id: "acme",
  displayName: "Acme Shop",
  owner: { contact: "logs@acme.example", group: "acme-platform" },
  cluster: "home",
  channel: "stable",
  state: "active",
  tier: "small",
  labels: { team: "shop" },
  organizations: [
    {
      id: "web",
      displayName: "Web team",
      group: "acme-web",
      state: "active",
      mcp: { roles: ["reader"], namespaces: ["default"], quota, limits: bounds },
      quota,
      limits: bounds,
    },
    { id: "shop", mcp: false },
  ],
  quota,
  limits: bounds,
  placement: { nodeSelector: { disk: "ssd" }, tolerations: ["spot"], priority: "tenant-default" },
  redis: {
    mode: "standalone",
    memory: "512Mi",
    storage: { size: "5Gi", class: "local-retain" },
    durability: "always",
  },
  archive: {
    enabled: true,
    retention: "30d",
    fullText: true,
    buffer: { records: 200_000, bytes: "50Mi" },
    storage: { size: "10Gi", class: "local-retain" },
    resources: { requests: amounts("100m", "512Mi"), limits: amounts("1", "512Mi") },
  },
  logService: {
    replicas: { min: 1, max: 3 },
    resources: { requests: amounts("100m", "192Mi"), limits: amounts("1", "384Mi") },
    autoscaling: { cpuUtilization: 70, recommendations: true },
    namespaces: { enabled: true, default: "default", lanes: 1 },
    retention: {
      age: "7d",
      bytes: "100Mi",
      watermark: 85,
      namespaces: { debug: { age: "1d", bytes: "10Mi" } },
    },
    redaction: {
      fields: ["password"],
      presets: ["card-numbers"],
      patterns: [{ name: "tickets", pattern: String.raw`TK-\d{6}`, ignoreCase: true }],
    },
    syslog: { tcp: true, udp: true, namespace: "devices", zone: "UTC" },
    work: {
      place: "apart",
      resources: { requests: amounts("50m", "160Mi"), limits: amounts("1", "384Mi") },
    },
    queries: { slowMilliseconds: 1000, logText: false },
    logLevel: "info",
    mcpToolNames: "dotted",
    mcpWebSocket: true,
    hosts: ["acme.logs.home.example"],
    rateLimits: { recordsPerSecond: 5000, bytesPerSecond: "5Mi" },
  },
  network: {
    api: { organizations: ["web"], ingress: true, cidrs: ["203.0.113.0/24"] },
    rules: [
      {
        name: "to-block",
        namespace: "web",
        pods: { app: "a" },
        direction: "egress",
        to: [{ cidr: "198.51.100.0/24", except: ["198.51.100.0/28"] }],
        ports: [port],
      },
      {
        name: "to-shared",
        namespace: "web",
        direction: "egress",
        to: [{ namespace: "shared-mail" }],
        ports: [port],
      },
      {
        name: "to-own",
        namespace: "web",
        direction: "egress",
        to: [{ organization: "shop" }],
        ports: [port],
      },
      {
        name: "from-block",
        namespace: "web",
        direction: "ingress",
        from: [{ cidr: "198.51.100.0/24", except: ["198.51.100.0/28"] }],
        ports: [port],
      },
      {
        name: "from-shared",
        namespace: "web",
        direction: "ingress",
        from: [{ namespace: "shared-mail" }],
        ports: [port],
      },
      {
        name: "from-own",
        namespace: "web",
        direction: "ingress",
        from: [{ organization: "shop" }],
        ports: [port],
      },
    ],
  },
  access: {
    keys: [
      {
        name: "checkout",
        role: "writer",
        namespaces: ["default"],
        expires: "2031-01-31",
        secret: { name: "hashes", key: "checkout" },
      },
      { name: "assistant", roles: ["writer", "reader"] },
    ],
    oidc: {
      issuer: "https://login.acme.example/realms/acme",
      audience: "neurallog",
      jwksUri: "https://login.acme.example/keys",
      algorithms: ["RS256"],
      rolesClaim: "roles",
      roles: { writers: "writer" },
      namespacesClaim: "namespaces",
      namespaces: ["default"],
      clockTolerance: 30,
      egress: {
        to: [
          { cidr: "198.51.100.0/24", except: ["198.51.100.0/28"] },
          { namespace: "shared-mail" },
        ],
        ports: [443],
      },
    },
  },
};

export const cloudRecord: Json = {
  id: "acme",
  displayName: "Acme Shop",
  owner: { contact: "logs@acme.example", group: "acme-platform" },
  cluster: "cloud",
  redis: {
    mode: "external",
    external: {
      host: "acme.redis.example",
      port: 6380,
      tls: true,
      cidr: "10.40.0.0/28",
      secret: { name: "managed-redis" },
    },
  },
};

/** The same on a listener with TLS, which no ingress controller reaches. */
export const tlsRecord: Json = withValues(homeRecord, {
  "network.api.ingress": false,
  "logService.syslog.tls": true,
  "logService.hosts": undefined,
  "logService.tls": {
    secret: { name: "listener" },
    authority: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    clientCa: { secret: { name: "agents", key: "ca.crt" } },
  },
  "access.certificates": [
    {
      name: "agents",
      role: "writer",
      namespaces: ["default"],
      expires: "2031-01-31",
      subject: "dns:agents.acme.example",
    },
    { name: "robots", roles: ["writer", "reader"], subject: "cn:robots" },
  ],
});

/** A copy with other values in some places, or without them: `{"owner.contact": "x", "organizations[0].id": undefined}`. */
export function withValues(record: Json, values: Readonly<Record<string, Json | undefined>>): Json {
  // Not structuredClone: it keeps what two fields share shared, and one change would be two.
  const copy: Json = JSON.parse(JSON.stringify(record));
  for (const [path, value] of Object.entries(values)) {
    const steps = path.split(/[.[\]]+/).filter((step) => step !== "");
    const last = steps.pop() ?? "";
    let at: Json = copy;
    for (const step of steps) at = member(at, step);
    if (typeof at !== "object" || at === null) throw new Error(`the record has no ${path}`);
    if (value === undefined) Reflect.deleteProperty(at, last);
    else Reflect.set(at, last, value);
  }
  return copy;
}

function member(value: Json, step: string): Json {
  const found: Json | undefined =
    typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined;
  if (found === undefined) throw new Error(`the record has no ${step}`);
  return found;
}

/** The repository's clusters, with a second entry in the lists of which a change needs two. */
function clusterFiles(): Map<string, string> {
  return new Map(
    ["home", "cloud"].map((name) => {
      const file = `overlays/${name}/cluster.yaml`;
      const record: Json = parse(readFileSync(`${project}/${file}`, "utf8"));
      const changed = withValues(record, {
        "network.sharedNamespaces": ["shared-mail", "shared-other"],
        "channels.canary.images.logService": `ghcr.io/neurallog/log-service@sha256:${"c".repeat(64)}`,
        capacity: { cpu: 9999, memory: "99Ti", storage: "99Ti", pods: 99999 },
      });
      return [file, JSON.stringify(changed)];
    }),
  );
}

/** The plan of a record; throws with what is wrong with it. */
export function planOf(record: Json): Plan {
  const id = String(member(record, "id"));
  const { plans, problems } = planRecords({
    tenants: new Map([[`tenants/${id}.yaml`, JSON.stringify(record)]]),
    clusters: clusterFiles(),
    releases: ["next"],
  });
  const [plan] = plans;
  if (problems.length > 0 || plan === undefined) {
    throw new Error(problems.map(({ message }) => message).join("; "));
  }
  return plan;
}
