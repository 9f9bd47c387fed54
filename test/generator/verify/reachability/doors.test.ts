// Syslog, the way to an issuer of tokens, the pod that works on what is stored, the archive, and MCP over WebSocket: open
// where the record says so, and nowhere else.
import { beforeAll, describe, expect, it } from "vitest";
import { type Network, networkOf } from "../../../../generator/manifests/network.ts";
import type { RawPolicySpec } from "../../../../generator/manifests/network-policy.ts";
import type { ExternalDatabase, Plan } from "../../../../generator/plan/plan.ts";
import { proveTenant } from "../../../../generator/verify/reachability/prove.ts";
import { buildPlan } from "../../support/build.ts";
import { homeRecord, planOf, withValues, type Json } from "../../support/records.ts";

const ROOT = "tenant-acme";
const plan = planOf(homeRecord);
const CONTROLLER = {
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "neurallog-ingress" } },
  podSelector: { matchLabels: { "gateway.networking.k8s.io/gateway-name": "neurallog" } },
};

let network: Network;
beforeAll(async () => {
  network = networkOf(await buildPlan(plan));
}, 60_000);

function codes(tampered: Network, by: Plan = plan): string[] {
  return [...new Set(proveTenant(by, tampered).map(({ code }) => code))];
}

/** The plan of the same record with other values. */
const planWith = (values: Readonly<Record<string, Json | undefined>>): Plan =>
  planOf(withValues(homeRecord, values));

function withSpec(name: string, change: (spec: RawPolicySpec) => RawPolicySpec): Network {
  let changed = 0;
  const policies = network.policies.map((policy) => {
    if (policy.namespace !== ROOT || policy.name !== name) return policy;
    changed += 1;
    return { ...policy, spec: change(policy.spec) };
  });
  expect(changed).toBe(1);
  return { ...network, policies };
}

it("finds nothing where all of them are on", () => {
  expect(proveTenant(plan, network)).toEqual([]);
});

describe("syslog", () => {
  it.each(["tcp", "udp"])("that nobody asked for over %s is an opening", (protocol) => {
    const without = planWith({ [`logService.syslog.${protocol}`]: false });
    expect(codes(network, without)).toEqual(["reach-unexpected"]);
  });

  it("from the ingress controller, which speaks HTTP, is an opening", () => {
    const tampered = withSpec("log-service", (spec) => ({
      ...spec,
      ingress: [
        ...(spec.ingress ?? []),
        { from: [CONTROLLER], ports: [{ port: 5514, protocol: "UDP" }] },
      ],
    }));
    expect(codes(tampered)).toEqual(["reach-unexpected"]);
  });

  it("from other tenants is a path between tenants", () => {
    const tampered = withSpec("log-service", (spec) => ({
      ...spec,
      ingress: [
        ...(spec.ingress ?? []),
        { from: [{ namespaceSelector: {} }], ports: [{ port: 5514, protocol: "UDP" }] },
      ],
    }));
    expect(codes(tampered)).toContain("reach-other-tenant");
  });

  it("whose datagrams the Service does not carry on is missing", () => {
    const services = network.services.map((service) => ({
      ...service,
      ports: service.ports.filter(({ protocol }) => protocol !== "UDP"),
    }));
    const [finding, ...more] = proveTenant(plan, { ...network, services });
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      code: "reach-service",
      message: `Service ${ROOT}/log-service has no port 5514 for UDP`,
    });
  });

  it("that an organization's own policy stops is missing", () => {
    const policies = network.policies.map((policy) => ({
      ...policy,
      spec: {
        ...policy.spec,
        ...(policy.spec.egress && {
          egress: policy.spec.egress.map((rule) => ({
            ...rule,
            ...(rule.ports && { ports: rule.ports.filter(({ port }) => port !== 5514) }),
          })),
        }),
      },
    }));
    expect(codes({ ...network, policies })).toEqual(["reach-missing"]);
  });
});

describe("the way to an issuer of tokens", () => {
  it("is an opening where the record takes no tokens", () => {
    expect(codes(network, planWith({ "access.oidc": undefined }))).toEqual(["reach-unexpected"]);
  });

  it("is an opening at any port but those named", () => {
    const other = planWith({ "access.oidc.egress.ports": [8443] });
    // Neither what is open is asked for, nor what is asked for open.
    expect(codes(network, other).toSorted()).toEqual(["reach-missing", "reach-unexpected"]);
  });

  it("over the whole internet is a path to pods, Services and nodes", () => {
    const tampered = withSpec("custom-oidc-issuer", (spec) => ({
      ...spec,
      egress: [
        { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }], ports: [{ port: 443, protocol: "TCP" }] },
      ],
    }));
    expect(codes(tampered)).toContain("reach-address");
  });

  it("is the log service's alone, not Redis'", () => {
    const tampered = withSpec("custom-oidc-issuer", (spec) => ({ ...spec, podSelector: {} }));
    expect(codes(tampered)).toContain("reach-unexpected");
  });

  it("takes the ports of the issuer and of its keys where the record names none", () => {
    const { namespaces } = planWith({
      "access.oidc.issuer": "https://login.acme.example:9443/realms/acme",
      "access.oidc.egress.ports": undefined,
    });
    expect(namespaces[0]?.rules).toMatchObject([
      { name: "oidc-issuer", ports: [{ port: 9443 }, { port: 443 }] },
    ]);
  });
});

describe("the pod that works on what is stored", () => {
  it("is a path to Redis where the record has none", () => {
    const inside = planWith({ "logService.work": undefined });
    expect(codes(network, inside)).toContain("reach-redis");
  });

  it("is cut off where Redis' policy forgets it", () => {
    const tampered = withSpec("redis", (spec) => ({
      ...spec,
      ...(spec.ingress && {
        ingress: spec.ingress.filter((rule) => !JSON.stringify(rule).includes("log-service-work")),
      }),
    }));
    expect(codes(tampered)).toEqual(["reach-missing"]);
  });

  it("asks names too, and is called by nobody but the monitoring", () => {
    const tampered = withSpec("dns", (spec) => ({
      ...spec,
      podSelector: { matchLabels: { "app.kubernetes.io/name": "log-service" } },
    }));
    expect(codes(tampered)).toContain("reach-missing");
    const opened = withSpec("log-service-work", (spec) => ({
      ...spec,
      ingress: [{ from: [CONTROLLER], ports: [{ port: 9464, protocol: "TCP" }] }],
    }));
    expect(codes(opened)).toContain("reach-unexpected");
  });
});

describe("the archive", () => {
  const opened = (from: NonNullable<RawPolicySpec["ingress"]>[number]["from"]): Network =>
    withSpec("archive", (spec) => ({
      ...spec,
      ingress: [...(spec.ingress ?? []), { from, ports: [{ port: "postgres" }] }],
    }));

  it("is open to nobody where the record has none", () => {
    const without = planWith({ archive: undefined });
    expect(codes(network, without)).toContain("reach-archive");
  });

  it("that an organization's pods reach is a path to it", () => {
    const web = {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "tenant-acme-org-web" } },
    };
    expect(codes(opened([web]))).toEqual(["reach-archive"]);
  });

  it("that the ingress controller or an MCP endpoint reaches is a path to it", () => {
    const endpoint = {
      namespaceSelector: {
        matchLabels: { "kubernetes.io/metadata.name": "tenant-acme-org-web-mcp" },
      },
      podSelector: { matchLabels: { "app.kubernetes.io/name": "mcp" } },
    };
    expect(codes(opened([CONTROLLER]))).toEqual(["reach-archive"]);
    expect(codes(opened([endpoint]))).toEqual(["reach-archive"]);
  });

  it("that every namespace's log service reaches is a path from tenant to tenant", () => {
    const every = {
      namespaceSelector: {},
      podSelector: { matchLabels: { "app.kubernetes.io/name": "log-service" } },
    };
    expect(codes(opened([every]))).toContain("reach-other-tenant");
  });

  it("asks nothing of anybody: no way leads out of it", () => {
    const tampered = withSpec("archive", (spec) => ({
      ...spec,
      policyTypes: ["Ingress", "Egress"],
      egress: [{ to: [{ podSelector: {} }] }],
    }));
    expect(codes(tampered)).not.toEqual([]);
  });

  it.each(["log-service", "log-service-work"])("is cut off where %s has no way to it", (name) => {
    const tampered = withSpec(name, (spec) => ({
      ...spec,
      ...(spec.egress && {
        egress: spec.egress.filter((rule) => !JSON.stringify(rule).includes("archive")),
      }),
    }));
    expect(codes(tampered)).toEqual(["reach-missing"]);
  });

  it.each(["suspended", "retiring"])(
    "of a tenant that is %s is its log service's alone",
    async (state) => {
      const closed = planWith({
        state,
        ...(state === "retiring" ? { retireAfter: "2031-01-31" } : {}),
      });
      const own = networkOf(await buildPlan(closed));
      expect(proveTenant(closed, own)).toEqual([]);
      const silent = own.policies.filter(({ name }) => name !== "archive");
      expect(codes({ ...own, policies: silent }, closed)).toEqual(["reach-missing"]);
    },
  );

  it("has to have its Service, which leads to its pod", () => {
    const services = network.services.filter(({ name }) => name !== "archive");
    expect(codes({ ...network, services })).toEqual(["reach-service"]);
  });
});

describe("a server of all archives", () => {
  const SERVER = "192.0.2.64/28";
  const external = (peer: ExternalDatabase["peer"]): Plan => ({
    ...plan,
    cluster: { ...plan.cluster, protectedCidrs: [...plan.cluster.protectedCidrs, SERVER] },
    archive: plan.archive && {
      ...plan.archive,
      database: {
        mode: "external",
        host: "archives.example.com",
        port: 5433,
        name: "neurallog_acme",
        authority: null,
        peer,
      },
    },
  });
  const byAddress = external({ kind: "ipBlock", cidr: SERVER });
  const byPods = external({ kind: "pods", namespace: "databases", podLabels: { app: "postgres" } });

  it.each([
    ["addresses", byAddress],
    ["pods", byPods],
  ])("known by its %s is reached by the log service and by nothing else", async (_, by) => {
    const own = networkOf(await buildPlan(by));
    expect(proveTenant(by, own)).toEqual([]);
    const policies = own.policies.map((policy) =>
      policy.name === "workloads" && policy.namespace === "tenant-acme-org-web"
        ? {
            ...policy,
            spec: {
              ...policy.spec,
              egress: [
                ...(policy.spec.egress ?? []),
                {
                  to: [
                    { ipBlock: { cidr: SERVER } },
                    {
                      namespaceSelector: {
                        matchLabels: { "kubernetes.io/metadata.name": "databases" },
                      },
                    },
                  ],
                },
              ],
            },
          }
        : policy,
    );
    const found = codes({ ...own, policies }, by);
    expect(found).toContain("reach-unexpected");
    expect(found).toContain("reach-address");
  });

  it("is no other pod of its namespace", async () => {
    const own = networkOf(await buildPlan(byPods));
    const policies = own.policies.map((policy) =>
      policy.name === "log-service"
        ? {
            ...policy,
            spec: {
              ...policy.spec,
              egress: (policy.spec.egress ?? []).map((rule) =>
                JSON.stringify(rule).includes("databases")
                  ? {
                      ...rule,
                      to: [
                        {
                          namespaceSelector: {
                            matchLabels: { "kubernetes.io/metadata.name": "databases" },
                          },
                        },
                      ],
                    }
                  : rule,
              ),
            },
          }
        : policy,
    );
    expect(codes({ ...own, policies }, byPods)).toEqual(["reach-unexpected"]);
  });
});

describe("MCP over WebSocket", () => {
  it("that nobody asked for is an opening", () => {
    const without = planWith({ "logService.mcpWebSocket": false });
    expect(codes(network, without)).toEqual(["reach-unexpected"]);
  });

  it("from the ingress controller is an opening", () => {
    const tampered = withSpec("log-service", (spec) => ({
      ...spec,
      ingress: [
        ...(spec.ingress ?? []),
        { from: [CONTROLLER], ports: [{ port: 9060, protocol: "TCP" }] },
      ],
    }));
    expect(codes(tampered)).toEqual(["reach-unexpected"]);
  });

  it.each(["log-service", "mcp"])("has to be a port of the Service %s", (name) => {
    const services = network.services.map((service) =>
      service.name === name
        ? { ...service, ports: service.ports.filter(({ port }) => port !== 9060) }
        : service,
    );
    expect(codes({ ...network, services })).toEqual(["reach-service"]);
  });

  it("that an organization's own policy stops is missing", () => {
    const policies = network.policies.map((policy) => ({
      ...policy,
      spec: {
        ...policy.spec,
        ...(policy.spec.egress && {
          egress: policy.spec.egress.map((rule) => ({
            ...rule,
            ...(rule.ports && { ports: rule.ports.filter(({ port }) => port !== 9060) }),
          })),
        }),
      },
    }));
    expect(codes({ ...network, policies })).toEqual(["reach-missing"]);
  });
});
