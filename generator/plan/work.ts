import { wantsArchive } from "./archive.ts";
import type { TenantContext } from "./context.ts";
import { heapMebibytes } from "./heap.ts";
import type { WorkPlan } from "./plan.ts";
import { containerResources } from "./resources.ts";

/** Where blocks are merged, archived and dropped. */
export function planWork(context: TenantContext): WorkPlan {
  const { record, tier, report } = context;
  const work = record.logService?.work;
  const place = work?.place ?? (wantsArchive(context) ? tier.workWithArchive : "inside");
  if (place === "apart") {
    const path = ["logService", "work", "resources"];
    const resources = containerResources(context, work?.resources, tier.work, path);
    return { place: "apart", resources, heapMebibytes: heapMebibytes(resources) };
  }
  if (work?.resources !== undefined) {
    const reason = "only place: apart has a pod of its own";
    const path = ["logService", "work", "resources"];
    report("no-effect", { field: "logService.work.resources", reason }, path, "key");
  }
  return { place: "inside" };
}
