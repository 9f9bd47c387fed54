import { type Manifest, nameOf, ofKind } from "../../manifests/manifest.ts";
import type { Report } from "../finding.ts";

/** The platform's own namespaces; in the first two nothing runs. */
export const IDLE_NAMESPACES = ["neurallog-system", "neurallog-data"] as const;
export const SYSTEM_NAMESPACES = [
  ...IDLE_NAMESPACES,
  "neurallog-ingress",
  "neurallog-monitoring",
] as const;

/** Where Argo CD is: whoever installed it made that namespace. */
const ARGOCD = "argocd";

const POD_SECURITY = "pod-security.kubernetes.io/enforce";

/** Reports a platform namespace that is open to what should not run there, and objects that are in none of them. */
export function reportNamespaces(objects: readonly Manifest[], report: Report): void {
  for (const name of SYSTEM_NAMESPACES) {
    const say = (reason: string) =>
      report("platform-namespace", { object: `Namespace ${name}`, reason });
    const namespace = ofKind(objects, "Namespace").find((object) => object.name === name);
    if (namespace === undefined) {
      say("is missing");
      continue;
    }
    if (namespace.labels[POD_SECURITY] !== "restricted") say("does not enforce restricted pods");
    const inside = objects.filter((object) => object.namespace === name);
    if (ofKind(inside, "LimitRange").length === 0) say("has no LimitRange");
    const quotas = ofKind(inside, "ResourceQuota").map(({ body }) => JSON.stringify(body["spec"]));
    if (quotas.length === 0) say("has no ResourceQuota");
    const idle: readonly string[] = IDLE_NAMESPACES;
    if (idle.includes(name) && quotas.some((quota) => !quota.includes('"pods":"0"'))) {
      say("lets pods in, though nothing runs there");
    }
  }
  const places: ReadonlySet<string> = new Set([...SYSTEM_NAMESPACES, ARGOCD]);
  const seen = new Set<string>();
  for (const object of objects) {
    const what = nameOf(object);
    const place = object.kind === "Namespace" ? object.name : object.namespace;
    if (place !== undefined && (!places.has(place) || what === `Namespace ${ARGOCD}`)) {
      report("platform-namespace", { object: what, reason: "is in no namespace of the platform" });
    }
    if (seen.has(what)) report("platform-namespace", { object: what, reason: "is there twice" });
    seen.add(what);
  }
}
