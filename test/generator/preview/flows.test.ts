import { describe, expect, it } from "vitest";
import type { Network } from "../../../generator/manifests/network.ts";
import type { RawPolicySpec } from "../../../generator/manifests/network-policy.ts";
import { compareFlows } from "../../../generator/preview/effects/flow-changes.ts";

const NAME = "kubernetes.io/metadata.name";
const named = (name: string) => ({ namespaceSelector: { matchLabels: { [NAME]: name } } });
const app = (name: string) => ({ podSelector: { matchLabels: { app: name } } });

/** Two namespaces that are closed, with one rendered pod each, and further policies of the first. */
function network(...policies: RawPolicySpec[]): Network {
  const spaces = ["tenant-a", "tenant-a-org-web"];
  return {
    namespaces: spaces.map((name) => ({ name, labels: {} })),
    pods: spaces.map((namespace) => ({
      namespace,
      owner: "Deployment api",
      labels: { app: "api" },
      hostNetwork: false,
      ports: [{ name: "http", protocol: "TCP", port: 8080 }],
    })),
    services: [],
    routes: [],
    policies: [
      ...spaces.map((namespace) => ({
        namespace,
        name: "deny",
        spec: { podSelector: {}, policyTypes: ["Ingress" as const, "Egress" as const] },
      })),
      ...policies.map((spec, i) => ({ namespace: "tenant-a", name: `p${i}`, spec })),
    ],
  };
}

const lines = (flows: { from: string; to: string; ports: string }[]) =>
  flows.map(({ from, to, ports }) => `${from} -> ${to} on ${ports}`);

function gained(...policies: RawPolicySpec[]): string[] {
  const { gained, lost } = compareFlows(network(), network(...policies));
  expect(lost).toEqual([]);
  // What one way gives the other takes.
  expect(compareFlows(network(...policies), network())).toEqual({ gained: [], lost: gained });
  return lines(gained);
}

const everyPod = { podSelector: {} };
const http = [{ port: 8080, protocol: "TCP" as const }];

describe("who may newly talk to whom", () => {
  it("is nobody where nothing changed", () => {
    expect(compareFlows(network(), network())).toEqual({ gained: [], lost: [] });
  });

  it("counts inside of a tenant only what both sides let through", () => {
    const out: RawPolicySpec = {
      ...everyPod,
      policyTypes: ["Egress"],
      egress: [{ to: [app("api")], ports: http }],
    };
    const into: RawPolicySpec = {
      ...app("api"),
      policyTypes: ["Ingress"],
      ingress: [{ from: [{ podSelector: {} }], ports: [{ port: "http" }] }],
    };
    expect(gained(out)).toEqual([]);
    expect(gained(into)).toEqual([]);
    expect(gained(out, into)).toEqual([
      "every pod in tenant-a -> Deployment api in tenant-a on TCP 8080",
    ]);
  });

  it("names pods of other namespaces by what the policy says of them", () => {
    expect(
      gained({
        ...app("api"),
        policyTypes: ["Ingress"],
        ingress: [{ from: [{ ...named("shared-mail"), ...app("mx") }], ports: http }],
      }),
    ).toEqual(["pods labelled app=mx in shared-mail -> Deployment api in tenant-a on TCP 8080"]);
  });

  it("shows another tenant as what it is", () => {
    expect(
      gained({
        ...app("api"),
        policyTypes: ["Egress"],
        egress: [{ to: [named("tenant-b")], ports: http }],
      }),
    ).toEqual(["Deployment api in tenant-a -> every pod in tenant-b on TCP 8080"]);
  });

  it("is everybody for a rule without peers", () => {
    expect(gained({ ...app("api"), policyTypes: ["Ingress"], ingress: [{}] })).toEqual([
      "everybody -> Deployment api in tenant-a on every port",
    ]);
  });

  it("tells the part of a range that is new", () => {
    const to = (cidr: string, except: string[] = []): Network =>
      network({
        ...app("api"),
        policyTypes: ["Egress"],
        egress: [{ to: [{ ipBlock: { cidr, except } }], ports: [{ port: 443 }] }],
      });
    const { gained, lost } = compareFlows(
      to("198.51.100.0/25"),
      to("198.51.100.0/24", ["198.51.100.0/26"]),
    );
    expect(lines(gained)).toEqual([
      "Deployment api in tenant-a -> 198.51.100.128 to 198.51.100.255 on TCP 443",
    ]);
    expect(lines(lost)).toEqual([
      "Deployment api in tenant-a -> 198.51.100.0 to 198.51.100.63 on TCP 443",
    ]);
  });

  it("gives pods that a new rule names none of the flows that every pod had before", () => {
    const dns: RawPolicySpec = {
      ...everyPod,
      policyTypes: ["Egress"],
      egress: [{ to: [named("kube-system")], ports: [{ port: 53, protocol: "UDP" }] }],
    };
    const rule: RawPolicySpec = {
      ...app("builder"),
      policyTypes: ["Egress"],
      egress: [{ to: [{ ipBlock: { cidr: "203.0.113.1/32" } }] }],
    };
    expect(lines(compareFlows(network(dns), network(dns, rule)).gained)).toEqual([
      "pods labelled app=builder in tenant-a -> 203.0.113.1/32 on every port",
    ]);
  });

  it("does not depend on the order of policies", () => {
    const one: RawPolicySpec = {
      ...app("api"),
      policyTypes: ["Egress"],
      egress: [{ to: [named("shared-a")], ports: http }],
    };
    const two: RawPolicySpec = {
      ...app("api"),
      policyTypes: ["Egress"],
      egress: [{ to: [named("shared-a")], ports: [{ port: 8081 }] }],
    };
    expect(compareFlows(network(one, two), network(two, one))).toEqual({ gained: [], lost: [] });
    expect(gained(one, two)).toEqual(gained(two, one));
  });
});
