import { findBase, gitList } from "../git.ts";
import type { Plan } from "../plan/plan.ts";
import { overlayFolder } from "../render/tenant.ts";

/**
 * The paths that differ between the merge base with a Git ref and the work tree, files that Git does
 * not know yet included. Returns why there are none as a string: an unknown ref, or no repository.
 */
export function changedSince(root: string, ref: string): { files: string[] } | { problem: string } {
  const found = findBase(root, ref);
  if ("problem" in found) return found;
  const changed = gitList(root, ["diff", "--name-only", "--no-renames", "-z", found.base, "--"]);
  if ("problem" in changed) return changed;
  const fresh = gitList(root, ["ls-files", "--others", "--exclude-standard", "-z"]);
  if ("problem" in fresh) return fresh;
  return { files: [...changed, ...fresh] };
}

/** The tenants that some changed files can reach: their own, all of a cluster or a release, or all there are. */
export function touchedBy(files: readonly string[], plans: readonly Plan[]): Plan[] {
  // The rooms and tools that every overlay comes from and is judged by.
  if (files.some((file) => /^(?:generator|tools)\/|^package(?:-lock)?\.json$/.test(file))) {
    return [...plans];
  }
  const names = new Set(files);
  return plans.filter(({ id, release, cluster }) => {
    if (names.has(`tenants/${id}.yaml`) || names.has(`overlays/${cluster.name}/cluster.yaml`)) {
      return true;
    }
    const folders = [`${overlayFolder(cluster.name, id)}/`, `bases/${release}/`];
    return files.some((file) => folders.some((folder) => file.startsWith(folder)));
  });
}
