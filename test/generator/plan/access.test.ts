import { describe, expect, test } from "vitest";
import { codesOf, planOf } from "./support.ts";

describe("API keys", () => {
  test("have the record's name, role and namespaces, and hashes in one Secret unless it says otherwise", () => {
    const plan = planOf(`access:
  keys:
    - { name: checkout, role: writer, namespaces: [payments] }
    - { name: dashboard, role: reader, secret: { name: other, key: hash } }
`);
    expect(plan.access.keys).toEqual([
      {
        name: "checkout",
        roles: ["writer"],
        namespaces: ["payments"],
        secret: { name: "log-service-key-hashes", key: "checkout" },
        mcpOrganization: null,
        expires: null,
      },
      {
        name: "dashboard",
        roles: ["reader"],
        namespaces: ["*"],
        secret: { name: "other", key: "hash" },
        mcpOrganization: null,
        expires: null,
      },
    ]);
  });

  test("an MCP endpoint has one of its own, with what the record allows it", () => {
    const plan = planOf(
      "organizations: [{ id: web, mcp: { roles: [reader], namespaces: [payments] } }, { id: api }]",
    );
    expect(plan.access.keys).toEqual([
      {
        name: "mcp-web",
        roles: ["reader"],
        namespaces: ["payments"],
        secret: { name: "log-service-key-hashes", key: "mcp-web" },
        mcpOrganization: "web",
        expires: null,
      },
    ]);
    const endpoint = plan.namespaces.find((one) => one.role === "mcp");
    expect(endpoint).toMatchObject({
      keyName: "mcp-web",
      organizationNamespace: "tenant-shop-org-web",
    });
  });

  test("an MCP endpoint writes and searches, and administers only where the record says so", () => {
    expect(planOf("organizations: [{ id: web, mcp: true }]").access.keys).toMatchObject([
      { name: "mcp-web", roles: ["writer", "reader"], namespaces: ["*"] },
    ]);
    const named = planOf("organizations: [{ id: web, mcp: { roles: [admin] } }]");
    expect(named.access.keys).toMatchObject([{ roles: ["admin"] }]);
  });

  test("may have several roles, and an end", () => {
    const plan = planOf(`access:
  keys:
    - { name: a, roles: [writer, reader, writer], expires: "2031-01-31" }
    - { name: b, role: reader, expires: "2031-01-31T12:00:00+02:00" }
`);
    expect(plan.access.keys).toMatchObject([
      { roles: ["writer", "reader"], expires: "2031-01-31T00:00:00.000Z" },
      { roles: ["reader"], expires: "2031-01-31T10:00:00.000Z" },
    ]);
  });

  test("with logical namespaces off only the default one and all of them can be named", () => {
    const off = "logService: { namespaces: { enabled: false, default: main } }\n";
    const keys = (names: string): string =>
      `access: { keys: [{ name: a, role: writer, namespaces: [${names}] }] }`;
    expect(codesOf(off + keys('main, "*"'))).toEqual([]);
    expect(codesOf(off + keys("default"))).toEqual(["namespaces-disabled"]);
    expect(codesOf(`${off}organizations: [{ id: web, mcp: { namespaces: [payments] } }]`)).toEqual([
      "namespaces-disabled",
    ]);
  });

  test.each(["plain: abc", "value: abc", "hash: abc", "key: nlk_abc"])(
    "a value in the record is no field: %s",
    (field) => {
      expect(codesOf(`access: { keys: [{ name: a, role: writer, ${field} }] }`)).toEqual([
        "unknown-key",
      ]);
    },
  );
});

describe("where External Secrets fetches from", () => {
  test("is each tenant's own role and path, so that none can read another's", () => {
    const plan = planOf("redis: { mode: standalone }", "cloud");
    expect(plan.secrets).toEqual({
      provider: "external-secrets",
      vault: {
        server: "https://vault.cloud.example:8200",
        path: "kv",
        auth: "kubernetes",
        role: "neurallog-shop",
        keyPrefix: "neurallog/shop",
      },
      refresh: "30m",
    });
  });
});
