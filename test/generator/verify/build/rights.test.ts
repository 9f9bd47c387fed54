import { describe, expect, it } from "vitest";
import { parseManifests } from "../../../../generator/manifests/parse.ts";
import { reportRights } from "../../../../generator/verify/build/rights.ts";
import { collector } from "../../../../generator/verify/finding.ts";

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const namespace = (role: string) => ({
  kind: "Namespace",
  metadata: { name: "n", labels: { "neurallog.dev/role": role } },
});

function messages(...objects: readonly object[]): string[] {
  const { findings, report } = collector("build", "acme");
  const text = objects.map((object) => JSON.stringify({ apiVersion: "v1", ...object }));
  reportRights(parseManifests(text.join("\n---\n")), report);
  return findings.map(({ message }) => message);
}

/** What is wrong with one rule in a namespace of a kind. */
const judged = (kind: string, { apiGroups = [""], resources, verbs }: Rule) =>
  messages(namespace(kind), {
    kind: "Role",
    metadata: { name: "r", namespace: "n" },
    rules: [{ apiGroups, resources, verbs }],
  });

describe("a Role", () => {
  it("may let people look, and an organization change its own workloads", () => {
    const looking = { resources: ["pods", "pods/log", "resourcequotas"], verbs: ["get", "list"] };
    const working = { resources: ["pods", "pods/exec", "secrets"], verbs: ["create", "delete"] };
    expect(judged("tenant", looking)).toEqual([]);
    expect(judged("organization", looking)).toEqual([]);
    expect(judged("organization", working)).toEqual([]);
  });

  it.each<[string, string, Rule]>([
    ["reads the secrets beside Redis", "tenant", { resources: ["secrets"], verbs: ["get"] }],
    ["goes into a pod beside Redis", "tenant", { resources: ["pods/exec"], verbs: ["get"] }],
    ["creates a pod beside Redis", "tenant", { resources: ["pods"], verbs: ["create"] }],
    ["asks pods through the API server", "tenant", { resources: ["pods/proxy"], verbs: ["get"] }],
    [
      "has a token made",
      "organization",
      { resources: ["serviceaccounts/token"], verbs: ["create"] },
    ],
    ["raises its quota", "organization", { resources: ["resourcequotas"], verbs: ["patch"] }],
    [
      "opens its network",
      "organization",
      { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: ["delete"] },
    ],
    [
      "gives itself rights",
      "organization",
      { apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles"], verbs: ["escalate"] },
    ],
    ["is somebody else", "organization", { resources: ["users"], verbs: ["impersonate"] }],
    ["may do everything", "organization", { resources: ["pods"], verbs: ["*"] }],
    ["sees everything", "tenant", { resources: ["*"], verbs: ["get"] }],
    ["sees all groups", "tenant", { apiGroups: ["*"], resources: ["pods"], verbs: ["get"] }],
    [
      "means workloads of another group",
      "organization",
      { apiGroups: ["apps", "evil.example"], resources: ["deployments"], verbs: ["create"] },
    ],
  ])("attack: one that %s is found", (_case, kind, rule) => {
    expect(judged(kind, rule)).toEqual([
      `Role n/r lets somebody ${rule.verbs.join(", ")} ${rule.resources.join(", ")}`,
    ]);
  });
});

describe("a RoleBinding", () => {
  const role = { kind: "Role", metadata: { name: "r", namespace: "n" }, rules: [] };
  const to = (kind: string, name: string, at = "n") => ({
    kind: "RoleBinding",
    metadata: { name: "b", namespace: at },
    roleRef: { kind, name },
  });

  it("gives a Role of its own namespace", () => {
    expect(messages(namespace("tenant"), role, to("Role", "r"))).toEqual([]);
  });

  it.each([
    ["everything that a cluster's administrators may", to("ClusterRole", "cluster-admin")],
    ["a Role that is not there", to("Role", "other")],
    ["a Role of another namespace", to("Role", "r", "m")],
  ])("attack: one that gives %s is found", (_case, object) => {
    expect(messages(namespace("tenant"), role, object)).toEqual([
      expect.stringMatching(/^RoleBinding \w\/b binds the .* which is no Role of its namespace$/),
    ]);
  });
});
