import { describe, expect, it } from "vitest";
import { networkOf } from "../../../generator/manifests/network.ts";
import { ManifestError, parseManifests } from "../../../generator/manifests/parse.ts";

function problem(spec: unknown): string {
  const policy = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "p", namespace: "n" },
    spec,
  };
  try {
    networkOf(parseManifests(JSON.stringify(policy)));
  } catch (error) {
    if (error instanceof ManifestError) return error.message;
    throw error;
  }
  return "";
}

const ingress = (rule: unknown) => ({ podSelector: {}, ingress: [rule] });

describe("a NetworkPolicy", () => {
  it("is read when the API server would take it", () => {
    const ports = [{ port: "http" }, { port: 80, endPort: 90, protocol: "UDP" }, {}];
    const from = [
      { podSelector: {} },
      { namespaceSelector: { matchExpressions: [{ key: "a", operator: "NotIn", values: ["b"] }] } },
      { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } },
    ];
    expect(problem(ingress({ from, ports }))).toBe("");
    expect(problem({ podSelector: {}, ingress: null, policyTypes: ["Egress"] })).toBe("");
  });

  const refused: [string, unknown][] = [
    ["a field that the proof does not know", { podSelector: {}, ingres: [] }],
    ["a peer of a kind that the proof does not know", ingress({ from: [{ fqdn: "x" }] })],
    ["a peer with nothing in it", ingress({ from: [{}] })],
    [
      "a peer with selectors and an ipBlock",
      ingress({ from: [{ podSelector: {}, ipBlock: { cidr: "10.0.0.0/8" } }] }),
    ],
    ["an unknown policy type", { podSelector: {}, policyTypes: ["Engress"] }],
    ["an unknown protocol", ingress({ ports: [{ port: 1, protocol: "ICMP" }] })],
    ["an endPort below its port", ingress({ ports: [{ port: 9, endPort: 8 }] })],
    ["an endPort behind a name", ingress({ ports: [{ port: "http", endPort: 80 }] })],
    ["a port out of range", ingress({ ports: [{ port: 0 }] })],
    ["a name that Kubernetes reads as a number", ingress({ ports: [{ port: "0x1f" }] })],
    ["In without values", { podSelector: { matchExpressions: [{ key: "a", operator: "In" }] } }],
    [
      "Exists with values",
      { podSelector: { matchExpressions: [{ key: "a", operator: "Exists", values: ["b"] }] } },
    ],
    [
      "an unknown operator",
      { podSelector: { matchExpressions: [{ key: "a", operator: "Gt", values: ["1"] }] } },
    ],
  ];
  for (const [name, spec] of refused) {
    it(`cannot be proven with ${name}`, () => {
      expect(problem(spec)).toMatch(/^NetworkPolicy n\/p cannot be proven: spec\./);
    });
  }
});
