// What every namespace of a tenant gets, whatever its role.
import type { NamespacePlan, Plan } from "../plan/plan.ts";
import type { YamlValue } from "./quote.ts";
import type { View } from "./templates.ts";

/** A base of the tenant's release, from the folder of a namespace: `overlays/<cluster>/tenants/<id>/<namespace>`. */
export const basePath = (plan: Plan, base: string): string =>
  `../../../../../bases/${plan.release}/${base}`;

/** What a sub-overlay is made of: names of bases and components of the release, and images. */
export interface Parts {
  bases: string[];
  components: string[];
  images: YamlValue[];
}

/** View of a namespace's kustomization; `folders` are those that it has beside its own files. */
export function kustomizationView(
  plan: Plan,
  namespace: NamespacePlan,
  parts: Parts,
  folders: string[],
): View {
  return {
    namespace: namespace.name,
    resources: [...parts.bases.map((name) => basePath(plan, name)), ...folders],
    hasComponents: parts.components.length > 0,
    components: parts.components.map((name) => basePath(plan, `components/${name}`)),
    labels: {
      "neurallog.dev/tenant": plan.id,
      "neurallog.dev/role": namespace.role,
      ...(namespace.role === "root"
        ? {}
        : { "neurallog.dev/organization": namespace.organization }),
    },
    hasImages: parts.images.length > 0,
    images: parts.images,
  };
}

/** What the patches of every namespace read: the Namespace itself, its bounds, and who may look. */
export function namespaceView(plan: Plan, namespace: NamespacePlan): View {
  const { limitRange } = namespace;
  // The tenant's owners look into every namespace of theirs, an organization's into its own.
  const groups = [...new Set([plan.group, namespace.group])];
  const hosts = namespace.role === "root" ? plan.logService.hosts : [];
  return {
    // The record's labels first: a name that both have stays ours.
    labels: {
      ...plan.labels,
      "neurallog.dev/channel": plan.channel,
      "neurallog.dev/tier": plan.tier,
      "neurallog.dev/state": namespace.closed && plan.state === "active" ? "retiring" : plan.state,
    },
    annotations: {
      "neurallog.dev/display-name": namespace.displayName,
      "neurallog.dev/contact": plan.contact,
      ...(plan.retireAfter === null ? {} : { "neurallog.dev/retire-after": plan.retireAfter }),
      // What admission lets RoleBindings and routes of this namespace name: neither has a comma in it.
      "neurallog.dev/groups": groups.join(","),
      ...(hosts.length === 0 ? {} : { "neurallog.dev/hosts": hosts.join(",") }),
    },
    limits: [
      {
        type: "Container",
        default: limitRange.default,
        defaultRequest: limitRange.defaultRequest,
        max: limitRange.max,
      },
    ],
    viewers: groups.map(groupSubject),
  };
}

/** View of what a namespace may use together. */
export function quotaView({ quota }: NamespacePlan): View {
  return {
    quota: {
      "requests.cpu": quota.requests.cpu,
      "requests.memory": quota.requests.memory,
      "limits.cpu": quota.limits.cpu,
      "limits.memory": quota.limits.memory,
      pods: String(quota.pods),
      "requests.storage": quota.storage,
      persistentvolumeclaims: String(quota.claims),
      services: String(quota.services),
    },
  };
}

/** Subject of a RoleBinding: a group of the identity provider. */
export const groupSubject = (name: string): YamlValue => ({
  apiGroup: "rbac.authorization.k8s.io",
  kind: "Group",
  name,
});
