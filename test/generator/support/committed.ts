import { nameOf, type Manifest } from "../../../generator/manifests/manifest.ts";
import { loadRepository } from "../../../generator/plan/load.ts";
import type { Plan } from "../../../generator/plan/plan.ts";
import { overlayFolder } from "../../../generator/render/tenant.ts";
import { root as project } from "../../../tools/root.ts";
import { at as valueAt } from "../../../tools/values.ts";
import { kustomizeBuild, mapTwoByTwo } from "./build.ts";

export interface Tenant {
  plan: Plan;
  objects: Manifest[];
}

/** The repository's tenants, as kustomize builds their committed overlays. */
export async function committedTenants(): Promise<Tenant[]> {
  const { plans } = loadRepository(project);
  return await mapTwoByTwo(plans, async (plan) => ({
    plan,
    objects: await kustomizeBuild(`${project}/${overlayFolder(plan.cluster.name, plan.id)}`),
  }));
}

/** What is found at a path of an object: `at(object, "spec", "template")`; undefined where there is nothing. */
export function at(object: Manifest | undefined, ...path: string[]): unknown {
  return valueAt(object?.body, ...path);
}

/** The object of that name in a namespace. */
export function find(
  objects: readonly Manifest[],
  kind: string,
  namespace: string,
  name: string,
): Manifest | undefined {
  return objects.find((object) => nameOf(object) === nameOf({ kind, namespace, name }));
}
