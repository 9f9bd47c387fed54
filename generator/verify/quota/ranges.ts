import { z } from "zod";
import { type Manifest, nameOf } from "../../manifests/manifest.ts";
import type { PodTemplate } from "../../manifests/workloads.ts";
import type { Report } from "../finding.ts";
import { amount, type Defaults, ofContainer, ofPod, RESOURCES, SIDES, words } from "./amounts.ts";

const amounts = z.record(z.string(), z.union([z.string(), z.number()])).nullish();

const limitRange = z.looseObject({
  spec: z.looseObject({
    limits: z.array(
      z.looseObject({
        type: z.string(),
        default: amounts,
        defaultRequest: amounts,
        max: amounts,
        min: amounts,
      }),
    ),
  }),
});

export type Ranges = z.infer<typeof limitRange>["spec"]["limits"];

export function rangesOf(object: Manifest): Ranges {
  return limitRange.parse(object.body).spec.limits;
}

/** What the namespace gives to containers that say nothing. A default limit is also the default request. */
export function defaultsOf(ranges: Ranges): Defaults {
  const containers = ranges.filter(({ type }) => type === "Container");
  const limits = Object.assign({}, ...containers.map((range) => range.default ?? {}));
  const requests = Object.assign({}, ...containers.map((range) => range.defaultRequest ?? {}));
  return { limits, requests: { ...limits, ...requests } };
}

/** Reports every container, and every pod, that the namespace's LimitRange would refuse. */
export function reportRanges(ranges: Ranges, pods: readonly PodTemplate[], report: Report): void {
  const defaults = defaultsOf(ranges);
  for (const pod of pods) {
    const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
    for (const range of ranges) {
      for (const resource of RESOURCES) {
        for (const [bound, sides] of [
          ["max", ["limits", "requests"]],
          ["min", ["requests"]],
        ] as const) {
          const text = range[bound]?.[resource];
          if (text === undefined) continue;
          const edge = amount(resource, text);
          const subjects =
            range.type === "Container"
              ? containers.map((container) => ({
                  what: `container ${container.name} of ${pod.owner}`,
                  has: (side: "requests" | "limits") =>
                    ofContainer(container, side, resource, defaults),
                }))
              : range.type === "Pod"
                ? [
                    {
                      what: pod.owner,
                      has: (side: "requests" | "limits") =>
                        ofPod(pod.spec, side, resource, defaults),
                    },
                  ]
                : [];
          for (const { what, has } of subjects) {
            for (const side of sides) {
              const value = has(side);
              if (bound === "max" ? value <= edge : value >= edge) continue;
              report("quota-range", {
                namespace: pod.namespace,
                what,
                side: `${side}.${resource}`,
                value: words(resource, value),
                bound: `${bound} ${text}`,
              });
            }
          }
        }
      }
    }
  }
}

/** Reports containers that leave something to the defaults: the quota would count what nobody wrote. */
export function reportUnset(
  pods: readonly PodTemplate[],
  hard: Readonly<Record<string, unknown>>,
  report: Report,
): void {
  for (const pod of pods) {
    for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]) {
      for (const side of SIDES) {
        for (const resource of RESOURCES) {
          if (hard[`${side}.${resource}`] === undefined) continue;
          if (container.resources?.[side]?.[resource] !== undefined) continue;
          report("quota-unset", {
            what: `container ${container.name} of ${nameOf(pod.object)}`,
            field: `resources.${side}.${resource}`,
          });
        }
      }
    }
  }
}
