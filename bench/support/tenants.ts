import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { RecordFiles } from "../../generator/plan/repository.ts";
import { root as project } from "../../tools/root.ts";

/**
 * Record files of `count` synthetic tenants on one large cluster: each with one organization and its MCP
 * namespace (three namespaces), records of the length that people write, and small differences, so that
 * no two overlays are alike. Paths are relative to a repository's root.
 */
export function syntheticRecords(count: number): RecordFiles {
  const tenants = new Map<string, string>();
  for (let i = 0; i < count; i++) {
    const id = `t${String(i).padStart(5, "0")}`;
    tenants.set(`tenants/${id}.yaml`, tenantText(id, i));
  }
  const home = readFileSync(new URL("../../overlays/home/cluster.yaml", import.meta.url), "utf8");
  const cluster = home
    .replace("name: home\n", "name: bench\n")
    .replace(
      /^capacity: .*$/m,
      "capacity: { cpu: 1000000, memory: 1000Ti, storage: 1000Ti, pods: 10000000 }",
    );
  return {
    tenants,
    clusters: new Map([["overlays/bench/cluster.yaml", cluster]]),
    releases: ["next"],
  };
}

/** Makes a folder a repository of them: the bases and the records, from which overlays are generated. Returns it. */
export function writeSources(root: string, count: number): string {
  cpSync(join(project, "bases"), join(root, "bases"), { recursive: true });
  const { tenants, clusters } = syntheticRecords(count);
  for (const [file, text] of [...tenants, ...clusters]) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

/** The record of one synthetic tenant; another `seed` gives another record. */
export function tenantText(id: string, seed: number): string {
  return `# yaml-language-server: $schema=../generator/schema/tenant.schema.json
#
# A synthetic tenant.
id: ${id}
displayName: Tenant ${id}
owner:
  contact: ${id}@example.com
  group: ${id}-platform # owns the tenant
cluster: bench
channel: ${seed % 10 === 0 ? "canary" : "stable"}
tier: ${["small", "small", "standard"][seed % 3]}
labels:
  cost-centre: c${seed}

organizations:
  - id: web
    displayName: Web team
    group: ${id}-web
    mcp: true

redis:
  durability: always
  storage: { class: nfs-retain }

logService:
  replicas: { min: 1, max: ${4 + (seed % 3)} }
  retention: { age: ${7 + (seed % 30)}d }
  rateLimits: { recordsPerSecond: ${1000 + (seed % 5000)} }

network:
  api: { organizations: [web], ingress: true, cidrs: [203.0.113.0/24] }
  rules:
    - name: to-billing
      namespace: web
      direction: egress
      to: [{ cidr: 198.51.100.${seed % 256}/32 }]
      ports: [{ port: 443, protocol: TCP }]

access:
  keys:
    - { name: checkout, role: writer, namespaces: [payments] }
    - { name: dashboard, role: reader }
`;
}
