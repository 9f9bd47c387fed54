import type { Role } from "../record/schema/tenant.ts";

/**
 * A tenant with nothing left open: every default applied, every number derived, every reference
 * resolved. Rendering reads it and decides nothing. Quantities are canonical Kubernetes text.
 */

export type Amounts = { cpu: string; memory: string };
export type Resources = { requests: Amounts; limits: Amounts };

export type QuotaPlan = {
  requests: Amounts;
  limits: Amounts;
  pods: number;
  /** `requests.storage`; "0" in namespaces without claims. */
  storage: string;
  claims: number;
  services: number;
};

export type LimitRangePlan = { default: Amounts; defaultRequest: Amounts; max: Amounts };

export type NamespaceRole = "root" | "organization" | "mcp";

type NamespaceBase = {
  /** The Kubernetes name. */
  name: string;
  displayName: string;
  /** Group that owns it: the subject of its RoleBinding. */
  group: string;
  /**
   * Nobody gets in: of a suspended or retiring tenant, or of a retiring organization. All that
   * follows from it is already in the plan: no callers, no rules, zero replicas, and a zero quota
   * outside the root namespace, where Redis stays.
   */
  closed: boolean;
  quota: QuotaPlan;
  limitRange: LimitRangePlan;
  /** Custom rules of this namespace, ports and excepts resolved. */
  rules: RulePlan[];
};

export type RootNamespacePlan = NamespaceBase & { role: "root" };
export type OrganizationNamespacePlan = NamespaceBase & {
  role: "organization";
  organization: string;
  /** Whether its pods may call the log service. */
  callsApi: boolean;
  /** Name of its MCP namespace, which its pods may call. */
  mcpNamespace: string | null;
};
export type McpNamespacePlan = NamespaceBase & {
  role: "mcp";
  organization: string;
  /** Name of the organization's namespace: the endpoint's callers, unless it is closed. */
  organizationNamespace: string;
  replicas: number;
  resources: Resources;
  /** The API key in `AccessPlan.keys` that the endpoint uses; its plain value is in the Secret `mcp-log-service-key`, key `key`. */
  keyName: string;
};
export type NamespacePlan = RootNamespacePlan | OrganizationNamespacePlan | McpNamespacePlan;

export type IpBlock = { cidr: string; except: string[] };

export type PeerPlan =
  | ({ kind: "ipBlock" } & IpBlock)
  /** A namespace by its Kubernetes name: one of this tenant's, or shared by the cluster. */
  | { kind: "namespace"; namespace: string };

export type RulePlan = {
  name: string;
  direction: "ingress" | "egress";
  /** Labels of the pods it is for; `{}` is every pod. In the root namespace always the log service's. */
  podLabels: Record<string, string>;
  peers: PeerPlan[];
  ports: { port: number; endPort: number | null; protocol: "TCP" | "UDP" | "SCTP" }[];
};

export type StandaloneRedis = {
  mode: "standalone";
  image: string;
  exporterImage: string;
  resources: Resources;
  exporterResources: Resources;
  maxmemoryBytes: number;
  durability: "always" | "everysec";
  storage: { size: string; class: string };
  /** Start-up probe: seconds until Redis must have loaded a full volume. */
  loadSeconds: number;
};
export type ExternalRedis = {
  mode: "external";
  host: string;
  port: number;
  tls: boolean;
  /** Whether `host` is one way into a Redis Cluster. */
  cluster: boolean;
  cidr: string;
  secretName: string;
};
export type RedisPlan = StandaloneRedis | ExternalRedis;

/** Numbers of a PostgreSQL that follow from its container's memory and its volume. */
export type PostgresSizes = {
  sharedBuffersBytes: number;
  cacheBytes: number;
  workBytes: number;
  maintenanceBytes: number;
  walBytes: number;
  connections: number;
  /** Processes that help with a question, of all questions together. */
  parallelWorkers: number;
};
export type OwnDatabase = {
  mode: "own";
  image: string;
  resources: Resources;
  sizes: PostgresSizes;
  storage: { size: string; class: string };
  /** Start-up probe: seconds until it must have replayed its log after a crash. */
  startSeconds: number;
};
export type ExternalDatabase = {
  mode: "external";
  host: string;
  port: number;
  /** Of this tenant alone. */
  name: string;
  /** PEM of who signed the server's certificate; null: nothing is encrypted on the way. */
  authority: string | null;
  peer: { kind: "ipBlock"; cidr: string } | ({ kind: "pods" } & PodsPlan);
};
export type ArchivePlan = {
  database: OwnDatabase | ExternalDatabase;
  retentionSeconds: number;
  fullText: boolean;
  /** What may wait for it; `bytes` is null where only the records are counted. */
  buffer: { records: number; bytes: number | null };
};

export type LogServicePlan = {
  image: string;
  /**
   * False while suspended: zero replicas. A retiring tenant keeps a single one (no autoscaler), which
   * nobody can reach, so that its logs can still be exported; its quota counts that one.
   */
  running: boolean;
  replicas: { min: number; max: number };
  resources: Resources;
  cpuUtilization: number;
  /** A VerticalPodAutoscaler with updateMode Off. */
  recommendations: boolean;
  namespaces: { enabled: boolean; default: string; /** Streams of each. */ lanes: number };
  retention: RetentionPlan;
  rateLimits: { recordsPerSecond: number; bytesPerSecond: number };
  /** How long a terminating replica drains; NEURALLOG_DRAIN_SECONDS. */
  drainSeconds: number;
  hosts: string[];
  /** The main thread's heap: `--max-old-space-size`, in MiB. */
  heapMebibytes: number;
  /** Null where nothing is taken out of records. */
  redaction: RedactionPlan | null;
  /** Null where the listener speaks plain HTTP. */
  tls: TlsPlan | null;
  /** Null where it is off. */
  syslog: SyslogPlan | null;
  work: WorkPlan;
  queries: { slowMilliseconds: number; logText: boolean };
  logLevel: string;
  mcpToolNames: "dotted" | "underscore";
  /** Whether MCP is spoken over WebSocket, on a port of its own. */
  mcpWebSocket: boolean;
};

export type RetentionPlan = {
  ageSeconds: number;
  bytes: number;
  watermarkPercent: number;
  /** Of single logical namespaces, instead of the age and within the bytes; null where they have none of their own. */
  namespaces: Record<string, { ageSeconds: number | null; bytes: number | null }>;
};

export type RedactionPlan = {
  fields: readonly string[];
  presets: readonly string[];
  patterns: { name: string; pattern: string; ignoreCase: boolean }[];
};

export type TlsPlan = {
  /** Entries `tls.crt` and `tls.key`. */
  secretName: string;
  /** Of who signs client certificates; null where none are asked for. */
  clientCa: { secretName: string; key: string } | null;
  /** PEM of who signed the certificate, for those who call from inside; null where everybody knows it. */
  authority: string | null;
};

export type SyslogPlan = {
  tcp: boolean;
  udp: boolean;
  /** Over TCP with TLS, by the listener's certificate. */
  tls: boolean;
  namespace: string;
  zone: string;
  /** Who may send, as the log service itself checks it; the policies are narrower. */
  networks: string[];
};

export type WorkPlan =
  /** In each replica, one of which does it at a time. */
  | { place: "inside" }
  /** In a Deployment of one pod. */
  | { place: "apart"; resources: Resources; heapMebibytes: number };

/** An API key as the log service knows it, and where its hash is. */
export type KeyPlan = {
  name: string;
  /** What they allow together. */
  roles: readonly Role[];
  /** `["*"]` or names. */
  namespaces: string[];
  secret: { name: string; key: string };
  /** The organization whose MCP endpoint holds the plain value, in the Secret `mcp-log-service-key`; null for keys of the record. */
  mcpOrganization: string | null;
  /** RFC 3339; null for never. */
  expires: string | null;
};

/** A client certificate as the log service knows it. */
export type CertificatePlan = {
  name: string;
  roles: readonly Role[];
  namespaces: string[];
  expires: string | null;
  /** A name in it with its kind: `dns:agent.example`. */
  subject: string;
};

/** Whose access tokens are taken. The way to it is a rule of the root namespace, named by `OIDC_RULE`. */
export type OidcPlan = {
  issuer: string;
  audience: readonly string[];
  /** Null: asked from the issuer's discovery document. */
  jwksUri: string | null;
  algorithms: readonly string[];
  rolesClaim: string;
  /** Null: the claim's values are our roles' names. */
  roles: Readonly<Record<string, Role>> | null;
  namespacesClaim: string | null;
  namespaces: readonly string[];
  clockToleranceSeconds: number;
};

export type PodsPlan = { namespace: string; podLabels: Record<string, string> };

export type ExposurePlan =
  | {
      kind: "gateway";
      gateway: { name: string; namespace: string; listener: string };
      controller: PodsPlan;
    }
  | { kind: "ingress"; class: string; issuer: string; controller: PodsPlan };

export type SecretsPlan =
  | { provider: "manual" }
  | {
      provider: "external-secrets";
      vault: { server: string; path: string; auth: string; role: string; keyPrefix: string };
      refresh: string;
    };

export type Toleration = {
  key: string;
  operator: "Equal" | "Exists";
  value: string | null;
  effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
};

/** What is the same for every tenant of a cluster. */
export type ClusterPlan = {
  name: string;
  kubernetes: string;
  argocd: string;
  exposure: ExposurePlan;
  dns: { resolver: PodsPlan; /** Further DNS addresses, node-local included. */ cidrs: string[] };
  monitoring: PodsPlan;
  /** Every range that no rule may cover: nodes, pods, Services, metadata. */
  protectedCidrs: string[];
  /** Where pods have their addresses. */
  podCidrs: string[];
  imagePullSecrets: string[];
  secretsProvider: "manual" | "external-secrets";
};

export type Plan = {
  id: string;
  displayName: string;
  contact: string;
  group: string;
  tier: "small" | "standard" | "large";
  channel: "canary" | "stable";
  /** Folder under bases/. */
  release: string;
  state: "active" | "suspended" | "retiring";
  retireAfter: string | null;
  /** The record's labels, with the prefix they get: on every namespace. */
  labels: Record<string, string>;
  cluster: ClusterPlan;
  placement: {
    nodeSelector: Record<string, string>;
    tolerations: Toleration[];
    priorityClassName: string | null;
  };
  /** Root first, then each organization, its MCP namespace behind it, in the record's order. */
  namespaces: NamespacePlan[];
  redis: RedisPlan;
  /** Null where there is none. */
  archive: ArchivePlan | null;
  logService: LogServicePlan;
  api: {
    /** Kubernetes names of the organization namespaces that may call it; never an MCP namespace, which always may. */
    namespaces: string[];
    /** Whether the ingress controller may reach it: only then there is a route. */
    ingress: boolean;
    blocks: IpBlock[];
  };
  access: { keys: KeyPlan[]; certificates: CertificatePlan[]; oidc: OidcPlan | null };
  secrets: SecretsPlan;
};
