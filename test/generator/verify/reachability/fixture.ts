import type { Network } from "../../../../generator/manifests/network.ts";
import type { RawPolicy, RawPolicySpec } from "../../../../generator/manifests/network-policy.ts";
import type { NamespacePlan, Plan } from "../../../../generator/plan/plan.ts";

/** A small tenant with one organization and its MCP endpoint, by hand: the proof's tests need no generator. */

const amounts = { cpu: "1", memory: "1Gi" };
const quota = {
  requests: amounts,
  limits: amounts,
  pods: 10,
  storage: "0",
  claims: 0,
  services: 5,
};
const limitRange = { default: amounts, defaultRequest: amounts, max: amounts };

export const NAME = "kubernetes.io/metadata.name";
export const TENANT = "neurallog.dev/tenant";
export const APP = "app.kubernetes.io/name";

export const DNS = { namespace: "kube-system", podLabels: { "k8s-app": "kube-dns" } };
export const CONTROLLER = { namespace: "neurallog-ingress", podLabels: { app: "envoy" } };
export const MONITORING = { namespace: "neurallog-monitoring", podLabels: { app: "prometheus" } };

export function planOf(id: string, change: Partial<Plan> = {}): Plan {
  const base = { displayName: id, group: id, closed: false, quota, limitRange, rules: [] };
  const root = `tenant-${id}`;
  const namespaces: NamespacePlan[] = [
    { ...base, role: "root", name: root },
    {
      ...base,
      role: "organization",
      name: `${root}-org-web`,
      organization: "web",
      callsApi: true,
      mcpNamespace: `${root}-org-web-mcp`,
    },
    {
      ...base,
      role: "mcp",
      name: `${root}-org-web-mcp`,
      organization: "web",
      organizationNamespace: `${root}-org-web`,
      replicas: 1,
      resources: { requests: amounts, limits: amounts },
      keyName: "mcp-web",
    },
  ];
  return {
    id,
    displayName: id,
    contact: `logs@${id}.example`,
    group: id,
    tier: "small",
    channel: "stable",
    release: "next",
    state: "active",
    retireAfter: null,
    labels: {},
    cluster: {
      name: "home",
      kubernetes: "1.36",
      argocd: "3.5",
      exposure: {
        kind: "gateway",
        gateway: { name: "logs", namespace: "neurallog-ingress", listener: "https" },
        controller: CONTROLLER,
      },
      dns: { resolver: DNS, cidrs: ["169.254.20.10/32"] },
      monitoring: MONITORING,
      protectedCidrs: [
        "10.42.0.0/16",
        "10.43.0.0/16",
        "192.168.1.0/24",
        "169.254.0.0/16",
        "fd00:244::/56",
      ],
      podCidrs: ["10.42.0.0/16"],
      imagePullSecrets: [],
      secretsProvider: "manual",
    },
    placement: { nodeSelector: {}, tolerations: [], priorityClassName: null },
    namespaces,
    redis: {
      mode: "standalone",
      image: "redis",
      exporterImage: "exporter",
      resources: { requests: amounts, limits: amounts },
      exporterResources: { requests: amounts, limits: amounts },
      maxmemoryBytes: 1,
      durability: "always",
      storage: { size: "1Gi", class: "local-retain" },
      loadSeconds: 10,
    },
    archive: null,
    logService: {
      image: "log-service",
      running: true,
      replicas: { min: 1, max: 1 },
      resources: { requests: amounts, limits: amounts },
      cpuUtilization: 70,
      recommendations: false,
      namespaces: { enabled: true, default: "default", lanes: 1 },
      retention: { ageSeconds: 1, bytes: 1, watermarkPercent: 85, namespaces: {} },
      rateLimits: { recordsPerSecond: 1, bytesPerSecond: 1 },
      drainSeconds: 1,
      hosts: [`${id}.logs.home.example`],
      heapMebibytes: 1,
      redaction: null,
      tls: null,
      syslog: null,
      work: { place: "inside" },
      queries: { slowMilliseconds: 1000, logText: false },
      logLevel: "info",
      mcpToolNames: "dotted",
      mcpWebSocket: false,
    },
    api: { namespaces: [`${root}-org-web`], ingress: true, blocks: [] },
    access: { keys: [], certificates: [], oidc: null },
    secrets: { provider: "manual" },
    ...change,
  };
}

function namespaceLabels(id: string, role: string) {
  return { [TENANT]: id, "neurallog.dev/role": role };
}

/** What a correct overlay of that tenant renders. */
export function networkOfTenant(id: string): Network {
  const root = `tenant-${id}`;
  const organization = `${root}-org-web`;
  const mcp = `${organization}-mcp`;
  const tcp = (name: string, port: number) => ({ name, protocol: "TCP" as const, port });
  const pod = (
    namespace: string,
    owner: string,
    name: string,
    ports: ReturnType<typeof tcp>[],
  ) => ({
    namespace,
    owner,
    labels: { [APP]: name, "app.kubernetes.io/part-of": "neurallog" },
    hostNetwork: false,
    ports,
  });
  const service = (namespace: string, name: string, port: number, target: string) => ({
    namespace,
    name,
    type: "ClusterIP",
    externalIPs: [],
    selector: { [APP]: name },
    ports: [{ port, target, protocol: "TCP" as const }],
  });
  return {
    namespaces: [
      { name: root, labels: namespaceLabels(id, "root") },
      { name: organization, labels: namespaceLabels(id, "organization") },
      { name: mcp, labels: namespaceLabels(id, "mcp") },
    ],
    policies: policiesOf(id),
    pods: [
      pod(root, "Deployment log-service", "log-service", [tcp("http", 8080), tcp("ops", 9464)]),
      pod(root, "StatefulSet redis", "redis", [tcp("redis", 6379), tcp("exporter", 9121)]),
      pod(mcp, "Deployment mcp", "mcp", [tcp("http", 8080), tcp("ops", 9464)]),
    ],
    services: [
      service(root, "log-service", 8080, "http"),
      service(root, "redis", 6379, "redis"),
      service(mcp, "mcp", 8080, "http"),
    ],
    routes: [
      {
        namespace: root,
        name: "log-service",
        kind: "HTTPRoute",
        hosts: [`${id}.logs.home.example`],
        backends: [{ namespace: root, service: "log-service", port: 8080 }],
      },
    ],
  };
}

const tcp = (...ports: number[]) => ports.map((port) => ({ port, protocol: "TCP" as const }));
const dnsPorts = [
  { port: 53, protocol: "UDP" as const },
  { port: 53, protocol: "TCP" as const },
];
const app = (name: string) => ({ podSelector: { matchLabels: { [APP]: name } } });
const inNamespace = (name: string) => ({ namespaceSelector: { matchLabels: { [NAME]: name } } });
const podsOf = ({ namespace, podLabels }: typeof DNS | typeof CONTROLLER) => ({
  ...inNamespace(namespace),
  podSelector: { matchLabels: podLabels },
});

export function policiesOf(id: string): RawPolicy[] {
  const root = `tenant-${id}`;
  const organization = `${root}-org-web`;
  const mcp = `${organization}-mcp`;
  const policy = (namespace: string, name: string, spec: RawPolicySpec) => ({
    namespace,
    name,
    spec,
  });
  const common = [root, organization, mcp].flatMap((namespace) => [
    policy(namespace, "default-deny", { podSelector: {}, policyTypes: ["Ingress", "Egress"] }),
    policy(namespace, "dns", {
      ...(namespace === root ? app("log-service") : { podSelector: {} }),
      policyTypes: ["Egress"],
      egress: [
        { to: [podsOf(DNS)], ports: dnsPorts },
        { to: [{ ipBlock: { cidr: "169.254.20.10/32" } }], ports: dnsPorts },
      ],
    }),
  ]);
  return [
    ...common,
    policy(root, "redis", {
      ...app("redis"),
      policyTypes: ["Ingress"],
      ingress: [
        { from: [app("log-service")], ports: tcp(6379) },
        { from: [podsOf(MONITORING)], ports: tcp(9121) },
      ],
    }),
    policy(root, "log-service", {
      ...app("log-service"),
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        { from: [podsOf(CONTROLLER)], ports: tcp(8080) },
        { from: [inNamespace(organization)], ports: tcp(8080) },
        { from: [{ ...inNamespace(mcp), ...app("mcp") }], ports: [{ port: "http" }] },
        { from: [podsOf(MONITORING)], ports: tcp(9464) },
      ],
      egress: [{ to: [app("redis")], ports: tcp(6379) }],
    }),
    policy(organization, "workloads", {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [{ podSelector: {} }] }],
      egress: [
        { to: [{ podSelector: {} }] },
        { to: [{ ...inNamespace(root), ...app("log-service") }], ports: tcp(8080) },
        { to: [{ ...inNamespace(mcp), ...app("mcp") }], ports: tcp(8080) },
      ],
    }),
    policy(mcp, "mcp", {
      ...app("mcp"),
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        { from: [inNamespace(organization)], ports: tcp(8080) },
        { from: [podsOf(MONITORING)], ports: tcp(9464) },
      ],
      egress: [{ to: [{ ...inNamespace(root), ...app("log-service") }], ports: tcp(8080) }],
    }),
  ];
}
