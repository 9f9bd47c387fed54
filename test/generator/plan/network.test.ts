import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cidr, formatCidr, overlaps, contains } from "../../../generator/record/cidr.ts";
import { codesOf, planOf } from "./support.ts";

const rule = (peer: string, namespace = "web", direction = "egress"): string => `
organizations: [{ id: web, mcp: true }]
network:
  rules:
    - name: rule
      namespace: ${namespace}
      direction: ${direction}
      ${direction === "egress" ? "to" : "from"}: [${peer}]
      ports: [{ port: 443 }]
`;

describe("an address range in a record", () => {
  test.each(["0.0.0.0/0", "fc00::/7", "10.0.0.0/8", "192.168.0.0/16", "fd00::/8"])(
    "%s gets the cluster's own addresses cut out",
    (range) => {
      const plan = planOf(`network: { api: { cidrs: ["${range}"] } }`);
      const [block] = plan.api.blocks;
      const holes = block?.except.map((text) => cidr(text)) ?? [];
      const inside = plan.cluster.protectedCidrs
        .map((text) => cidr(text))
        .filter((one) => overlaps(one, cidr(range)));
      expect(inside.length).toBeGreaterThan(0);
      for (const one of inside) expect(holes.some((hole) => contains(hole, one))).toBe(true);
      // Kubernetes refuses an exception that is not inside, or is all of it.
      for (const hole of holes)
        expect(contains(cidr(range), hole) && formatCidr(hole) !== range).toBe(true);
    },
  );

  test.each([
    ["a pod", "10.244.7.3/32"],
    ["all pods", "10.244.0.0/16"],
    ["a Service", "10.96.0.1/32"],
    ["a node", "192.168.10.4/32"],
    ["the cloud's metadata service", "169.254.169.254/32"],
    ["its IPv6 one", "fd00:ec2::254/128"],
    ["loopback", "127.0.0.1/32"],
    ["link-local addresses", "fe80::/64"],
    ["an IPv6 pod", "fd00:244:0:17::1/128"],
    ["a managed Redis, of this tenant or another", "192.168.20.3/32"],
  ])("that is %s is refused", (_, range) => {
    expect(codesOf(`network: { api: { cidrs: ["${range}"] } }`)).toEqual(["cidr-protected"]);
    expect(codesOf(rule(`{ cidr: "${range}" }`))).toEqual(["cidr-protected"]);
  });

  test.each(["::/0", "::/64", "::fffe:0:0/95"])(
    "%s, which has every IPv4 address in it once more, is refused",
    (range) => {
      expect(codesOf(`network: { api: { cidrs: ["${range}"] } }`)).toEqual(["cidr-mapped"]);
    },
  );

  test("that is the metadata service behind NAT64 is refused", () => {
    const codes = codesOf('network: { api: { cidrs: ["64:ff9b::a9fe:a9fe/128"] } }');
    expect(codes).toEqual(["cidr-protected"]);
  });

  test("no range that is let through covers an address of the cluster", () => {
    const { protectedCidrs } = planOf("").cluster;
    const ranges = protectedCidrs.map((text) => cidr(text));
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(32), (address, prefix) => {
        const size = 2 ** (32 - prefix);
        const first = Math.floor(address / size) * size;
        const bytes = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
        const text = `${bytes.join(".")}/${prefix}`;
        const codes = codesOf(`network: { api: { cidrs: [${text}] } }`);
        const inside = ranges.some((one) => contains(one, cidr(text)));
        expect(codes).toEqual(inside ? ["cidr-protected"] : []);
      }),
      { numRuns: 150 },
    );
  });

  test("its own exceptions are kept, and one that is inside another only once", () => {
    const plan = planOf(rule("{ cidr: 203.0.113.0/24, except: [203.0.113.0/28, 203.0.113.0/30] }"));
    const [, web] = plan.namespaces;
    expect(web?.rules[0]?.peers).toEqual([
      { kind: "ipBlock", cidr: "203.0.113.0/24", except: ["203.0.113.0/28"] },
    ]);
  });

  test("an exception that takes out everything is refused", () => {
    expect(codesOf(rule("{ cidr: 203.0.113.0/24, except: [203.0.113.0/24] }"))).toEqual([
      "cidr-except",
    ]);
  });
});

describe("a custom rule", () => {
  test.each([
    ["root", "tenant-shop"],
    ["web", "tenant-shop-org-web"],
    ["web-mcp", "tenant-shop-org-web-mcp"],
  ])("for %s lands in %s alone", (namespace, name) => {
    const plan = planOf(rule("{ cidr: 203.0.113.0/24 }", namespace));
    const holders = plan.namespaces.filter(({ rules }) => rules.length > 0);
    expect(holders.map((one) => one.name)).toEqual([name]);
  });

  test("a way to Redis: in the root namespace a rule selects the log service, whatever it says", () => {
    const plan = planOf(rule("{ organization: web }", "root", "ingress"));
    expect(plan.namespaces[0]?.rules[0]?.podLabels).toEqual({
      "app.kubernetes.io/name": "log-service",
    });
  });

  test.each([
    ["another tenant's namespace", "{ namespace: tenant-acme }", "rule-other-tenant"],
    [
      "another tenant's MCP namespace",
      "{ namespace: tenant-acme-org-web-mcp }",
      "rule-other-tenant",
    ],
    ["a tenant whose id begins alike", "{ namespace: tenant-shop-two }", "rule-other-tenant"],
    ["the system's namespace", "{ namespace: kube-system }", "unknown-reference"],
    ["its own root namespace, where Redis is", "{ namespace: tenant-shop }", "rule-shape"],
  ])("a way to %s is refused", (_, peer, code) => {
    expect(codesOf(rule(peer))).toEqual([code]);
  });

  test("the MCP namespace of an organization without one is no namespace", () => {
    expect(codesOf(rule("{ cidr: 203.0.113.0/24 }", "web-mcp").replace(", mcp: true", ""))).toEqual(
      ["unknown-reference"],
    );
  });
});

describe("the log service's callers", () => {
  test("are all open organizations and the ingress controller when nothing is said", () => {
    const { api } = planOf("organizations: [{ id: web }, { id: old, state: retiring }]");
    expect(api).toEqual({ namespaces: ["tenant-shop-org-web"], ingress: true, blocks: [] });
  });

  test("are those organizations alone that are named", () => {
    const plan = planOf(
      "organizations: [{ id: web }, { id: api }]\nnetwork: { api: { organizations: [api] } }",
    );
    expect(plan.api.namespaces).toEqual(["tenant-shop-org-api"]);
    const calls = plan.namespaces.map((one) => one.role === "organization" && one.callsApi);
    expect(calls).toEqual([false, false, true]);
  });

  test("an empty list of organizations lets none in", () => {
    const plan = planOf("organizations: [{ id: web }]\nnetwork: { api: { organizations: [] } }");
    expect(plan.api.namespaces).toEqual([]);
  });

  test("without the ingress controller there is no host", () => {
    expect(planOf("network: { api: { ingress: false } }").logService.hosts).toEqual([]);
  });
});
