import { defaultTexts } from "./defaults.ts";
import { listFields, type Field } from "./fields.ts";
import { jsonSchemas } from "./json-schema.ts";

/** docs/record.md: every field of both records, with what it comes to when it is left out. */
export function recordPage(): string {
  const { tenant, cluster } = jsonSchemas();
  const defaults = defaultTexts();
  return `# The record's fields

This page is made from the schema that checks the records: \`npm run schema\` writes it.

A tenant is one file, \`tenants/<id>.yaml\`. Only \`id\`, \`displayName\`, \`owner\` and \`cluster\` have to be there; the tier
(\`small\`, \`standard\` or \`large\`) and the cluster fill in the rest. A value like \`2 / 4 / 8\` is that of the
three tiers. Quantities are those of Kubernetes: \`500m\` of a core, \`512Mi\` or \`5Gi\` of memory. Durations are
like \`90s\`, \`15m\`, \`12h\`, \`7d\` or \`2w\`.

Each field has an effect on what is deployed. An unknown key is an error, and so is a field that would
change nothing where it stands.

## A tenant: \`tenants/<id>.yaml\`

${table(listFields(tenant), (field) => defaults.get(field.path) ?? "", "When left out: small / standard / large")}

### What is worked out

- Redis' \`maxmemory\` is 45 % of \`redis.memory\`: while it saves, Redis needs nearly twice its data.
- \`archive\` adds a PostgreSQL of the tenant's own, a StatefulSet with a volume, or a database on the server that the
  cluster's record names; [archive.md](archive.md) has what it does. The cache, sorts, connections and write-ahead log of
  the tenant's own follow from its memory, its volume and \`logService.replicas.max\`. Without \`enabled: true\` no other
  field of it has an effect; once there, an archive stays.
- \`quota\` is what is deployed, at the autoscaler's maximum, during a rolling update, with every old
  replica still draining: twice the maximum and one more. A smaller one is refused, with the sum.
- An address range in \`network\` that lies in the cluster's own addresses (nodes, pods, Services, metadata
  services, loopback, link-local, managed Redis, a server of archives) is refused: it could be another tenant. A wider one, like \`0.0.0.0/0\`,
  gets these ranges cut out.
- Custom rules in the root namespace are for the log service's pods. No rule opens Redis or the archive.
- \`access.oidc.egress\` becomes such a rule, \`oidc-issuer\`: the log service's pods, TCP, the addresses and ports named.
- \`logService.syslog\` opens port 5514 of the log service, and 6514 for TLS, to whom \`network.api\` names, but for the
  ingress controller.
- \`logService.mcpWebSocket\` opens port 9060 of the log service to the same callers, and not to the ingress controller
  either: through a host MCP is spoken at \`/mcp\`. It opens that port of each organization's MCP endpoint to its pods.
- \`logService.tls\` makes 8080, and 9060 where it is open, TLS: \`https://\`, \`wss://\`. MCP endpoints stay plain, and so
  do health and metrics on 9464. It needs \`network.api.ingress: false\`: ingress controllers speak plain HTTP to log
  services.
- \`logService.work.place: apart\` adds the Deployment \`log-service-work\`, which reaches Redis and the archive and is
  reached by the monitoring alone; \`quota\` has room for it. With an archive that is so in the tiers \`standard\` and
  \`large\`: copying does not compete with taking in, and the pods that callers reach have no password with which the
  archive's tables can be dropped.
- A label without a domain gets the prefix \`labels.neurallog.dev/\`; those of Kubernetes, Argo CD and
  NeuralLog itself are refused.
- \`state: suspended\` closes the tenant: no caller, no host, zero quota for its organizations, no log
  service; Redis and the archive keep the data. \`retiring\` closes it too, but keeps one log service for the export.
- These never change: \`id\`, \`cluster\`, \`redis.mode\`, \`redis.storage.class\`, \`archive.storage.class\`, an
  organization's \`id\`, and \`archive.enabled\` once it is \`true\`. Volumes do not shrink, and grow only where the storage class allows it.

## A cluster: \`overlays/<name>/cluster.yaml\`

${table(listFields(cluster), () => "", undefined)}
`;
}

function table(
  fields: Field[],
  leftOut: (field: Field) => string,
  heading: string | undefined,
): string {
  const rows = fields.map((field) => {
    const path = field.required ? `**\`${field.path}\`**` : `\`${field.path}\``;
    const cells = [path, field.type, field.description];
    if (heading !== undefined) cells.splice(2, 0, field.required ? "required" : leftOut(field));
    return cells;
  });
  const head = ["Field", "Type", ...(heading === undefined ? [] : [heading]), "Meaning"];
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.map(escape).join(" | ")} |`).join("\n");
}

const escape = (text: string): string =>
  text
    .replaceAll("|", "\\|")
    .replaceAll("<", "&lt;")
    .replaceAll(/`([^`]*)`/g, (quoted) => quoted.replaceAll("&lt;", "<"));
