// Every field of a record shows in the objects that Kubernetes gets. The list of fields is the schema's own: a field
// that is new there fails here until it has a row, and the row fails until it has an effect.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { root as project } from "../../../tools/root.ts";
import { buildNamespaces, mapTwoByTwo } from "../support/build.ts";
import { differences } from "../support/differences.ts";
import {
  cloudRecord,
  homeRecord,
  planOf,
  tlsRecord,
  withValues,
  type Json,
} from "../support/records.ts";

interface Row {
  /** The field, with the member of each list that is changed. */
  field: string;
  value: Json;
  /** What is so on both sides. */
  given?: Record<string, Json | undefined>;
  /** What has to change with it. */
  also?: Record<string, Json | undefined>;
  record?: Json;
}

const quotaRows = (at: string): Row[] => [
  { field: `${at}.requests.cpu`, value: "19" },
  { field: `${at}.requests.memory`, value: "39Gi" },
  { field: `${at}.limits.cpu`, value: "21" },
  { field: `${at}.limits.memory`, value: "41Gi" },
  { field: `${at}.pods`, value: 41 },
  { field: `${at}.storage`, value: "61Gi" },
  { field: `${at}.claims`, value: 7 },
  { field: `${at}.services`, value: 10 },
];

const limitRows = (at: string): Row[] =>
  [`${at}.default`, `${at}.defaultRequest`, `${at}.max`].flatMap((part, i) => [
    { field: `${part}.cpu`, value: ["210m", "110m", "5"][i] ?? "" },
    { field: `${part}.memory`, value: ["260Mi", "130Mi", "9Gi"][i] ?? "" },
  ]);

const shortRecord = {
  id: "acme",
  displayName: "Acme",
  owner: { contact: "a@acme.example", group: "acme" },
  cluster: "home",
};

const rule = (index: number, path: string, value: Json): Row => ({
  field: `network.rules[${index}].${path}`,
  value,
});

const certificate = (index: number, path: string, value: Json): Row => ({
  field: `access.certificates[${index}].${path}`,
  value,
  record: tlsRecord,
});

const rows: Row[] = [
  { field: "id", value: "other" },
  { field: "displayName", value: "Acme: the shop" },
  { field: "owner.contact", value: "other@acme.example" },
  { field: "owner.group", value: "acme-others" },
  { field: "cluster", value: "cloud", record: { ...shortRecord, redis: { mode: "standalone" } } },
  { field: "channel", value: "canary" },
  { field: "state", value: "suspended" },
  {
    field: "retireAfter",
    value: "2031-01-31",
    given: { state: "retiring", retireAfter: "2030-01-31" },
  },
  { field: "tier", value: "large", record: cloudRecord },
  { field: "labels", value: { team: "other" } },
  { field: "organizations[1].id", value: "store", given: { "network.rules": [] } },
  { field: "organizations[0].displayName", value: "Web: the team" },
  { field: "organizations[0].group", value: "acme-other" },
  {
    field: "organizations[0].state",
    value: "retiring",
    given: { "network.rules": [], "network.api.organizations": [] },
  },
  { field: "organizations[1].mcp", value: true },
  { field: "organizations[0].mcp.roles[0]", value: "writer" },
  { field: "organizations[0].mcp.namespaces[0]", value: "other" },
  ...quotaRows("organizations[0].mcp.quota"),
  ...limitRows("organizations[0].mcp.limits"),
  ...quotaRows("organizations[0].quota"),
  ...limitRows("organizations[0].limits"),
  ...quotaRows("quota"),
  ...limitRows("limits"),
  { field: "placement.nodeSelector", value: { disk: "hdd" } },
  { field: "placement.tolerations[0]", value: "batch" },
  { field: "placement.priority", value: "tenant-important" },
  {
    field: "redis.mode",
    value: "standalone",
    also: { "redis.external": undefined },
    record: cloudRecord,
  },
  { field: "redis.memory", value: "640Mi" },
  { field: "redis.storage.size", value: "6Gi" },
  { field: "redis.storage.class", value: "nfs-retain" },
  { field: "redis.durability", value: "everysec" },
  { field: "redis.external.host", value: "other.redis.example", record: cloudRecord },
  { field: "redis.external.port", value: 6390, record: cloudRecord },
  { field: "redis.external.tls", value: false, record: cloudRecord },
  { field: "redis.external.cluster", value: true, record: cloudRecord },
  { field: "redis.external.cidr", value: "10.40.1.0/28", record: cloudRecord },
  { field: "redis.external.secret.name", value: "other-redis", record: cloudRecord },
  {
    field: "archive.enabled",
    value: true,
    given: { archive: { enabled: false } },
  },
  { field: "archive.retention", value: "31d" },
  { field: "archive.fullText", value: false },
  { field: "archive.buffer.records", value: 300_000 },
  { field: "archive.buffer.bytes", value: "60Mi" },
  { field: "archive.storage.size", value: "11Gi" },
  { field: "archive.storage.class", value: "nfs-retain" },
  { field: "archive.resources.requests.cpu", value: "110m" },
  { field: "archive.resources.requests.memory", value: "384Mi" },
  { field: "archive.resources.limits.cpu", value: "1100m" },
  { field: "archive.resources.limits.memory", value: "640Mi" },
  { field: "logService.replicas.min", value: 2 },
  { field: "logService.replicas.max", value: 4 },
  { field: "logService.resources.requests.cpu", value: "110m" },
  { field: "logService.resources.requests.memory", value: "200Mi" },
  { field: "logService.resources.limits.cpu", value: "1100m" },
  { field: "logService.resources.limits.memory", value: "400Mi" },
  { field: "logService.autoscaling.cpuUtilization", value: 60 },
  { field: "logService.autoscaling.recommendations", value: false },
  {
    field: "logService.namespaces.enabled",
    value: false,
    given: {
      "logService.syslog.namespace": undefined,
      "logService.retention.namespaces": undefined,
    },
  },
  { field: "logService.namespaces.lanes", value: 4 },
  { field: "logService.namespaces.default", value: "other" },
  { field: "logService.retention.age", value: "8d" },
  { field: "logService.retention.bytes", value: "101Mi" },
  { field: "logService.retention.watermark", value: 80 },
  { field: "logService.retention.namespaces", value: { debug: { age: "2d", bytes: "11Mi" } } },
  { field: "logService.redaction.fields[0]", value: "token" },
  { field: "logService.redaction.presets[0]", value: "email-addresses" },
  { field: "logService.redaction.patterns[0].name", value: "orders" },
  { field: "logService.redaction.patterns[0].pattern", value: String.raw`OR-\d{6}` },
  { field: "logService.redaction.patterns[0].ignoreCase", value: false },
  { field: "logService.tls.secret.name", value: "other-listener", record: tlsRecord },
  {
    field: "logService.tls.authority",
    value: "-----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----\n",
    record: tlsRecord,
  },
  { field: "logService.tls.clientCa.secret.name", value: "other-agents", record: tlsRecord },
  { field: "logService.tls.clientCa.secret.key", value: "tls.crt", record: tlsRecord },
  { field: "logService.syslog.tcp", value: false },
  { field: "logService.syslog.udp", value: false },
  { field: "logService.syslog.tls", value: false, record: tlsRecord },
  { field: "logService.syslog.namespace", value: "other" },
  { field: "logService.syslog.zone", value: "Europe/Berlin" },
  {
    field: "logService.work.place",
    value: "inside",
    also: { "logService.work.resources": undefined },
  },
  { field: "logService.work.resources.requests.cpu", value: "60m" },
  { field: "logService.work.resources.requests.memory", value: "170Mi" },
  { field: "logService.work.resources.limits.cpu", value: "1100m" },
  { field: "logService.work.resources.limits.memory", value: "400Mi" },
  { field: "logService.queries.slowMilliseconds", value: 500 },
  { field: "logService.queries.logText", value: true },
  { field: "logService.logLevel", value: "debug" },
  { field: "logService.mcpToolNames", value: "underscore" },
  { field: "logService.mcpWebSocket", value: false },
  { field: "logService.hosts[0]", value: "other.logs.home.example" },
  { field: "logService.rateLimits.recordsPerSecond", value: 5001 },
  { field: "logService.rateLimits.bytesPerSecond", value: "6Mi" },
  { field: "network.api.organizations[0]", value: "shop" },
  { field: "network.api.ingress", value: false, given: { "logService.hosts": undefined } },
  { field: "network.api.cidrs[0]", value: "203.0.114.0/24" },
  rule(0, "name", "to-other"),
  rule(0, "namespace", "shop"),
  rule(0, "pods", { app: "b" }),
  {
    field: "network.rules[0].direction",
    value: "ingress",
    also: {
      "network.rules[0].to": undefined,
      "network.rules[0].from": [{ cidr: "198.51.100.0/24" }],
    },
  },
  rule(3, "from[0].cidr", "198.51.0.0/16"),
  rule(3, "from[0].except[0]", "198.51.100.16/28"),
  rule(5, "from[0].organization", "web"),
  rule(4, "from[0].namespace", "shared-other"),
  rule(0, "to[0].cidr", "198.51.0.0/16"),
  rule(0, "to[0].except[0]", "198.51.100.16/28"),
  rule(2, "to[0].organization", "web"),
  rule(1, "to[0].namespace", "shared-other"),
  rule(0, "ports[0].port", 444),
  rule(0, "ports[0].endPort", 446),
  rule(0, "ports[0].protocol", "UDP"),
  { field: "access.keys[0].name", value: "other" },
  { field: "access.keys[0].role", value: "reader" },
  { field: "access.keys[0].namespaces[0]", value: "other" },
  { field: "access.keys[0].expires", value: "2031-01-31T12:00:00+01:00" },
  { field: "access.keys[1].roles[0]", value: "admin" },
  { field: "access.keys[0].secret.name", value: "other-hashes" },
  { field: "access.keys[0].secret.key", value: "other" },
  certificate(0, "name", "others"),
  certificate(0, "role", "reader"),
  certificate(1, "roles[0]", "admin"),
  certificate(0, "namespaces[0]", "other"),
  certificate(0, "expires", "2032-01-31"),
  certificate(0, "subject", "uri:spiffe://acme.example/agents"),
  { field: "access.oidc.issuer", value: "https://login.acme.example/realms/other" },
  { field: "access.oidc.audience", value: ["neurallog", "others"] },
  { field: "access.oidc.audience[0]", value: "others", given: { "access.oidc.audience": ["us"] } },
  { field: "access.oidc.jwksUri", value: "https://login.acme.example/other" },
  { field: "access.oidc.algorithms[0]", value: "ES256" },
  { field: "access.oidc.rolesClaim", value: "realm_access.roles" },
  { field: "access.oidc.roles", value: { writers: "admin" } },
  { field: "access.oidc.namespacesClaim", value: "others" },
  { field: "access.oidc.namespaces[0]", value: "other" },
  { field: "access.oidc.clockTolerance", value: 5 },
  { field: "access.oidc.egress.to[0].cidr", value: "198.51.0.0/16" },
  { field: "access.oidc.egress.to[0].except[0]", value: "198.51.100.16/28" },
  { field: "access.oidc.egress.to[1].namespace", value: "shared-other" },
  { field: "access.oidc.egress.ports[0]", value: 8443 },
];

/** Every field of the schema that holds a value, lists as `[]`: `organizations[].quota.pods`. */
function schemaFields(): string[] {
  const node = z.looseObject({
    properties: z.record(z.string(), z.unknown()).optional(),
    items: z.unknown().optional(),
    anyOf: z.array(z.unknown()).optional(),
  });
  const fields = new Set<string>();
  const visit = (value: unknown, path: string): void => {
    const { properties, items, anyOf } = node.parse(value);
    if (properties !== undefined) {
      for (const [name, inner] of Object.entries(properties))
        visit(inner, path === "" ? name : `${path}.${name}`);
    } else if (anyOf !== undefined) {
      for (const inner of anyOf) visit(inner, path);
    } else if (items !== undefined) {
      visit(items, `${path}[]`);
    } else {
      fields.add(path);
    }
  };
  visit(JSON.parse(readFileSync(`${project}/generator/schema/tenant.schema.json`, "utf8")), "");
  return [...fields];
}

const plain = (field: string): string => field.replaceAll(/\[\d+\]/g, "[]");

/** Of a ConfigMap that kustomize named by its content. */
const withoutHash = (line: string): string =>
  line.replace(/^(. ConfigMap \S+)-[2456789bcdfghkmt]{10}$/, "$1");

async function effects(row: Row): Promise<string[]> {
  const before = withValues(row.record ?? homeRecord, row.given ?? {});
  const after = withValues(before, { [row.field]: row.value, ...row.also });
  const [old, now] = [await buildNamespaces(planOf(before)), await buildNamespaces(planOf(after))];
  return differences(old, now);
}

describe("a record's fields", () => {
  it("all have a row here", () => {
    expect(rows.map(({ field }) => plain(field)).sort()).toEqual(schemaFields().sort());
  });

  it("all have the effects in the rendered objects that fields.effects.txt shows", async () => {
    const shown = await mapTwoByTwo(rows, async (row) => {
      const lines = await effects(row);
      const cut =
        lines.length > 12 ? [...lines.slice(0, 12), `and ${lines.length - 12} more`] : lines;
      return [row.field, ...cut.map((line) => `  ${withoutHash(line)}`)];
    });
    expect(shown.filter((lines) => lines.length === 1)).toEqual([]);
    await expect(`${shown.map((lines) => lines.join("\n")).join("\n\n")}\n`).toMatchFileSnapshot(
      "fields.effects.txt",
    );
  }, 300_000);
});
