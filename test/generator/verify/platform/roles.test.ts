import { expect, it } from "vitest";
import { found, foundWith, set } from "./fixture.ts";

const rule = (resources: string[], verbs: string[], apiGroups = [""]) =>
  set("rules.0", { apiGroups, resources, verbs });

it("finds that a role of tenants is missing, and the bindings in their overlays lead nowhere", () => {
  expect(found("home", "ClusterRole neurallog-tenant-view", null)).toEqual([
    "platform-role: ClusterRole neurallog-tenant-view is missing",
  ]);
});

it.each([
  ["reads secrets", "tenant-view", ["secrets"], ["get"]],
  ["writes network policies", "tenant-workloads", ["networkpolicies"], ["create"]],
  ["reads secrets", "status", ["secrets"], ["get"]],
  ["calls pods through the API server", "status", ["pods/proxy"], ["get"]],
  ["has a shell in pods", "offboarder", ["pods/exec"], ["create"]],
  ["raises quotas", "offboarder", ["resourcequotas"], ["patch"]],
  ["gives itself rights", "offboarder", ["clusterroles"], ["escalate"]],
  ["has tokens made", "offboarder", ["serviceaccounts/token"], ["create"]],
  ["is somebody else", "offboarder", ["users"], ["impersonate"]],
  ["may do everything", "status", ["namespaces"], ["*"]],
  ["means everything", "status", ["*"], ["get"]],
  ["switches admission off", "offboarder", ["validatingadmissionpolicybindings"], ["delete"]],
])("attack: a role that %s is found in %s", (_case, name, resources, verbs) => {
  expect(found("home", `ClusterRole neurallog-${name}`, rule(resources, verbs))).toEqual([
    `platform-role: ClusterRole neurallog-${name} lets somebody ${verbs.join(", ")} ${resources.join(", ")}`,
  ]);
});

it.each([
  ["sends something through Prometheus' proxy", "pods/proxy", "create"],
  ["has a shell beside Prometheus", "pods/exec", "create"],
])("attack: a role that %s is found", (_case, resource, verb) => {
  expect(
    found("home", "Role neurallog-monitoring/neurallog-status", rule([resource], [verb])),
  ).toEqual([
    `platform-role: Role neurallog-monitoring/neurallog-status lets somebody ${verb} ${resource}`,
  ]);
});

it("attack: a role that holds for all groups, or grows by labels, is found", () => {
  const name = "ClusterRole neurallog-status";
  expect(found("home", name, rule(["pods"], ["get"], ["*"]))).toEqual([
    `platform-role: ${name} holds for all API groups`,
  ]);
  expect(found("home", name, set("aggregationRule", { clusterRoleSelectors: [] }))).toEqual([
    `platform-role: ${name} is put together from other roles`,
  ]);
});

it.each([
  ["ServiceAccount", "default"],
  ["Group", "system:authenticated"],
])("attack: a binding for the %s %s is found", (kind, name) => {
  expect(
    found("home", "ClusterRoleBinding neurallog-status", set("subjects.0", { kind, name })),
  ).toEqual([
    `platform-role: ClusterRoleBinding neurallog-status gives rights to the ${kind} ${name}, which is no group of people`,
  ]);
});

it("attack: a binding that makes a group the cluster's administrators is found", () => {
  const object = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "x" },
    roleRef: { kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "Group", name: "neurallog-platform" }],
  };
  expect(foundWith("home", object)).toEqual([
    "platform-role: ClusterRoleBinding x binds the ClusterRole cluster-admin, which is none of the platform's",
  ]);
});
