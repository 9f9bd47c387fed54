import { describe, expect, it } from "vitest";

import { type ClusterFacts, refusals } from "../../../tools/cluster/brought/refusal.ts";

const kind: ClusterFacts = {
  context: "kind-neurallog",
  host: "127.0.0.1",
  nodes: [{ name: "kind-control-plane", providerId: "kind://docker/kind/x", ageDays: 0.1 }],
  namespaces: ["default", "kube-system", "kube-public", "kube-node-lease", "local-path-storage"],
  applications: 0,
  workloads: 0,
  ageDays: 0.1,
};
const remote: ClusterFacts = {
  ...kind,
  context: "scratch",
  host: "10.0.0.5",
  nodes: [{ name: "a", providerId: "aws:///x", ageDays: 1 }],
};

describe("a brought cluster", () => {
  it("that is kind's, new and on this machine is taken", () => {
    expect(refusals(kind, false)).toEqual([]);
  });

  it("anywhere else is taken only with the word that it may be ruined", () => {
    expect(refusals(remote, false).join()).toContain("--disposable");
    expect(refusals(remote, true)).toEqual([]);
  });

  it.each<[string, Partial<ClusterFacts>, string]>([
    ["a context called prod-eu", { context: "prod-eu" }, "prod-eu"],
    ["a context called kind-production", { context: "kind-production" }, "kind-production"],
    ["a server called api.live.example", { host: "api.live.example" }, "api.live.example"],
    ["a tenant's namespace", { namespaces: [...kind.namespaces, "tenant-acme"] }, "tenant-acme"],
    ["an Argo CD of its own", { namespaces: [...kind.namespaces, "argocd"] }, "argocd"],
    [
      "the platform on it",
      { namespaces: [...kind.namespaces, "neurallog-system"] },
      "neurallog-system",
    ],
    ["Applications", { applications: 3 }, "3 Applications"],
    ["pods of somebody's", { workloads: 1, namespaces: [...kind.namespaces, "shop"] }, "shop"],
    [
      "more than a few nodes",
      {
        nodes: Array.from(
          { length: 6 },
          () => kind.nodes[0] ?? { name: "", providerId: "", ageDays: 0 },
        ),
      },
      "6 nodes",
    ],
    [
      "a node of last year",
      { nodes: [{ name: "a", providerId: "kind://x", ageDays: 300 }] },
      "300 days",
    ],
    ["a kube-system of last month", { ageDays: 31 }, "31 days"],
  ])("with %s is refused, whatever the user says", (_, facts, reason) => {
    expect(refusals({ ...kind, ...facts }, false).join()).toContain(reason);
    expect(refusals({ ...kind, ...facts }, true).join()).toContain(reason);
  });

  it.each(["kind-product-test", "reproduction", "deliver"])(
    "is not refused for a word inside its name, as in %s",
    (context) => {
      expect(refusals({ ...kind, context }, false)).toEqual([]);
    },
  );

  it("is told every reason at once", () => {
    const facts = { ...kind, context: "prod", applications: 1, ageDays: 90 };
    expect(refusals(facts, true)).toHaveLength(3);
  });
});
