import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plan } from "../../plan/plan.ts";
import { overlayFolder, renderTenant } from "../../render/tenant.ts";
import { compareOverlay, listOverlays } from "../../write/overlays.ts";
import type { OverlayFiles } from "../build/inputs.ts";
import { readOverlay } from "../build/inputs.ts";
import { collector, type Finding } from "../finding.ts";

export interface Drift {
  readonly findings: Finding[];
  /** Each tenant's overlay as it is on disk, in the order of the plans. */
  readonly overlays: Map<string, OverlayFiles>;
  /** How many files are as they should be. */
  readonly unchanged: number;
}

/** Generates every overlay again in memory and reports each byte on disk that differs, is missing or is too many. */
export function findDrift(root: string, plans: readonly Plan[]): Drift {
  const { findings, report } = collector("drift", undefined);
  const overlays = new Map<string, OverlayFiles>();
  const wanted = new Set<string>();
  let unchanged = 0;
  for (const plan of plans) {
    const folder = overlayFolder(plan.cluster.name, plan.id);
    wanted.add(folder);
    const overlay = { folder, files: renderTenant(plan) };
    const difference = compareOverlay(root, overlay);
    unchanged += difference.unchanged;
    const clean = difference.write.size === 0 && difference.remove.length === 0;
    overlays.set(plan.id, clean ? overlay : readOverlay(root, folder));
    if (clean) continue;
    const own = collector("drift", plan.id);
    for (const [file, text] of difference.write) {
      const found = read(root, file);
      if (found === null) own.report("drift-not-a-file", { file });
      else if (found === undefined) own.report("drift-missing", { file });
      else own.report("drift-differs", { file, ...firstDifference(found, text) });
    }
    for (const file of difference.remove) own.report("drift-extra", { file });
    findings.push(...own.findings);
  }
  for (const folder of [...listOverlays(root), ...strayFiles(root)]) {
    if (!wanted.has(folder)) report("drift-extra", { file: folder });
  }
  return { findings, overlays, unchanged };
}

/** Text of a file, undefined where nothing is, null for what is no plain file: nothing is read through a link. */
function read(root: string, file: string): string | null | undefined {
  try {
    if (!lstatSync(join(root, file)).isFile()) return null;
    return readFileSync(join(root, file), "utf8");
  } catch {
    return undefined;
  }
}

/** The first line that differs, cut so that it fits a terminal. */
export function firstDifference(
  found: string,
  wanted: string,
): { line: number; found: string; wanted: string } {
  const [a, b] = [found.split("\n"), wanted.split("\n")];
  const at = a.findIndex((line, i) => line !== b[i]);
  const line = at === -1 ? a.length : at;
  const cut = (text: string | undefined) => (text ?? "(end of file)").slice(0, 100);
  return { line: line + 1, found: cut(a[line]), wanted: cut(b[line]) };
}

/** Whatever lies beside the tenants' folders. */
function strayFiles(root: string): string[] {
  const clusters = readdirSync(join(root, "overlays"), { withFileTypes: true });
  return clusters.flatMap((cluster) => {
    if (!cluster.isDirectory()) return [];
    const folder = `overlays/${cluster.name}/tenants`;
    try {
      const entries = readdirSync(join(root, folder), { withFileTypes: true });
      return entries.flatMap((entry) => (entry.isDirectory() ? [] : `${folder}/${entry.name}`));
    } catch {
      return [];
    }
  });
}
