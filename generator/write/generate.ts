import { join } from "node:path";
import { loadRepository } from "../plan/load.ts";
import { sortProblems, type Problem } from "../record/problem.ts";
import { overlayFolder, renderTenant } from "../render/tenant.ts";
import { compareOverlay, listOverlays, parents } from "./overlays.ts";
import { judgeOrganizations, judgeOrphans } from "./retired.ts";
import { openSeals } from "./seals.ts";
import { openWriter, type Written } from "./write.ts";

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
  const memory = join(root, ".neurallog/cache/records.json");
  const { candidates, problems, receipts } = loadRepository(root, { ...options, today, memory });
  const folders = candidates.map(({ claims }) => overlayFolder(claims.cluster, claims.id));
  // Where records can't be read, their overlays are no orphans.
  const wanted = new Set(folders);
  const lost =
    problems.length > 0 ? [] : listOverlays(root).filter((folder) => !wanted.has(folder));
  const orphans = judgeOrphans(root, lost, today, receipts);
  problems.push(...orphans.problems);
  if (problems.length > 0) return failed(candidates.length, problems);

  const seals = openSeals(root);
  using writer = openWriter(root);
  const looked: { folder: string; fingerprint: string; paths: string[] }[] = [];
  let unchanged = 0;
  candidates.forEach(({ claims, fingerprint, plan }, i) => {
    const folder = folders[i] ?? "";
    const sealed = fingerprint === null ? undefined : seals.check(folder, fingerprint);
    if (sealed !== undefined) {
      unchanged += sealed;
      return;
    }
    const made = plan();
    if (made === null) throw new Error(`tenant ${claims.id} has neither a plan nor a problem`);
    const files = renderTenant(made);
    const difference = compareOverlay(root, { folder, files });
    problems.push(...judgeOrganizations(root, claims.id, difference.remove, receipts));
    writer.add(difference);
    if (fingerprint !== null) looked.push({ folder, fingerprint, paths: [...files.keys()] });
  });
  if (problems.length > 0) return failed(candidates.length, problems);

  const written = writer.commit(orphans.retired);
  for (const { folder, fingerprint, paths } of looked) {
    seals.put(folder, fingerprint, paths.length, [...parents(paths, folder), ...paths]);
  }
  seals.save();
  const sum = { ...written, unchanged: written.unchanged + unchanged };
  return { problems: [], tenants: candidates.length, written: sum };
}

const failed = (tenants: number, problems: Problem[]): Generated => ({
  problems: sortProblems(problems),
  tenants,
  written: null,
});
