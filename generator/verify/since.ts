import { spawnSync } from "node:child_process";
import type { Plan } from "../plan/plan.ts";
import { overlayFolder } from "../render/tenant.ts";

/**
 * The paths that differ between the merge base with a Git ref and the work tree, files that Git does
 * not know yet included. Returns why there are none as a string: an unknown ref, or no repository.
 */
export function changedSince(root: string, ref: string): { files: string[] } | { problem: string } {
  // A ref that begins with '-' would be an option.
  if (!/^[\w@^~./{}][\w@^~./{}-]*$/.test(ref)) return { problem: "it is no name of a revision" };
  const base = git(root, "merge-base", ref, "HEAD");
  if ("problem" in base) return base;
  const changed = git(root, "diff", "--name-only", "--no-renames", "-z", base.text.trim(), "--");
  if ("problem" in changed) return changed;
  const fresh = git(root, "ls-files", "--others", "--exclude-standard", "-z");
  if ("problem" in fresh) return fresh;
  return { files: `${changed.text}${fresh.text}`.split("\0").filter((file) => file !== "") };
}

function git(root: string, ...args: string[]): { text: string } | { problem: string } {
  const { error, status, stdout, stderr } = spawnSync("git", args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  if (error !== undefined) return { problem: error.message };
  if (status === 0) return { text: stdout };
  return { problem: stderr.split("\n", 1)[0] || "it has no commit in common with HEAD" };
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
