import { describe, expect, test } from "vitest";
import { planOf } from "./support.ts";

const RECORD = `
organizations: [{ id: web, mcp: true }]
network:
  api: { cidrs: [203.0.113.0/24] }
  rules:
    - { name: in, namespace: root, direction: ingress, from: [{ cidr: 203.0.113.0/28 }], ports: [{ port: 8080 }] }
    - { name: out, namespace: web, direction: egress, to: [{ cidr: 203.0.113.0/28 }], ports: [{ port: 443 }] }
access: { keys: [{ name: checkout, role: writer }] }
`;
const ZERO = {
  requests: { cpu: "0", memory: "0" },
  limits: { cpu: "0", memory: "0" },
  pods: 0,
  storage: "0",
  claims: 0,
  services: 0,
};

describe.each([
  ["suspended", "state: suspended\n", { min: 0, max: 0 }, false],
  ["retiring", 'state: retiring\nretireAfter: "2027-01-31"\n', { min: 1, max: 1 }, true],
])("a tenant that is %s", (_, state, replicas, running) => {
  const active = planOf(RECORD);
  const closed = planOf(RECORD + state);

  test("lets nobody in", () => {
    expect(closed.api).toEqual({ namespaces: [], ingress: false, blocks: [] });
    expect(closed.logService.hosts).toEqual([]);
    expect(closed.namespaces.map(({ rules }) => rules)).toEqual([[], [], []]);
    expect(closed.access.keys.map(({ name }) => name)).toEqual(["checkout"]);
  });

  test("keeps its Redis and its root quota as they are, so that it resumes into them", () => {
    expect(closed.redis).toEqual(active.redis);
    expect(closed.namespaces[0]?.quota).toEqual(active.namespaces[0]?.quota);
  });

  test("starts nothing in its organizations", () => {
    expect(closed.namespaces.slice(1).map(({ quota }) => quota)).toEqual([ZERO, ZERO]);
    expect(closed.namespaces.map((one) => (one.role === "mcp" ? one.replicas : 0))).toEqual([
      0, 0, 0,
    ]);
  });

  test("runs as many log services as its state allows", () => {
    expect(closed.logService.replicas).toEqual(replicas);
    expect(closed.logService.running).toBe(running);
  });

  test("keeps every namespace, by its name", () => {
    expect(closed.namespaces.map(({ name }) => name)).toEqual(
      active.namespaces.map(({ name }) => name),
    );
  });
});

describe("an organization that is retiring", () => {
  const plan = planOf(
    "organizations: [{ id: web, mcp: true, state: retiring }, { id: api, mcp: true }]",
  );

  test("is closed with zero quota, its MCP endpoint with it", () => {
    const closed = plan.namespaces.filter((one) => one.closed);
    expect(closed.map(({ name }) => name)).toEqual([
      "tenant-shop-org-web",
      "tenant-shop-org-web-mcp",
    ]);
    expect(closed.map(({ quota }) => quota)).toEqual([ZERO, ZERO]);
  });

  test("loses its API key, and the others keep theirs", () => {
    expect(plan.access.keys.map(({ name }) => name)).toEqual(["mcp-api"]);
    expect(plan.api.namespaces).toEqual(["tenant-shop-org-api"]);
  });
});
