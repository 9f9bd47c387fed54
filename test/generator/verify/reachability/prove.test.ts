import { describe, expect, it } from "vitest";
import type { Network } from "../../../../generator/manifests/network.ts";
import type { RawPolicy, RawPolicySpec } from "../../../../generator/manifests/network-policy.ts";
import type { Plan } from "../../../../generator/plan/plan.ts";
import { proveTenant } from "../../../../generator/verify/reachability/prove.ts";
import { APP, NAME, networkOfTenant, planOf, TENANT } from "./fixture.ts";

const ROOT = "tenant-acme";
const ORGANIZATION = "tenant-acme-org-web";

function codes(network: Network, plan: Plan = planOf("acme")): string[] {
  return [...new Set(proveTenant(plan, network).map(({ code }) => code))];
}

function withPolicy(namespace: string, spec: RawPolicySpec): Network {
  const network = networkOfTenant("acme");
  return { ...network, policies: [...network.policies, { namespace, name: "extra", spec }] };
}

function ingress(from: NonNullable<RawPolicySpec["ingress"]>): Network {
  return withPolicy(ROOT, {
    podSelector: { matchLabels: { [APP]: "log-service" } },
    policyTypes: ["Ingress"],
    ingress: from,
  });
}

function egress(to: NonNullable<RawPolicySpec["egress"]>, namespace = ORGANIZATION): Network {
  return withPolicy(namespace, { podSelector: {}, policyTypes: ["Egress"], egress: to });
}

function changed(change: (policies: RawPolicy[]) => RawPolicy[]): Network {
  const network = networkOfTenant("acme");
  return { ...network, policies: change([...network.policies]) };
}

describe("the proof", () => {
  it("finds nothing in a correct tenant", () => {
    expect(proveTenant(planOf("acme"), networkOfTenant("acme"))).toEqual([]);
  });

  it("names the policy, the peer and the port", () => {
    const [finding] = proveTenant(
      planOf("acme"),
      ingress([{ from: [{ namespaceSelector: {} }], ports: [{ port: 8080 }] }]),
    );
    expect(finding?.message).toBe(
      'a path to another tenant: NetworkPolicy tenant-acme/extra, ingress rule 1, peer {"namespaceSelector":{}} ' +
        "lets in pods of other tenants (and 12 more) on TCP 8080, for Deployment log-service in tenant-acme",
    );
  });
});

describe("a path to another tenant", () => {
  const selectors: [string, NonNullable<RawPolicySpec["ingress"]>[number]["from"]][] = [
    ["is a rule without peers", undefined],
    ["is a rule with an empty list of peers", []],
    ["is a selector of every namespace", [{ namespaceSelector: {} }]],
    [
      "is a label that any record may carry",
      [{ namespaceSelector: { matchLabels: { team: "shop" } } }],
    ],
    [
      "is a role that every tenant has",
      [{ namespaceSelector: { matchLabels: { "neurallog.dev/role": "organization" } } }],
    ],
    [
      "is another tenant's name, which exists or may exist",
      [{ namespaceSelector: { matchLabels: { [NAME]: "tenant-globex" } } }],
    ],
    [
      "is every namespace but some",
      [
        {
          namespaceSelector: {
            matchExpressions: [{ key: NAME, operator: "NotIn", values: ["kube-system"] }],
          },
        },
      ],
    ],
    [
      "is NotIn over a label that is not there",
      [
        {
          namespaceSelector: {
            matchExpressions: [{ key: "team", operator: "NotIn", values: ["shop"] }],
          },
        },
      ],
    ],
    [
      "is one of several names",
      [
        {
          namespaceSelector: {
            matchExpressions: [
              { key: TENANT, operator: "In", values: ["acme", "globex"] },
              { key: "team", operator: "DoesNotExist" },
            ],
          },
        },
      ],
    ],
    [
      "is a namespace and a pod selector that were meant as one peer and written as two",
      [
        { namespaceSelector: { matchExpressions: [{ key: TENANT, operator: "Exists" }] } },
        { podSelector: { matchLabels: { [APP]: "mcp" } } },
      ],
    ],
  ];
  for (const [name, from] of selectors) {
    it(name, () => {
      expect(codes(ingress([{ from, ports: [{ port: 8080 }] }]))).toContain("reach-other-tenant");
      expect(codes(egress([{ to: from, ports: [{ port: 8080 }] }]))).toContain(
        "reach-other-tenant",
      );
    });
  }

  it("is none where the tenant's own label is asked for", () => {
    const from = [
      {
        namespaceSelector: {
          matchLabels: { [TENANT]: "acme", "neurallog.dev/role": "organization" },
        },
      },
    ];
    expect(codes(ingress([{ from, ports: [{ port: 8080 }] }]))).toEqual([]);
  });

  it("is a namespace that wears another tenant's label", () => {
    const network = networkOfTenant("acme");
    const [root, ...rest] = network.namespaces;
    const forged = { name: root?.name ?? "", labels: { ...root?.labels, [TENANT]: "globex" } };
    expect(codes({ ...network, namespaces: [forged, ...rest] })).toContain("reach-namespace");
  });

  it("is a policy that an overlay puts into a foreign namespace", () => {
    const network = withPolicy("tenant-globex", { podSelector: {}, ingress: [{}] });
    expect(codes(network)).toContain("reach-stranger");
  });
});

describe("an ipBlock", () => {
  const out = (cidr: string, except: string[] = [], ports = [{ port: 443 }]) =>
    codes(egress([{ to: [{ ipBlock: { cidr, except } }], ports }]));

  it("over everything is a path to pods, Services, nodes and metadata", () => {
    expect(out("0.0.0.0/0")).toContain("reach-address");
  });

  it("over all of IPv6 is a path to pods that have an IPv6 address, too", () => {
    expect(out("::/0")).toContain("reach-address");
    expect(out("::/0", ["fd00:244::/56"])).toEqual(["reach-unexpected"]);
  });

  it("that leaves one Service address out of its excepts is a path", () => {
    const except = ["10.42.0.0/16", "10.43.0.0/17", "192.168.1.0/24", "169.254.0.0/16"];
    expect(out("0.0.0.0/0", except)).toContain("reach-address");
  });

  it("that excepts all of the cluster is still no flow of the record", () => {
    const except = ["10.42.0.0/16", "10.43.0.0/16", "192.168.1.0/24", "169.254.0.0/16"];
    expect(out("0.0.0.0/0", except)).toEqual(["reach-unexpected"]);
  });

  it("over the resolver is a path on any other port than DNS", () => {
    expect(out("169.254.20.10/32")).toContain("reach-address");
  });

  it("that the record asks for is none of it", () => {
    const plan = planOf("acme");
    const rule = {
      name: "billing",
      direction: "egress" as const,
      podLabels: {},
      peers: [{ kind: "ipBlock" as const, cidr: "198.51.100.0/24", except: ["198.51.100.7/32"] }],
      ports: [{ port: 443, endPort: 445, protocol: "TCP" as const }],
    };
    const namespaces = plan.namespaces.map((each) =>
      each.name === ORGANIZATION ? { ...each, rules: [rule] } : each,
    );
    const to = [{ ipBlock: { cidr: "198.51.100.0/24", except: ["198.51.100.7/32"] } }];
    const exact = egress([{ to, ports: [{ port: 443, endPort: 445 }] }]);
    const wider = egress([{ to, ports: [{ port: 443, endPort: 446 }] }]);
    const without = egress([
      { to: [{ ipBlock: { cidr: "198.51.100.0/24" } }], ports: [{ port: 443, endPort: 445 }] },
    ]);
    expect(codes(exact, { ...plan, namespaces })).toEqual([]);
    expect(codes(wider, { ...plan, namespaces })).toEqual(["reach-unexpected"]);
    expect(codes(without, { ...plan, namespaces })).toEqual(["reach-unexpected"]);
    expect(codes(networkOfTenant("acme"), { ...plan, namespaces })).toEqual(["reach-missing"]);
  });

  it("with bits behind its prefix, or an except outside it, cannot be proven", () => {
    expect(out("198.51.100.7/24")).toContain("reach-policy");
    expect(out("198.51.100.0/24", ["203.0.113.0/24"])).toContain("reach-policy");
  });
});

describe("a path to Redis", () => {
  const redis = (from: NonNullable<RawPolicySpec["ingress"]>[number]["from"]) =>
    withPolicy(ROOT, {
      podSelector: { matchLabels: { [APP]: "redis" } },
      policyTypes: ["Ingress"],
      ingress: [{ from, ports: [{ port: "redis" }] }],
    });

  it("is a peer that an organization's pod can match by labels of its choice", () => {
    const from = [
      {
        namespaceSelector: { matchLabels: { [TENANT]: "acme" } },
        podSelector: { matchLabels: { [APP]: "log-service" } },
      },
    ];
    expect(codes(redis(from))).toContain("reach-redis");
  });

  it("is the MCP endpoint as a peer", () => {
    const from = [
      {
        namespaceSelector: { matchLabels: { [NAME]: "tenant-acme-org-web-mcp" } },
        podSelector: { matchLabels: { [APP]: "mcp" } },
      },
    ];
    expect(codes(redis(from))).toContain("reach-redis");
  });

  it("is none where the log service is meant", () => {
    expect(codes(redis([{ podSelector: { matchLabels: { [APP]: "log-service" } } }]))).toEqual([]);
  });

  it("is a named port that opens more than the number that it stands for", () => {
    const network = networkOfTenant("acme");
    const pods = network.pods.map((pod) =>
      pod.owner === "Deployment log-service"
        ? { ...pod, ports: [{ name: "http", protocol: "TCP" as const, port: 9999 }] }
        : pod,
    );
    expect(codes({ ...network, pods })).toEqual(
      expect.arrayContaining(["reach-unexpected", "reach-missing", "reach-service"]),
    );
  });
});

describe("a named port", () => {
  it("towards pods whose owner names ports is every port", () => {
    const network = egress(
      [
        {
          to: [{ namespaceSelector: { matchLabels: { [NAME]: ORGANIZATION } } }],
          ports: [{ port: "http" }],
        },
      ],
      "tenant-acme-org-web-mcp",
    );
    expect(proveTenant(planOf("acme"), network)[0]?.message).toContain("on every TCP port");
  });
});

describe("isolation", () => {
  it("is lost without default-deny, even where other policies select every pod that is there", () => {
    const network = changed((policies) =>
      policies.filter(({ namespace, name }) => namespace !== ROOT || name !== "default-deny"),
    );
    expect(codes(network)).toEqual(["reach-not-isolated"]);
  });

  it("is lost for egress where policyTypes is left to its default", () => {
    const network = changed((policies) =>
      policies.map((policy) =>
        policy.name === "default-deny"
          ? { ...policy, spec: { podSelector: {}, egress: [] } }
          : policy,
      ),
    );
    expect(proveTenant(planOf("acme"), network).map(({ message }) => message)).toContain(
      "namespace tenant-acme: no NetworkPolicy denies egress to every pod, so a pod may be open to everybody",
    );
  });

  it("does not bind a pod on the host's network", () => {
    const network = networkOfTenant("acme");
    const pods = network.pods.map((pod) => ({ ...pod, hostNetwork: true }));
    expect(codes({ ...network, pods })).toEqual(["reach-bypass"]);
  });

  it("does not bind what a NodePort, a load balancer or an external address lets in", () => {
    const network = networkOfTenant("acme");
    for (const change of [
      { type: "NodePort" },
      { type: "LoadBalancer" },
      { type: "ExternalName" },
      { externalIPs: ["203.0.113.9"] },
    ]) {
      const services = network.services.map((service) => ({ ...service, ...change }));
      expect(codes({ ...network, services })).toEqual(["reach-bypass"]);
    }
  });
});

describe("a needed flow is missing", () => {
  it("when a Service leads to another port than its pods listen on", () => {
    const network = networkOfTenant("acme");
    const services = network.services.map((service) => ({
      ...service,
      ports: service.ports.map((port) => ({ ...port, target: 8081 })),
    }));
    expect(codes({ ...network, services })).toEqual(["reach-service"]);
  });

  it("when a policy lets only pods with a certain label through", () => {
    const network = changed((policies) =>
      policies.map((policy) =>
        policy.name === "workloads"
          ? {
              ...policy,
              spec: {
                ...policy.spec,
                podSelector: { matchExpressions: [{ key: "x", operator: "DoesNotExist" }] },
              },
            }
          : policy,
      ),
    );
    expect(codes(network)).toContain("reach-missing");
  });

  it("when a host has no route, or a route takes a host that is not the tenant's", () => {
    const network = networkOfTenant("acme");
    const routes = network.routes.map((route) => ({
      ...route,
      hosts: ["globex.logs.home.example"],
    }));
    expect(codes({ ...network, routes })).toEqual(["reach-route"]);
    expect(codes({ ...network, routes: [] })).toEqual(["reach-route"]);
  });
});

describe("a closed tenant", () => {
  const plan = planOf("acme");
  const closed = {
    ...plan,
    namespaces: plan.namespaces.map((each) => ({ ...each, closed: true })),
  };

  it("lets nobody in, and nobody out of its organizations", () => {
    const findings = proveTenant(closed, networkOfTenant("acme")).map(({ message }) => message);
    for (const [policy, rule] of [
      ["tenant-acme/log-service", "ingress rule 1"],
      ["tenant-acme/redis", "ingress rule 2"],
      [`${ORGANIZATION}/workloads`, "egress rule 1"],
      [`${ORGANIZATION}/dns`, "egress rule 1"],
    ]) {
      expect(findings.join("\n")).toContain(`NetworkPolicy ${policy}, ${rule}`);
    }
  });

  it("keeps its log service's way to Redis, from which a retiring tenant is exported", () => {
    const network = changed((policies) =>
      policies.flatMap((policy) => {
        const { namespace, name, spec } = policy;
        if (name === "default-deny") return [policy];
        if (namespace !== ROOT) return [];
        if (name === "log-service") return [{ ...policy, spec: { ...spec, ingress: [] } }];
        return [{ ...policy, spec: { ...spec, ingress: spec.ingress?.slice(0, 1) } }];
      }),
    );
    expect(proveTenant(closed, { ...network, routes: [] })).toEqual([]);
    const silent = network.policies.filter(({ name }) => name !== "redis");
    expect(codes({ ...network, policies: silent, routes: [] }, closed)).toEqual(["reach-missing"]);
  });
});
