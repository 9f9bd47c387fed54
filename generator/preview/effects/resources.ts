import { z } from "zod";
import { type Manifest, ofKind } from "../../manifests/manifest.ts";
import { podTemplates } from "../../manifests/workloads.ts";
import { quantity } from "../../record/quantity.ts";
import { ofPod } from "../../verify/quota/amounts.ts";
import { peakOf } from "../../verify/quota/peak.ts";
import { defaultsOf, rangesOf } from "../../verify/quota/ranges.ts";
import type { Amounts, Totals } from "../model/model.ts";

const amount = z.union([z.string(), z.number()]);
const quotaSchema = z.looseObject({ spec: z.looseObject({ hard: z.record(z.string(), amount) }) });
const claimSchema = z.looseObject({
  spec: z.looseObject({
    resources: z.looseObject({ requests: z.looseObject({ storage: amount }) }),
  }),
});

export const nothing = (): Amounts => ({ cpu: 0, memory: 0, storage: 0, pods: 0 });

/**
 * What an overlay asks for at its most (the autoscaler's maximum, old pods still draining) and what its
 * quotas let it ask for. Throws RangeError or ZodError for an amount that is none.
 */
export function totalsOf(objects: readonly Manifest[]): Totals {
  const requested = nothing();
  const limits = { cpu: 0, memory: 0 };
  const quota = nothing();
  for (const pod of podTemplates(objects)) {
    const inside = objects.filter(({ namespace }) => namespace === pod.namespace);
    // Without a bound verify refuses it; here it counts as one.
    const count = peakOf(pod, inside)?.count ?? 1;
    const defaults = defaultsOf(ofKind(inside, "LimitRange").flatMap(rangesOf));
    requested.pods += count;
    for (const resource of ["cpu", "memory"] as const) {
      requested[resource] += count * ofPod(pod.spec, "requests", resource, defaults);
      limits[resource] += count * ofPod(pod.spec, "limits", resource, defaults);
    }
  }
  for (const claim of ofKind(objects, "PersistentVolumeClaim")) {
    const { storage } = claimSchema.parse(claim.body).spec.resources.requests;
    requested.storage += quantity(storage, "bytes");
  }
  for (const object of ofKind(objects, "ResourceQuota")) {
    const { hard } = quotaSchema.parse(object.body).spec;
    quota.cpu += quantity(hard["requests.cpu"] ?? 0, "cpu");
    quota.memory += quantity(hard["requests.memory"] ?? 0, "bytes");
    quota.storage += quantity(hard["requests.storage"] ?? 0, "bytes");
    quota.pods += Number(hard["pods"] ?? 0);
  }
  return { requested, limits, quota };
}

/** The sum of two. */
export function add(a: Amounts, b: Amounts): Amounts {
  return {
    cpu: a.cpu + b.cpu,
    memory: a.memory + b.memory,
    storage: a.storage + b.storage,
    pods: a.pods + b.pods,
  };
}
