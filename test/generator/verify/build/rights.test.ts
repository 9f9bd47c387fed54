import { describe, expect, it } from "vitest";
import { parseManifests } from "../../../../generator/manifests/parse.ts";
import { reportRights, reportTenantRole } from "../../../../generator/verify/build/rights.ts";
import { collector } from "../../../../generator/verify/finding.ts";

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const VIEW = "neurallog-tenant-view";
const WORKLOADS = "neurallog-tenant-workloads";

const manifests = (objects: readonly object[]) =>
  parseManifests(
    objects.map((object) => JSON.stringify({ apiVersion: "v1", ...object })).join("\n---\n"),
  );

/** What is wrong with one rule of one of the platform's two roles, or with what else the role has. */
function judged(name: string, { apiGroups = [""], resources, verbs }: Rule, more = {}): string[] {
  const { findings, report } = collector("build", undefined);
  const [role] = manifests([
    {
      kind: "ClusterRole",
      metadata: { name },
      rules: [{ apiGroups, resources, verbs }],
      ...more,
    },
  ]);
  if (role !== undefined) reportTenantRole(role, report);
  return findings.map(({ message }) => message);
}

describe("the platform's role for tenants", () => {
  const looking = { resources: ["pods", "pods/log", "resourcequotas"], verbs: ["get", "list"] };

  it("may let people look, and an organization change its own workloads", () => {
    const working = { resources: ["pods", "pods/exec", "secrets"], verbs: ["create", "delete"] };
    expect(judged(VIEW, looking)).toEqual([]);
    expect(judged(WORKLOADS, looking)).toEqual([]);
    expect(judged(WORKLOADS, working)).toEqual([]);
  });

  it.each<[string, string, Rule]>([
    ["reads the secrets beside Redis", VIEW, { resources: ["secrets"], verbs: ["get"] }],
    ["goes into a pod beside Redis", VIEW, { resources: ["pods/exec"], verbs: ["get"] }],
    ["creates a pod beside Redis", VIEW, { resources: ["pods"], verbs: ["create"] }],
    ["asks pods through the API server", VIEW, { resources: ["pods/proxy"], verbs: ["get"] }],
    ["has a token made", WORKLOADS, { resources: ["serviceaccounts/token"], verbs: ["create"] }],
    ["raises its quota", WORKLOADS, { resources: ["resourcequotas"], verbs: ["patch"] }],
    [
      "opens its network",
      WORKLOADS,
      { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: ["delete"] },
    ],
    [
      "gives itself rights",
      WORKLOADS,
      { apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles"], verbs: ["escalate"] },
    ],
    ["is somebody else", WORKLOADS, { resources: ["users"], verbs: ["impersonate"] }],
    ["may do everything", WORKLOADS, { resources: ["pods"], verbs: ["*"] }],
    ["sees everything", VIEW, { resources: ["*"], verbs: ["get"] }],
    ["sees all groups", VIEW, { apiGroups: ["*"], resources: ["pods"], verbs: ["get"] }],
    [
      "means workloads of another group",
      WORKLOADS,
      { apiGroups: ["apps", "evil.example"], resources: ["deployments"], verbs: ["create"] },
    ],
  ])("attack: one that %s is found", (_case, name, rule) => {
    expect(judged(name, rule)).toEqual([
      `ClusterRole ${name} lets somebody ${rule.verbs.join(", ")} ${rule.resources.join(", ")}`,
    ]);
  });

  it("attack: one that grows by the labels of other roles is found", () => {
    expect(judged(VIEW, looking, { aggregationRule: { clusterRoleSelectors: [] } })).toEqual([
      `ClusterRole ${VIEW} is put together from other roles by their labels`,
    ]);
  });
});

function messages(namespaceRole: string, ...objects: readonly object[]): string[] {
  const { findings, report } = collector("build", "acme");
  const namespace = {
    kind: "Namespace",
    metadata: { name: "n", labels: { "neurallog.dev/role": namespaceRole } },
  };
  reportRights(manifests([namespace, ...objects]), report);
  return findings.map(({ message }) => message);
}

describe("a tenant's overlay", () => {
  const to = (kind: string, name: string, subject = { kind: "Group", name: "acme" }) => ({
    kind: "RoleBinding",
    metadata: { name: "b", namespace: "n" },
    roleRef: { kind, name },
    subjects: [subject],
  });

  it("lets groups look everywhere, and run workloads in an organization's namespace", () => {
    expect(messages("root", to("ClusterRole", VIEW))).toEqual([]);
    expect(messages("organization", to("ClusterRole", WORKLOADS))).toEqual([]);
  });

  it("attack: a Role of its own is found, whatever it lets people do", () => {
    const role = { kind: "Role", metadata: { name: "r", namespace: "n" }, rules: [] };
    expect(messages("organization", role)).toEqual([
      "Role n/r is a Role: tenants have those of the platform",
    ]);
  });

  it.each([
    ["everything that a cluster's administrators may", "organization", "cluster-admin"],
    ["what may write network policies", "organization", "edit"],
    ["workloads beside Redis", "root", WORKLOADS],
    ["workloads beside an MCP endpoint", "mcp", WORKLOADS],
  ])("attack: a binding that gives %s is found", (_case, namespaceRole, name) => {
    expect(messages(namespaceRole, to("ClusterRole", name))).toEqual([
      `RoleBinding n/b binds the ClusterRole ${name}, which no tenant has there`,
    ]);
  });

  it("attack: a binding to a Role that bears the name of the platform's is found", () => {
    expect(messages("root", to("Role", VIEW))).toEqual([
      `RoleBinding n/b binds the Role ${VIEW}, which no tenant has there`,
    ]);
  });

  it.each([
    ["ServiceAccount", "default"],
    ["User", "mallory"],
    ["Group", "system:authenticated"],
    ["Group", "system:serviceaccounts"],
  ])("attack: a binding for the %s %s is found", (kind, name) => {
    expect(messages("root", to("ClusterRole", VIEW, { kind, name }))).toEqual([
      `RoleBinding n/b gives rights to the ${kind} ${name}, which is no group of people`,
    ]);
  });
});
