import { z } from "zod";
import { type Manifest, nameOf, ofKind } from "../../manifests/manifest.ts";
import { reportTenantRole, TENANT_ROLES } from "../build/rights.ts";
import type { Report } from "../finding.ts";

const words = z.array(z.string()).nullish();
const rules = z
  .array(z.looseObject({ apiGroups: words, resources: words, verbs: words }))
  .nullish();
const binding = z.looseObject({
  roleRef: z.looseObject({ kind: z.string(), name: z.string() }),
  subjects: z.array(z.looseObject({ kind: z.string(), name: z.string() })).nullish(),
});

/** Verbs by which somebody gets rights that the role does not name. */
const ESCALATING: ReadonlySet<string> = new Set(["*", "bind", "escalate", "impersonate"]);
const LOOKING: ReadonlySet<string> = new Set(["get", "list", "watch"]);

/** What even to look at, or to call, is to be somebody else. */
const CLOSED =
  /^(?:\*|secrets|users|groups|serviceaccounts)$|\/(?:exec|attach|portforward|proxy|ephemeralcontainers|token|\*)$/;

/** What holds tenants in: nobody of the platform needs to change it but by Git. */
const HOLDING: ReadonlySet<string> = new Set([
  "limitranges",
  "networkpolicies",
  "resourcequotas",
  "rolebindings",
  "roles",
  "clusterrolebindings",
  "clusterroles",
  "validatingadmissionpolicies",
  "validatingadmissionpolicybindings",
]);

/** Prometheus' answers, for `npm run status`; admission closes that way to tenants' pods, and this role ends at its namespace. */
const isPrometheus = ({ kind, namespace }: Manifest, resource: string, verb: string): boolean =>
  kind === "Role" &&
  namespace === "neurallog-monitoring" &&
  resource === "pods/proxy" &&
  verb === "get";

/** Reports roles of the platform that are missing, or that let people do what no command of this repository needs. */
export function reportRoles(objects: readonly Manifest[], report: Report): void {
  const tenants: readonly string[] = Object.values(TENANT_ROLES);
  const roles = ofKind(objects, "ClusterRole", "Role");
  for (const name of tenants) {
    if (!roles.some((object) => object.kind === "ClusterRole" && object.name === name)) {
      report("platform-role", { object: `ClusterRole ${name}`, reason: "is missing" });
    }
  }
  for (const object of roles) {
    if (tenants.includes(object.name)) reportTenantRole(object, report);
    else reportPeoplesRole(object, report);
  }
  for (const object of ofKind(objects, "ClusterRoleBinding", "RoleBinding")) {
    const { roleRef, subjects } = binding.parse(object.body);
    const say = (reason: string) => report("platform-role", { object: nameOf(object), reason });
    if (!roles.some(({ kind, name }) => kind === roleRef.kind && name === roleRef.name)) {
      say(`binds the ${roleRef.kind} ${roleRef.name}, which is none of the platform's`);
    }
    for (const { kind, name } of subjects ?? []) {
      if (kind !== "Group" || name.startsWith("system:")) {
        say(`gives rights to the ${kind} ${name}, which is no group of people`);
      }
    }
  }
}

function reportPeoplesRole(object: Manifest, report: Report): void {
  const say = (reason: string) => report("platform-role", { object: nameOf(object), reason });
  if (object.body["aggregationRule"] !== undefined) say("is put together from other roles");
  for (const { apiGroups, resources, verbs } of rules.parse(object.body["rules"]) ?? []) {
    if ((apiGroups ?? []).includes("*")) say("holds for all API groups");
    for (const resource of resources ?? []) {
      const tooMany = (verbs ?? []).filter(
        (verb) =>
          ESCALATING.has(verb) ||
          (CLOSED.test(resource) && !isPrometheus(object, resource, verb)) ||
          (HOLDING.has(resource) && !LOOKING.has(verb)),
      );
      if (tooMany.length > 0) say(`lets somebody ${tooMany.join(", ")} ${resource}`);
    }
  }
}
