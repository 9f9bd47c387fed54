import { z } from "zod";
import { networkOf } from "../manifests/network.ts";
import { ManifestError } from "../manifests/parse.ts";
import type { Manifest } from "../manifests/manifest.ts";
import type { Plan } from "../plan/plan.ts";
import { overlayFolder, renderTenant } from "../render/tenant.ts";
import { reportMisplaced } from "../verify/build/place.ts";
import { reportRights } from "../verify/build/rights.ts";
import { collector, type Finding } from "../verify/finding.ts";
import { proveQuotas } from "../verify/quota/fit.ts";
import { proveTenant } from "../verify/reachability/prove.ts";
import { compareOverlay } from "../write/overlays.ts";
import type { Note } from "./model/model.ts";

/**
 * What `npm run verify` would refuse of what a tenant's overlay renders now, its schemas apart. Throws what
 * objects that cannot be read throw: see `isUnreadable`.
 */
export function judge(plan: Plan | null, objects: readonly Manifest[]): Note[] {
  const tenant = plan?.id;
  const { findings, report } = collector("build", tenant);
  reportMisplaced(objects, report);
  reportRights(objects, report);
  findings.push(...proveQuotas(tenant ?? "", objects));
  if (plan !== null) {
    findings.push(...proveTenant(plan, networkOf(objects)));
  }
  return findings.map(toNote);
}

/** Says how many files of an overlay are not what its record gives. */
export function driftOf(root: string, plan: Plan): Note[] {
  const { findings, report } = collector("drift", plan.id);
  const folder = overlayFolder(plan.cluster.name, plan.id);
  const { write, remove } = compareOverlay(root, { folder, files: renderTenant(plan) });
  const files = write.size + remove.length;
  if (files > 0) {
    report("preview-drift", { folder, files: files === 1 ? "1 file" : `${files} files` });
  }
  return findings.map(toNote);
}

const toNote = ({ code, message }: Finding): Note => ({ level: "error", code, text: message });

/** Whether an error is one of objects that cannot be read, and no defect. */
export function isUnreadable(error: unknown): error is Error {
  // A bad quantity is a RangeError, a field of the wrong type one of zod's.
  return [ManifestError, RangeError, z.ZodError].some((kind) => error instanceof kind);
}
