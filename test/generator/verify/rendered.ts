import { fileURLToPath } from "node:url";
import { parseManifests } from "../../../generator/manifests/parse.ts";
import type { Manifest } from "../../../generator/manifests/manifest.ts";
import { loadRepository } from "../../../generator/plan/load.ts";
import type { Plan } from "../../../generator/plan/plan.ts";
import { overlayFolder } from "../../../generator/render/tenant.ts";
import { kustomizeBuild } from "../../../generator/verify/build/kustomize.ts";
import { findTool } from "../../../tools/manifests/find.ts";

export const repository = fileURLToPath(new URL("../../../", import.meta.url));

export interface RenderedTenant {
  readonly plan: Plan;
  readonly text: string;
  readonly objects: readonly Manifest[];
}

/** What kustomize renders from each committed overlay. */
export async function renderedTenants(): Promise<RenderedTenant[]> {
  const kustomize = await findTool("kustomize");
  const { plans } = loadRepository(repository);
  return await Promise.all(
    plans.map(async (plan) => {
      const folder = overlayFolder(plan.cluster.name, plan.id);
      const output = await kustomizeBuild(kustomize, repository, folder);
      if ("problem" in output) throw new Error(output.problem);
      return { plan, text: output.text, objects: parseManifests(output.text) };
    }),
  );
}
