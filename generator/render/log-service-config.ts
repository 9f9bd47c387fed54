// What a tenant's record sets in its log service: environment, and the files that its pod mounts.
import type { CertificatePlan, KeyPlan, OidcPlan, Plan } from "../plan/plan.ts";
import { archivePort, mcpWebSocketPort, syslogPort, syslogTlsPort } from "./flows.ts";

/** Seconds that a stopping pod still answers before its SIGTERM (`preStop` of the bases), and spare time before SIGKILL. */
const preStopSeconds = 5;
const spareSeconds = 15;

/** `terminationGracePeriodSeconds`: longer than preStop and drain together. */
export const graceSeconds = (plan: Plan): number =>
  preStopSeconds + plan.logService.drainSeconds + spareSeconds;

/** Where the bases mount what the record sets. */
const accessFolder = "/etc/neurallog/access";
const tlsFolder = "/etc/neurallog/tls";
export const clientCaFile = "client-ca.crt";
const archiveFolder = "/etc/neurallog/archive";
export const archiveCaFile = "ca.crt";

/** Environment of the `serve` role, beyond what the base sets for every tenant. */
export function logServiceEnvironment(plan: Plan, namespace: string): Record<string, string> {
  const service = plan.logService;
  const { redaction, queries } = service;
  return {
    NEURALLOG_TENANT: plan.id,
    NEURALLOG_DRAIN_SECONDS: String(service.drainSeconds),
    ...redisEnvironment(plan),
    NEURALLOG_REDIS_LANES: String(service.namespaces.lanes),
    NEURALLOG_NAMESPACES: service.namespaces.enabled ? "enabled" : "disabled",
    NEURALLOG_DEFAULT_NAMESPACE: service.namespaces.default,
    // A retiring or suspended tenant has no pod apart.
    NEURALLOG_WORK: hasWorkPod(plan) ? "none" : "inside",
    ...retentionEnvironment(plan),
    ...archiveEnvironment(plan, serviceArchiveUsers(plan)),
    NEURALLOG_RATE_RECORDS_PER_SECOND: String(service.rateLimits.recordsPerSecond),
    NEURALLOG_RATE_BYTES_PER_SECOND: String(service.rateLimits.bytesPerSecond),
    ...(redaction === null ? {} : { NEURALLOG_REDACTION_FILE: `${accessFolder}/${redactionName}` }),
    ...tlsEnvironment(plan),
    ...syslogEnvironment(plan),
    NEURALLOG_SLOW_QUERY_MS: String(queries.slowMilliseconds),
    NEURALLOG_LOG_QUERY_TEXT: queries.logText ? "enabled" : "disabled",
    NEURALLOG_LOG_LEVEL: service.logLevel,
    NEURALLOG_MCP_TOOL_NAMES: service.mcpToolNames,
    ...webSocketEnvironment(plan),
    NEURALLOG_PUBLIC_HOSTS: [...service.hosts, ...serviceNames("log-service", namespace)].join(","),
    NODE_OPTIONS: nodeOptions(service.heapMebibytes),
  };
}

/** The port of MCP over WebSocket, in the log service and in its MCP endpoints. */
export const webSocketEnvironment = ({ logService }: Plan): Record<string, string> =>
  logService.mcpWebSocket ? { NEURALLOG_MCP_WS_PORT: String(mcpWebSocketPort) } : {};

/** Whether what is stored is worked on by a pod of its own. */
export const hasWorkPod = ({ state, logService }: Plan): boolean =>
  state === "active" && logService.work.place === "apart";

/** Environment of the `work` role, beyond what its component sets for every tenant. */
export function workEnvironment(plan: Plan, heapMebibytes: number): Record<string, string> {
  return {
    NEURALLOG_TENANT: plan.id,
    ...redisEnvironment(plan),
    ...retentionEnvironment(plan),
    ...archiveEnvironment(plan, workArchiveUsers),
    NEURALLOG_LOG_LEVEL: plan.logService.logLevel,
    NODE_OPTIONS: nodeOptions(heapMebibytes),
  };
}

// The process bounds its young generations, and its threads their heaps, by itself.
const nodeOptions = (heapMebibytes: number): string => `--max-old-space-size=${heapMebibytes}`;

function redisEnvironment({ redis }: Plan): Record<string, string> {
  if (redis.mode !== "external") return {};
  const scheme = `${redis.tls ? "rediss" : "redis"}${redis.cluster ? "-cluster" : ""}`;
  return { NEURALLOG_REDIS_URL: `${scheme}://${redis.host}:${redis.port}` };
}

function retentionEnvironment({ logService }: Plan): Record<string, string> {
  const { ageSeconds, bytes, watermarkPercent, namespaces } = logService.retention;
  const own = Object.entries(namespaces).map(([name, limits]) => [
    name,
    {
      ...(limits.ageSeconds === null ? {} : { ageSeconds: limits.ageSeconds }),
      ...(limits.bytes === null ? {} : { bytes: limits.bytes }),
    },
  ]);
  return {
    NEURALLOG_RETENTION_AGE_SECONDS: String(ageSeconds),
    NEURALLOG_RETENTION_BYTES: String(bytes),
    ...(own.length === 0
      ? {}
      : { NEURALLOG_RETENTION_NAMESPACES: JSON.stringify(Object.fromEntries(own)) }),
    NEURALLOG_MEMORY_WATERMARK_PERCENT: String(watermarkPercent),
  };
}

/** Roles of the archive: who makes and drops its tables, who adds to it, and who reads. */
export const archiveUsers = ["owner", "writer", "reader"] as const;
export type ArchiveUser = (typeof archiveUsers)[number];

/** Whose passwords the serving pods have: the owner's only where they move records themselves. */
export const serviceArchiveUsers = (plan: Plan): ArchiveUser[] =>
  hasWorkPod(plan) ? ["writer", "reader"] : ["owner", "writer", "reader"];
/** And the pod that moves them, which asks nothing. */
export const workArchiveUsers: ArchiveUser[] = ["owner", "writer"];

/** Where the archive is and what is kept in it, beyond what the place decides. */
export function archiveEnvironment(
  { archive }: Plan,
  users: readonly ArchiveUser[],
): Record<string, string> {
  if (archive === null) return {};
  const { database, buffer } = archive;
  const where =
    database.mode === "own"
      ? { NEURALLOG_ARCHIVE_URL: `postgres://archive:${archivePort}/${ownDatabase}` }
      : {
          NEURALLOG_ARCHIVE_URL: `postgres://${database.host}:${database.port}/${database.name}`,
          ...Object.fromEntries(
            users.map((user) => [
              `NEURALLOG_ARCHIVE_${user.toUpperCase()}`,
              archiveRole(database, user),
            ]),
          ),
          ...(database.authority === null
            ? {}
            : { NEURALLOG_ARCHIVE_CA_FILE: `${archiveFolder}/${archiveCaFile}` }),
        };
  const passwords = users.map((user) => [
    `NEURALLOG_ARCHIVE_${user.toUpperCase()}_PASSWORD_FILE`,
    `${archiveFolder}/${user}`,
  ]);
  return {
    ...where,
    ...Object.fromEntries(passwords),
    NEURALLOG_ARCHIVE_RETENTION_SECONDS: String(archive.retentionSeconds),
    NEURALLOG_ARCHIVE_FULL_TEXT: archive.fullText ? "on" : "off",
    NEURALLOG_ARCHIVE_BUFFER_RECORDS: String(buffer.records),
    ...(buffer.bytes === null ? {} : { NEURALLOG_ARCHIVE_BUFFER_BYTES: String(buffer.bytes) }),
  };
}

/** The database of a PostgreSQL of the tenant's own, and the prefix of its users. */
export const ownDatabase = "neurallog";

/** A user's name: of one server that all tenants share, the tenant's own database begins it. */
export const archiveRole = (
  database: NonNullable<Plan["archive"]>["database"],
  user: ArchiveUser,
): string => `${database.mode === "own" ? ownDatabase : database.name}_${user}`;

function tlsEnvironment({ logService: { tls } }: Plan): Record<string, string> {
  if (tls === null) return {};
  return {
    NEURALLOG_TLS_CERT_FILE: `${tlsFolder}/tls.crt`,
    NEURALLOG_TLS_KEY_FILE: `${tlsFolder}/tls.key`,
    ...(tls.clientCa === null
      ? {}
      : { NEURALLOG_TLS_CLIENT_CA_FILE: `${tlsFolder}/${clientCaFile}` }),
  };
}

function syslogEnvironment({ logService: { syslog } }: Plan): Record<string, string> {
  if (syslog === null) return {};
  return {
    ...(syslog.tcp ? { NEURALLOG_SYSLOG_TCP: `0.0.0.0:${syslogPort}` } : {}),
    ...(syslog.udp ? { NEURALLOG_SYSLOG_UDP: `0.0.0.0:${syslogPort}` } : {}),
    ...(syslog.tls ? { NEURALLOG_SYSLOG_TLS: `0.0.0.0:${syslogTlsPort}` } : {}),
    NEURALLOG_SYSLOG_NETWORKS: syslog.networks.join(","),
    NEURALLOG_SYSLOG_NAMESPACE: syslog.namespace,
    NEURALLOG_SYSLOG_ZONE: syslog.zone,
  };
}

/** The names that a Service answers to inside the cluster: what callers may send as Host. */
export const serviceNames = (service: string, namespace: string): string[] => [
  service,
  `${service}.${namespace}`,
  `${service}.${namespace}.svc`,
  `${service}.${namespace}.svc.cluster.local`,
];

/** `access.json`: who may do what. A key's hash is in the file that bears its name. */
export function accessFile({ access }: Pick<Plan, "access">): string {
  const keys = access.keys.map((key) => ({ ...wayIn(key), hash_file: key.name }));
  const certificates = access.certificates.map((one) => ({ ...wayIn(one), subject: one.subject }));
  const parts = [
    `"keys":${lines(keys)}`,
    ...(certificates.length === 0 ? [] : [`"certificates":${lines(certificates)}`]),
    ...(access.oidc === null ? [] : [`"oidc":${JSON.stringify(issuer(access.oidc))}`]),
  ];
  return `{${parts.join(",\n")}}\n`;
}

const wayIn = ({ name, roles, namespaces, expires }: KeyPlan | CertificatePlan) => ({
  name,
  roles,
  namespaces,
  ...(expires === null ? {} : { expires }),
});

function issuer(oidc: OidcPlan) {
  return {
    issuer: oidc.issuer,
    audience: oidc.audience,
    ...(oidc.jwksUri === null ? {} : { jwks_uri: oidc.jwksUri }),
    algorithms: oidc.algorithms,
    roles_claim: oidc.rolesClaim,
    ...(oidc.roles === null ? {} : { roles: oidc.roles }),
    ...(oidc.namespacesClaim === null ? {} : { namespaces_claim: oidc.namespacesClaim }),
    namespaces: oidc.namespaces,
    clock_tolerance_seconds: oidc.clockToleranceSeconds,
  };
}

/** A JSON list of one line an entry: a diff of the overlay shows which one changed. */
const lines = (entries: readonly unknown[]): string =>
  `[${entries.map((entry) => `\n${JSON.stringify(entry)}`).join(",")}\n]`;

/** Its name beside access.json. */
export const redactionName = "redaction.json";

/** `redaction.json`: what is taken out of records; undefined where nothing is. */
export function redactionFile({ logService: { redaction } }: Plan): string | undefined {
  if (redaction === null) return undefined;
  const patterns = redaction.patterns.map(({ name, pattern, ignoreCase }) => ({
    name,
    pattern,
    ignore_case: ignoreCase,
  }));
  const { fields, presets } = redaction;
  return `{"fields":${JSON.stringify(fields)},\n"presets":${JSON.stringify(presets)},\n"patterns":${lines(patterns)}}\n`;
}
