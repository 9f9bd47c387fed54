import { z } from "zod";
import { type Manifest, ofKind } from "../../manifests/manifest.ts";
import type { PodTemplate } from "../../manifests/workloads.ts";

/** How many pods a workload can have at once, those that still drain included, and how that comes about. */
export interface Peak {
  readonly count: number;
  readonly why: string;
}

const intOrShare = z.union([z.int(), z.string().regex(/^\d+%$/)]);

const workload = z.looseObject({
  spec: z.looseObject({
    replicas: z.int().nullish(),
    parallelism: z.int().nullish(),
    concurrencyPolicy: z.string().nullish(),
    strategy: z
      .looseObject({
        type: z.string().nullish(),
        rollingUpdate: z.looseObject({ maxSurge: intOrShare.nullish() }).nullish(),
      })
      .nullish(),
    jobTemplate: z
      .looseObject({ spec: z.looseObject({ parallelism: z.int().nullish() }) })
      .nullish(),
  }),
});

const scaler = z.looseObject({
  spec: z.looseObject({
    maxReplicas: z.int(),
    scaleTargetRef: z.looseObject({ kind: z.string(), name: z.string() }),
  }),
});

/** The peak of one workload among all objects of its overlay, or undefined where there is no bound. */
export function peakOf({ object }: PodTemplate, objects: readonly Manifest[]): Peak | undefined {
  if (object.kind === "Pod") return { count: 1, why: "" };
  const { spec } = workload.parse(object.body);
  switch (object.kind) {
    case "Deployment": {
      const max = replicasOf(object, objects, spec.replicas ?? 1);
      return rolling(max, spec.strategy?.type ?? "RollingUpdate", spec.strategy?.rollingUpdate);
    }
    case "StatefulSet":
      // A pod is replaced only once it is gone, so none drains beside its successor.
      return { count: replicasOf(object, objects, spec.replicas ?? 1), why: "" };
    case "Job":
      return { count: spec.parallelism ?? 1, why: "" };
    case "CronJob": {
      const each = spec.jobTemplate?.spec.parallelism ?? 1;
      if (spec.concurrencyPolicy === "Forbid") return { count: each, why: "" };
      if (spec.concurrencyPolicy === "Replace") {
        return { count: 2 * each, why: `2 × ${each} while the old run ends` };
      }
      return undefined;
    }
    default:
      // A DaemonSet has as many pods as the cluster has nodes; the rest is not ours to make.
      return undefined;
  }
}

function replicasOf(object: Manifest, objects: readonly Manifest[], replicas: number): number {
  const maxima = ofKind(objects, "HorizontalPodAutoscaler").flatMap((each) => {
    const { spec } = scaler.parse(each.body);
    const target = spec.scaleTargetRef;
    const mine =
      each.namespace === object.namespace &&
      target.kind === object.kind &&
      target.name === object.name;
    return mine ? [spec.maxReplicas] : [];
  });
  return maxima.length === 0 ? replicas : Math.max(...maxima);
}

/**
 * A rolling update at the maximum: every old pod may still drain while all new ones and the surge are
 * there, because a quota counts terminating pods. Four replicas under a quota of five ended in FailedCreate.
 */
function rolling(
  max: number,
  type: string,
  update: { maxSurge?: number | string | null | undefined } | null | undefined,
): Peak {
  if (type === "Recreate" || max === 0) return { count: max, why: "" };
  const given = update?.maxSurge ?? "25%";
  const surge =
    typeof given === "number" ? given : Math.ceil((max * Number(given.slice(0, -1))) / 100);
  return {
    count: 2 * max + surge,
    why: `2 × ${max} while old ones drain + ${surge} surge`,
  };
}
