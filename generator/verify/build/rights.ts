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

const names = z.array(z.string()).nullish();
const role = z.looseObject({
  rules: z.array(z.looseObject({ apiGroups: names, resources: names, verbs: names })).nullish(),
});
const binding = z.looseObject({ roleRef: z.looseObject({ kind: z.string(), name: z.string() }) });

/**
 * Reports Roles that let somebody do more than look, or read secrets, other than an organization in its
 * own namespace, and bindings to what is no Role of the same namespace: quotas, network policies and
 * the rest that is proved here hold only as long as nobody can change them.
 */
export function reportRights(objects: readonly Manifest[], report: Report): void {
  const organizations = new Set(
    ofKind(objects, "Namespace")
      .filter(({ labels }) => labels["neurallog.dev/role"] === "organization")
      .map(({ name }) => name),
  );
  for (const object of ofKind(objects, "Role")) {
    const isOwn = organizations.has(object.namespace ?? "");
    for (const { apiGroups, resources, verbs } of role.parse(object.body).rules ?? []) {
      for (const resource of resources ?? []) {
        const mayHave = (verb: string) =>
          (apiGroups ?? []).every((group) => isAllowed(group, resource, verb, isOwn));
        const tooMany = (verbs ?? []).filter((verb) => !mayHave(verb));
        if (tooMany.length === 0) continue;
        report("build-rights", {
          object: nameOf(object),
          reason: `lets somebody ${tooMany.join(", ")} ${resource}`,
        });
      }
    }
  }
  const roles = new Set(
    ofKind(objects, "Role").map(({ namespace, name }) => `${namespace}/${name}`),
  );
  for (const object of ofKind(objects, "RoleBinding")) {
    const { kind, name } = binding.parse(object.body).roleRef;
    if (kind === "Role" && roles.has(`${object.namespace}/${name}`)) continue;
    report("build-rights", {
      object: nameOf(object),
      reason: `binds the ${kind} ${name}, which is no Role of its namespace`,
    });
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
