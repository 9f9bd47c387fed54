import { adds, creates, deletes, empties, merges, on, relabels } from "../attack.ts";
import { APPROVAL, APPROVED_ROOT, MISTAKEN, OFFBOARDED, REMOVED, ROOT, WEB } from "../names.ts";
import { organizationNamespace, ref } from "../objects.ts";

const root = ref("v1", "Namespace", ROOT);
const web = ref("v1", "Namespace", WEB);
const labels = (values: object) => ({ metadata: { labels: values } });
const annotations = (values: object) => ({ metadata: { annotations: values } });
const TENANT_LABEL = "neurallog.dev/tenant";
const ENFORCE = "pod-security.kubernetes.io/enforce";
const generated = organizationNamespace("");

export const creation = on("namespace-creation", [
  {
    name: "a namespace whose name puts it inside the tenant",
    attempt: creates(organizationNamespace(`${ROOT}-org-evil`)),
    owner: "rbac",
    twin: {
      what: "Argo CD makes it",
      by: "argo",
      attempt: creates(organizationNamespace(`${ROOT}-org-new`)),
    },
  },
  {
    name: "a namespace inside the tenant, its name left to be generated",
    attempt: creates({
      ...generated,
      metadata: { ...generated.metadata, generateName: `${ROOT}-org-` },
    }),
    owner: "rbac",
    twin: {
      what: "a generated name that is no tenant's",
      by: "outsider",
      attempt: creates({
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { generateName: "plain-" },
      }),
    },
  },
]);

const relabelled = {
  what: "Argo CD changes a label that is the record's",
  by: "argo",
  attempt: merges(root, labels({ "neurallog.dev/state": "suspended" })),
} as const;

export const labelled = on("namespace-labels", [
  {
    name: "the tenant label is taken off",
    attempt: merges(root, labels({ [TENANT_LABEL]: null })),
    owner: "rbac",
    twin: relabelled,
  },
  {
    name: "the tenant label is taken off by way of namespaces/status",
    attempt: merges(root, labels({ [TENANT_LABEL]: null }), "status"),
    owner: "rbac",
    twin: {
      what: "the namespace controller writes the status",
      by: "namespaceController",
      attempt: merges(root, { status: { phase: "Active" } }, "status"),
    },
  },
  {
    name: "a label is changed by way of namespaces/finalize",
    attempt: relabels(root, { "neurallog.dev/state": "active-again" }, "finalize"),
    owner: "rbac",
    twin: {
      what: "the namespace controller finalizes",
      by: "namespaceController",
      attempt: relabels(root, {}, "finalize"),
    },
  },
  {
    name: "a commit gives the namespace to another tenant",
    by: "argo",
    attempt: merges(root, labels({ [TENANT_LABEL]: "globex" })),
    owner: "rbac",
    twin: relabelled,
  },
  {
    name: "a commit makes an organization's namespace pass for a root namespace",
    by: "argo",
    attempt: merges(web, labels({ "neurallog.dev/role": "root" })),
    owner: "rbac",
    twin: relabelled,
  },
  {
    name: "a namespace of another name wears a tenant's label, to be let through the Gateway",
    attempt: creates({
      ...ref("v1", "Namespace", "lookalike"),
      metadata: {
        name: "lookalike",
        labels: { [TENANT_LABEL]: "alba", "neurallog.dev/role": "root" },
      },
    }),
    owner: "rbac",
    twin: {
      what: "a namespace with labels of its own",
      by: "outsider",
      attempt: creates({
        ...ref("v1", "Namespace", "plain"),
        metadata: { name: "plain", labels: { "example.com/tenant": "alba" } },
      }),
    },
  },
  {
    name: "the annotation that keeps Argo CD from deleting the namespace is taken off",
    attempt: merges(root, annotations({ "argocd.argoproj.io/sync-options": null })),
    owner: "rbac",
    twin: relabelled,
  },
  {
    name: "a foreign group is written among the tenant's",
    attempt: merges(web, annotations({ "neurallog.dev/groups": "alba-owners,globex-owners" })),
    owner: "rbac",
    twin: {
      what: "Argo CD writes the record's groups",
      by: "argo",
      attempt: merges(web, annotations({ "neurallog.dev/groups": "alba-owners,alba-web" })),
    },
  },
  {
    name: "a foreign host is written among the tenant's",
    attempt: merges(root, annotations({ "neurallog.dev/hosts": "globex.logs.home.example" })),
    owner: "rbac",
    twin: relabelled,
  },
  {
    name: "a commit approves of a deletion",
    by: "argo",
    attempt: merges(root, annotations({ [APPROVAL]: "any" })),
    owner: "rbac",
    twin: {
      what: "the platform approves",
      by: "platform",
      attempt: merges(root, annotations({ [APPROVAL]: "any" })),
    },
  },
]);

const harmless = {
  what: "Argo CD changes another label",
  by: "argo",
  attempt: merges(root, labels({ "labels.neurallog.dev/team": "shop" })),
} as const;

export const podSecurity = on("pod-security", [
  {
    name: "a commit loosens Pod Security",
    by: "argo",
    attempt: merges(root, labels({ [ENFORCE]: "privileged" })),
    owner: "rbac",
    twin: harmless,
  },
  {
    name: "a commit takes Pod Security's label off",
    by: "argo",
    attempt: merges(root, labels({ [ENFORCE]: null })),
    owner: "rbac",
    twin: harmless,
  },
  {
    name: "the platform itself loosens Pod Security",
    by: "platform",
    attempt: merges(root, labels({ [ENFORCE]: "baseline" })),
    owner: "rbac",
    twin: harmless,
  },
  {
    name: "a commit pins Pod Security to a version that asked for less",
    by: "argo",
    attempt: merges(root, labels({ [`${ENFORCE}-version`]: "v1.19" })),
    owner: "rbac",
    twin: harmless,
  },
  {
    name: "Pod Security is loosened by way of namespaces/status",
    by: "argo",
    attempt: merges(root, labels({ [ENFORCE]: "privileged" }), "status"),
    owner: "rbac",
    twin: harmless,
  },
  {
    name: "Pod Security is loosened by way of namespaces/finalize",
    by: "argo",
    attempt: relabels(root, { [ENFORCE]: "privileged" }, "finalize"),
    owner: "rbac",
    twin: harmless,
  },
  {
    name: "a commit makes a namespace without Pod Security",
    by: "argo",
    attempt: creates(organizationNamespace(`${ROOT}-org-loose`, { [ENFORCE]: "privileged" })),
    owner: "rbac",
    twin: {
      what: "Argo CD makes one with it",
      by: "argo",
      attempt: creates(organizationNamespace(`${ROOT}-org-strict`)),
    },
  },
]);

const approved = {
  what: "a namespace whose own uid the platform approved",
  by: "platform",
  attempt: deletes(ref("v1", "Namespace", APPROVED_ROOT)),
} as const;

export const deletion = on("namespace-deletion", [
  {
    name: "a tenant's namespace is deleted",
    attempt: deletes(root),
    owner: "rbac",
    twin: approved,
  },
  {
    name: "Argo CD deletes a tenant's namespace",
    by: "argo",
    attempt: deletes(root),
    owner: "rbac",
    twin: approved,
  },
  {
    name: "a namespace is deleted by the approval of another one",
    by: "platform",
    attempt: deletes(ref("v1", "Namespace", MISTAKEN)),
    owner: "rbac",
    twin: approved,
  },
]);

const claim = ref("v1", "PersistentVolumeClaim", "data-redis-0", ROOT);
const approvedClaim = {
  what: "in a namespace that the platform approved",
  by: "platform",
  attempt: deletes(ref("v1", "PersistentVolumeClaim", "data-redis-0", APPROVED_ROOT)),
} as const;

export const data = on("data-deletion", [
  {
    name: "the claim under Redis is deleted",
    attempt: deletes(claim),
    owner: "rbac",
    twin: approvedClaim,
  },
  {
    name: "Argo CD prunes the claim under Redis",
    by: "argo",
    attempt: deletes(claim),
    owner: "rbac",
    twin: approvedClaim,
  },
  {
    name: "all claims of the root namespace are deleted at once",
    attempt: empties(`/api/v1/namespaces/${ROOT}/persistentvolumeclaims`),
    owner: "rbac",
    twin: {
      what: "an organization deletes all claims of its own",
      by: "owner",
      attempt: empties(`/api/v1/namespaces/${WEB}/persistentvolumeclaims`),
    },
  },
  {
    name: "the StatefulSet of Redis is deleted",
    by: "argo",
    attempt: deletes(ref("apps/v1", "StatefulSet", "redis", ROOT)),
    owner: "rbac",
    twin: {
      what: "in a namespace that the platform approved",
      by: "argo",
      attempt: deletes(ref("apps/v1", "StatefulSet", "redis", APPROVED_ROOT)),
    },
  },
]);

const another = {
  what: "a tenant whose name only begins alike",
  by: "argo",
  attempt: creates(tenantNamespace(`${REMOVED}-two`)),
} as const;

function tenantNamespace(id: string, organization = "") {
  const role =
    organization === "" ? "root" : organization.endsWith("-mcp") ? "mcp" : "organization";
  const name = organization === "" ? `tenant-${id}` : `tenant-${id}-org-${organization}`;
  return organizationNamespace(name, { [TENANT_LABEL]: id, "neurallog.dev/role": role });
}

function application(id: string) {
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Application",
    metadata: { name: `tenant-${id}`, namespace: "argocd" },
    spec: {
      project: "tenants",
      destination: { server: "https://kubernetes.default.svc", namespace: `tenant-${id}` },
      source: { repoURL: "https://git.example/neurallog", path: "." },
    },
  };
}

export const offboarded = on("offboarded", [
  {
    name: "Argo CD makes the namespace of a removed tenant anew",
    by: "argo",
    attempt: creates(tenantNamespace(REMOVED)),
    owner: "rbac",
    twin: another,
  },
  {
    name: "Argo CD makes an organization's namespace of a removed tenant anew",
    by: "argo",
    attempt: creates(tenantNamespace(REMOVED, "web")),
    owner: "rbac",
    twin: another,
  },
  {
    name: "Argo CD makes an MCP namespace of a removed tenant anew",
    by: "argo",
    attempt: creates(tenantNamespace(REMOVED, "web-mcp")),
    owner: "rbac",
    twin: another,
  },
  {
    name: "the ApplicationSet makes the Application of a removed tenant anew",
    by: "applicationSet",
    attempt: creates(application(REMOVED)),
    owner: "rbac",
    twin: {
      what: "the Application of another tenant",
      by: "applicationSet",
      attempt: creates(application("dolce")),
    },
  },
]);

const system = "neurallog-system";

export const settings = on("settings", [
  {
    name: "the settings of admission are deleted",
    by: "platform",
    attempt: deletes(ref("v1", "ConfigMap", "admission-settings", system)),
    owner: "rbac",
    twin: {
      what: "they are changed",
      by: "platform",
      attempt: adds(ref("v1", "ConfigMap", "admission-settings", system), { data: { note: "x" } }),
    },
  },
  {
    name: "the list of removed tenants is deleted",
    by: "platform",
    attempt: deletes(ref("v1", "ConfigMap", OFFBOARDED.name, OFFBOARDED.namespace)),
    owner: "rbac",
    twin: {
      what: "it is added to",
      by: "platform",
      attempt: adds(ref("v1", "ConfigMap", OFFBOARDED.name, system), { data: { dolce: "{}" } }),
    },
  },
  {
    name: "every ConfigMap beside them is deleted at once",
    by: "platform",
    attempt: empties(`/api/v1/namespaces/${system}/configmaps`),
    owner: "rbac",
    twin: {
      what: "those of another namespace",
      by: "platform",
      attempt: empties("/api/v1/namespaces/default/configmaps"),
    },
  },
  {
    name: "the namespace of the settings is deleted",
    by: "platform",
    attempt: deletes(ref("v1", "Namespace", system)),
    owner: "rbac",
    twin: {
      what: "another namespace",
      by: "platform",
      attempt: deletes(ref("v1", "Namespace", "neurallog-data")),
    },
  },
]);
