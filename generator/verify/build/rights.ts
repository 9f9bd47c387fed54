import { z } from "zod";
import { type Manifest, nameOf, ofKind } from "../../manifests/manifest.ts";
import type { Report } from "../finding.ts";

const LOOKING: ReadonlySet<string> = new Set(["get", "list", "watch"]);
const CHANGING: ReadonlySet<string> = new Set([
  "create",
  "update",
  "patch",
  "delete",
  "deletecollection",
]);

/** Parts of an object that show no more than it does; others, like exec and proxy, are ways in, by GET too. */
const SHOWN_PARTS: ReadonlySet<string> = new Set(["log", "status", "scale"]);

/** What an organization may change in its own namespace: workloads and what belongs to them, by API group. */
const WORKLOADS: Readonly<Record<string, readonly string[]>> = {
  "": [
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "pods/attach",
    "pods/eviction",
    "pods/exec",
    "pods/portforward",
    "secrets",
    "services",
  ],
  apps: [
    "daemonsets",
    "deployments",
    "deployments/scale",
    "replicasets",
    "replicasets/scale",
    "statefulsets",
    "statefulsets/scale",
  ],
  autoscaling: ["horizontalpodautoscalers"],
  batch: ["cronjobs", "jobs"],
  policy: ["poddisruptionbudgets"],
};

/** Roles of the platform that tenants' overlays may bind, and in which of their namespaces. */
export const TENANT_ROLES = {
  view: "neurallog-tenant-view",
  workloads: "neurallog-tenant-workloads",
} as const;

const names = z.array(z.string()).nullish();
const role = z.looseObject({
  aggregationRule: z.unknown().optional(),
  rules: z
    .array(
      z.looseObject({ apiGroups: names, resources: names, verbs: names, nonResourceURLs: names }),
    )
    .nullish(),
});
const binding = z.looseObject({
  roleRef: z.looseObject({ kind: z.string(), name: z.string() }),
  subjects: z.array(z.looseObject({ kind: z.string(), name: z.string() })).nullish(),
});

/**
 * Reports everything in a tenant's overlay that gives rights, but for bindings of its own groups to the
 * platform's two roles: quotas, network policies and the rest that is proved here hold only as long
 * as nobody can change them.
 */
export function reportRights(objects: readonly Manifest[], report: Report): void {
  const organizations = new Set(
    ofKind(objects, "Namespace")
      .filter(({ labels }) => labels["neurallog.dev/role"] === "organization")
      .map(({ name }) => name),
  );
  for (const object of ofKind(objects, "Role")) {
    const reason = "is a Role: tenants have those of the platform";
    report("build-rights", { object: nameOf(object), reason });
  }
  for (const object of ofKind(objects, "RoleBinding")) {
    const { roleRef, subjects } = binding.parse(object.body);
    const { kind, name } = roleRef;
    const isOwn = organizations.has(object.namespace ?? "");
    const isKnown = name === TENANT_ROLES.view || (isOwn && name === TENANT_ROLES.workloads);
    const reasons = [
      ...(kind === "ClusterRole" && isKnown
        ? []
        : [`binds the ${kind} ${name}, which no tenant has there`]),
      ...(subjects ?? [])
        .filter((subject) => subject.kind !== "Group" || subject.name.startsWith("system:"))
        .map(
          (subject) =>
            `gives rights to the ${subject.kind} ${subject.name}, which is no group of people`,
        ),
    ];
    for (const reason of reasons) report("build-rights", { object: nameOf(object), reason });
  }
}

/**
 * Reports what the platform's ClusterRole lets a tenant's owners do beyond looking and, in an
 * organization's namespace, running workloads: both are bound in many namespaces at once.
 */
export function reportTenantRole(object: Manifest, report: Report): void {
  const say = (reason: string) => report("platform-role", { object: nameOf(object), reason });
  const isOwn = object.name === TENANT_ROLES.workloads;
  const { rules, aggregationRule } = role.parse(object.body);
  // Whoever may write a ClusterRole with the right label would add to it.
  if (aggregationRule !== undefined) say("is put together from other roles by their labels");
  for (const { apiGroups, resources, verbs, nonResourceURLs } of rules ?? []) {
    if ((nonResourceURLs ?? []).length > 0) say("opens addresses of the API server itself");
    for (const resource of resources ?? []) {
      const mayHave = (verb: string) =>
        (apiGroups ?? []).every((group) => isAllowed(group, resource, verb, isOwn));
      const tooMany = (verbs ?? []).filter((verb) => !mayHave(verb));
      if (tooMany.length > 0) say(`lets somebody ${tooMany.join(", ")} ${resource}`);
    }
  }
}

function isAllowed(group: string, resource: string, verb: string, isOwn: boolean): boolean {
  if (isOwn && Object.hasOwn(WORKLOADS, group) && WORKLOADS[group]?.includes(resource) === true) {
    return LOOKING.has(verb) || CHANGING.has(verb);
  }
  const [whole, part] = resource.split("/");
  const isShown = whole !== "*" && whole !== "secrets" && group !== "*";
  return LOOKING.has(verb) && isShown && (part === undefined || SHOWN_PARTS.has(part));
}
