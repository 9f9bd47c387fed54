import { loadRepository } from "../plan/load.ts";
import { sortProblems, type Problem } from "../record/problem.ts";
import { overlayFolder, renderTenant } from "../render/tenant.ts";
import { compareOverlay, listOverlays, type Difference, type Overlay } from "./overlays.ts";
import { judgeOrganizations, judgeOrphans } from "./retired.ts";
import { writeOverlays, type Written } from "./write.ts";

export interface GenerateOptions {
  /** A Git ref: records are also compared with those of the merge base with it. */
  base?: string;
  /** A day like 2027-01-31; today when left out. */
  today?: string;
}

export type Generated =
  | { problems: Problem[]; tenants: number; written: null }
  | { problems: never[]; tenants: number; written: Written };

/** Records to overlays, below a repository's root. Where anything is wrong, nothing is written. */
export function generate(root: string, options: GenerateOptions = {}): Generated {
  const today = options.today ?? new Date().toISOString().slice(0, 10);
  const { plans, problems } = loadRepository(root, { ...options, today });
  const wanted = new Set(plans.map((plan) => overlayFolder(plan.cluster.name, plan.id)));
  const orphans = judgeOrphans(
    root,
    // Where records can't be read, their overlays are no orphans.
    problems.length > 0 ? [] : listOverlays(root).filter((folder) => !wanted.has(folder)),
    today,
  );
  problems.push(...orphans.problems);
  if (problems.length > 0) return failed(plans.length, problems);
  const differences: Difference[] = [];
  for (const plan of plans) {
    const overlay: Overlay = {
      folder: overlayFolder(plan.cluster.name, plan.id),
      files: renderTenant(plan),
    };
    const difference = compareOverlay(root, overlay);
    problems.push(...judgeOrganizations(root, plan.id, difference.remove));
    differences.push(difference);
  }
  if (problems.length > 0) return failed(plans.length, problems);
  return {
    problems: [],
    tenants: plans.length,
    written: writeOverlays(root, differences, orphans.retired),
  };
}

const failed = (tenants: number, problems: Problem[]): Generated => ({
  problems: sortProblems(problems),
  tenants,
  written: null,
});
