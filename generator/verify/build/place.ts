import { type Manifest, nameOf, ofKind } from "../../manifests/manifest.ts";
import type { Report } from "../finding.ts";
import { groupKind, TENANT_KINDS } from "./kinds.ts";

const KINDS: ReadonlySet<string> = new Set(
  TENANT_KINDS.map(({ group, kind }) => `${group}/${kind}`),
);

/** Reports objects of other kinds, those outside the overlay's own namespaces, and those that are there twice. */
export function reportMisplaced(objects: readonly Manifest[], report: Report): void {
  const own = new Set(ofKind(objects, "Namespace").map(({ name }) => name));
  const seen = new Set<string>();
  for (const object of objects) {
    const what = nameOf(object);
    const { kind, namespace } = object;
    if (!KINDS.has(groupKind(object))) {
      report("build-misplaced", { object: what, reason: "is of a kind that no tenant may have" });
    } else if (kind === "Namespace" ? namespace !== undefined : !own.has(namespace ?? "")) {
      report("build-misplaced", { object: what, reason: "is in none of the overlay's namespaces" });
    }
    if (seen.has(what)) report("build-misplaced", { object: what, reason: "is there twice" });
    seen.add(what);
  }
}
