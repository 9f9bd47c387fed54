import { creates, deletes, empties, merges, on } from "../attack.ts";
import { BARE, ENDING, MCP, OWNERS, RBAC, ROOT, WEB } from "../names.ts";
import { ref } from "../objects.ts";

const deny = ref("networking.k8s.io/v1", "NetworkPolicy", "default-deny", WEB);
const ending = ref("networking.k8s.io/v1", "NetworkPolicy", ENDING, WEB);
const policies = `/apis/networking.k8s.io/v1/namespaces/${WEB}/networkpolicies`;

const open = (name: string) => ({
  ...ref("networking.k8s.io/v1", "NetworkPolicy", name, WEB),
  spec: { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] },
});

const byArgo = {
  what: "Argo CD writes a policy of the overlay",
  by: "argo",
  attempt: creates(open("of-the-overlay")),
} as const;

export const networkPolicies = on("network-policies", [
  { name: "default-deny is deleted", attempt: deletes(deny), owner: "rbac", twin: byArgo },
  {
    name: "all network policies of a namespace are deleted at once",
    attempt: empties(policies),
    owner: "rbac",
    twin: byArgo,
  },
  {
    name: "a policy that opens everything is put beside default-deny",
    attempt: creates(open("open")),
    owner: "rbac",
    twin: byArgo,
  },
  {
    name: "Redis' policy lets everybody in",
    attempt: merges(ref("networking.k8s.io/v1", "NetworkPolicy", "redis", ROOT), {
      spec: { ingress: [{}] },
    }),
    owner: "rbac",
    twin: byArgo,
  },
  {
    name: "a policy that is being deleted opens everything before it goes",
    attempt: merges(ending, { spec: { ingress: [{}] } }),
    owner: "rbac",
    twin: {
      what: "the garbage collector lets it go",
      by: "garbageCollector",
      attempt: merges(ending, { metadata: { finalizers: null } }),
    },
  },
  {
    name: "whoever has the namespace controller's token deletes default-deny of a living namespace",
    by: "namespaceController",
    attempt: deletes(deny),
    owner: "rbac",
    twin: byArgo,
  },
  {
    name: "a commit opens default-deny",
    by: "argo",
    attempt: merges(deny, { spec: { egress: [{}] } }),
    owner: "rbac",
    twin: byArgo,
  },
  {
    name: "a commit has default-deny choose some pods only",
    by: "argo",
    attempt: merges(deny, { spec: { podSelector: { matchLabels: { app: "x" } } } }),
    owner: "rbac",
    twin: byArgo,
  },
  {
    name: "a commit has default-deny forget the way out",
    by: "argo",
    attempt: merges(deny, { spec: { policyTypes: ["Ingress"] } }),
    owner: "rbac",
    twin: byArgo,
  },
  {
    name: "Argo CD prunes default-deny",
    by: "argo",
    attempt: deletes(deny),
    owner: "rbac",
    twin: {
      what: "Argo CD prunes another policy",
      by: "argo",
      attempt: deletes({ ...deny, metadata: { ...deny.metadata, name: "workloads" } }),
    },
  },
]);

const quota = ref("v1", "ResourceQuota", "quota", WEB);
const limits = ref("v1", "LimitRange", "limits", WEB);
const more = { spec: { hard: { pods: "999" } } };
const raised = {
  what: "Argo CD raises it, as the record says",
  by: "argo",
  attempt: merges(quota, more),
} as const;

export const quotas = on("quotas", [
  { name: "the quota is raised", attempt: merges(quota, more), owner: "rbac", twin: raised },
  {
    name: "the quota is raised in its status, which is what counts",
    attempt: merges(quota, { status: { hard: { pods: "999" } } }, "status"),
    owner: "rbac",
    twin: {
      what: "Kubernetes counts",
      by: "quotaController",
      attempt: merges(quota, { status: { used: { pods: "3" } } }, "status"),
    },
  },
  {
    name: "a commit raises the quota in its status",
    by: "argo",
    attempt: merges(quota, { status: { hard: { pods: "999" } } }, "status"),
    owner: "rbac",
    twin: raised,
  },
  { name: "the quota is deleted", attempt: deletes(quota), owner: "rbac", twin: raised },
  {
    name: "all quotas of a namespace are deleted at once",
    attempt: empties(`/api/v1/namespaces/${WEB}/resourcequotas`),
    owner: "rbac",
    twin: raised,
  },
  {
    name: "Argo CD prunes the quota",
    by: "argo",
    attempt: deletes(quota),
    owner: "rbac",
    twin: raised,
  },
  {
    name: "the limits of each container are raised",
    attempt: merges(limits, { metadata: { annotations: { x: "y" } } }),
    owner: "rbac",
    twin: {
      what: "Argo CD changes them",
      by: "argo",
      attempt: merges(limits, { metadata: { annotations: { x: "y" } } }),
    },
  },
  {
    name: "the limits of each container are deleted",
    attempt: deletes(limits),
    owner: "rbac",
    twin: raised,
  },
]);

const subject = (kind: string, name: string, namespace?: string) =>
  namespace === undefined ? { apiGroup: RBAC, kind, name } : { kind, name, namespace };

const binding = (
  namespace: string,
  subjects: readonly object[],
  role = "neurallog-tenant-view",
  kind = "ClusterRole",
) => ({
  ...ref(`${RBAC}/v1`, "RoleBinding", "tried", namespace),
  roleRef: { apiGroup: RBAC, kind, name: role },
  subjects,
});

const owners = subject("Group", OWNERS);
const ofTheRecord = {
  what: "Argo CD binds the group of the record",
  by: "argo",
  attempt: creates(binding(WEB, [owners], "neurallog-tenant-workloads")),
} as const;
const foreign = (name: string, ...subjects: object[]) =>
  ({
    name,
    by: "argo",
    attempt: creates(binding(WEB, subjects)),
    owner: "rbac",
    twin: ofTheRecord,
  }) as const;

export const roleBindings = on("role-bindings", [
  foreign("a commit binds another tenant's group", subject("Group", "globex-owners")),
  foreign(
    "a foreign group stands behind the tenant's own",
    owners,
    subject("Group", "globex-owners"),
  ),
  foreign("a commit binds everybody who is logged in", subject("Group", "system:authenticated")),
  foreign("a commit binds a person", subject("User", "eve")),
  foreign("a commit binds a service account of another namespace", {
    ...subject("ServiceAccount", "default", "default"),
  }),
  foreign("a commit binds a service account of the very namespace", {
    ...subject("ServiceAccount", "default", WEB),
  }),
  {
    name: "a foreign group is added to a binding that is there",
    by: "argo",
    attempt: merges(ref(`${RBAC}/v1`, "RoleBinding", "view", WEB), {
      subjects: [owners, subject("Group", "globex-owners")],
    }),
    owner: "rbac",
    twin: ofTheRecord,
  },
  {
    name: "a cluster's administrator binds the tenant's own group",
    attempt: creates(binding(WEB, [owners])),
    owner: "rbac",
    twin: ofTheRecord,
  },
  {
    name: "a commit binds the built-in role edit, which writes network policies",
    by: "argo",
    attempt: creates(binding(WEB, [owners], "edit")),
    owner: "rbac",
    twin: ofTheRecord,
  },
  {
    name: "a commit binds a Role",
    by: "argo",
    attempt: creates(binding(WEB, [owners], "neurallog-tenant-view", "Role")),
    owner: "rbac",
    twin: ofTheRecord,
  },
  {
    name: "a commit lets a tenant run workloads beside Redis",
    by: "argo",
    attempt: creates(binding(ROOT, [owners], "neurallog-tenant-workloads")),
    owner: "rbac",
    twin: { what: "it may look", by: "argo", attempt: creates(binding(ROOT, [owners])) },
  },
  {
    name: "a commit lets a tenant run workloads beside an MCP endpoint",
    by: "argo",
    attempt: creates(binding(MCP, [owners], "neurallog-tenant-workloads")),
    owner: "rbac",
    twin: { what: "it may look", by: "argo", attempt: creates(binding(MCP, [owners])) },
  },
]);

const clusterBinding = (subjects: readonly object[]) => ({
  ...ref(`${RBAC}/v1`, "ClusterRoleBinding", "tried"),
  roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: "view" },
  subjects,
});
const people = {
  what: "a group of people",
  by: "outsider",
  attempt: creates(clusterBinding([subject("Group", "auditors")])),
} as const;

export const tenantSubjects = on("tenant-subjects", [
  {
    name: "a tenant's service account is bound in the whole cluster",
    attempt: creates(clusterBinding([subject("ServiceAccount", "default", WEB)])),
    owner: "rbac",
    twin: people,
  },
  {
    name: "it stands behind a subject that may",
    attempt: creates(
      clusterBinding([subject("Group", "auditors"), subject("ServiceAccount", "default", WEB)]),
    ),
    owner: "rbac",
    twin: people,
  },
  {
    name: "a tenant's service account is bound by its user's name",
    attempt: creates(clusterBinding([subject("User", `system:serviceaccount:${WEB}:default`)])),
    owner: "rbac",
    twin: people,
  },
  {
    name: "all service accounts of a tenant's namespace are bound by their group",
    attempt: creates(clusterBinding([subject("Group", `system:serviceaccounts:${WEB}`)])),
    owner: "rbac",
    twin: people,
  },
  {
    name: "a tenant's service account is bound in a namespace that is not its own",
    attempt: creates(binding("default", [subject("ServiceAccount", "default", WEB)], "view")),
    owner: "rbac",
    twin: {
      what: "a service account of that namespace",
      by: "outsider",
      attempt: creates(
        binding("default", [subject("ServiceAccount", "default", "default")], "view"),
      ),
    },
  },
]);

const kind = (apiVersion: string, name: string, more: object) => ({
  name: `a commit brings a ${name}`,
  by: "argo" as const,
  attempt: creates({ ...ref(apiVersion, name, "tried", BARE), ...more }),
  owner: "rbac" as const,
  twin: {
    what: "a ConfigMap",
    by: "argo" as const,
    attempt: creates(ref("v1", "ConfigMap", "tried", BARE)),
  },
});
const gateway = "gateway.networking.k8s.io/v1";
const parentRefs = [{ name: "neurallog", namespace: "neurallog-ingress" }];
const backend = [{ backendRefs: [{ name: "log-service", port: 8080 }] }];

export const kinds = on("kinds", [
  kind(gateway, "GRPCRoute", { spec: { parentRefs } }),
  kind(gateway, "TLSRoute", { spec: { parentRefs, hostnames: ["a.example"], rules: backend } }),
  kind(gateway, "TCPRoute", { spec: { parentRefs, rules: backend } }),
  kind(gateway, "UDPRoute", { spec: { parentRefs, rules: backend } }),
  kind(gateway, "Gateway", {
    spec: { gatewayClassName: "x", listeners: [{ name: "x", port: 80, protocol: "HTTP" }] },
  }),
  kind(gateway, "ReferenceGrant", {
    spec: {
      from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "default" }],
      to: [{ group: "", kind: "Service" }],
    },
  }),
  kind(`${RBAC}/v1`, "Role", { rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] }),
  kind("cert-manager.io/v1", "Issuer", { spec: { selfSigned: {} } }),
  kind("external-secrets.io/v1alpha1", "PushSecret", {
    spec: {
      secretStoreRefs: [{ name: "tenant" }],
      selector: { secret: { name: "x" } },
      data: [{ match: { remoteRef: { remoteKey: "x" } } }],
    },
  }),
  kind("argoproj.io/v1alpha1", "Application", {
    spec: {
      project: "default",
      destination: { server: "https://kubernetes.default.svc", namespace: "kube-system" },
      source: { repoURL: "https://git.example/evil", path: "." },
    },
  }),
  kind("argoproj.io/v1alpha1", "AppProject", { spec: { sourceRepos: ["*"] } }),
  kind("argoproj.io/v1alpha1", "ApplicationSet", {
    spec: { generators: [], template: template() },
  }),
  kind("coordination.k8s.io/v1", "Lease", { spec: {} }),
]);

function template() {
  return {
    metadata: { name: "x" },
    spec: { project: "default", destination: {}, source: { repoURL: "https://git.example/x" } },
  };
}
