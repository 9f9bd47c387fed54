import { z } from "zod";
import { type Manifest, nameOf, ofKind } from "../../manifests/manifest.ts";
import { podTemplates, type PodTemplate } from "../../manifests/workloads.ts";
import { quantity } from "../../record/quantity.ts";
import { collector, type Finding, type Report } from "../finding.ts";
import { type Defaults, ofPod, type Resource, RESOURCES, type Side, words } from "./amounts.ts";
import { type Peak, peakOf } from "./peak.ts";
import { defaultsOf, rangesOf, reportRanges, reportUnset } from "./ranges.ts";

const resourceQuota = z.looseObject({
  spec: z.strictObject({ hard: z.record(z.string(), z.union([z.string(), z.number()])) }),
});

const claim = z.looseObject({
  spec: z.looseObject({
    resources: z.looseObject({ requests: z.looseObject({ storage: z.string() }) }),
  }),
});

const service = z.looseObject({ spec: z.looseObject({ type: z.string().nullish() }) });

interface Group extends Peak {
  readonly pod: PodTemplate;
}

/**
 * Proves that what an overlay deploys fits into its namespaces' quotas at the autoscaler's maximum,
 * during a rolling update with draining pods, and that every container fits its LimitRange.
 */
export function proveQuotas(tenant: string, objects: readonly Manifest[]): Finding[] {
  const { findings, report } = collector("quota", tenant);
  const pods = podTemplates(objects);
  for (const { name } of ofKind(objects, "Namespace")) {
    const inside = objects.filter(({ namespace }) => namespace === name);
    const here = pods.filter(({ namespace }) => namespace === name);
    proveNamespace(name, inside, here, report);
  }
  for (const vpa of ofKind(objects, "VerticalPodAutoscaler")) reportResizing(vpa, report);
  return findings;
}

function proveNamespace(
  namespace: string,
  objects: readonly Manifest[],
  pods: readonly PodTemplate[],
  report: Report,
): void {
  const quotas = ofKind(objects, "ResourceQuota");
  const ranges = ofKind(objects, "LimitRange").flatMap(rangesOf);
  if (quotas.length === 0) report("quota-missing", { namespace, what: "ResourceQuota" });
  if (!ranges.some(({ type }) => type === "Container")) {
    report("quota-missing", { namespace, what: "LimitRange for containers" });
  }
  reportRanges(ranges, pods, report);
  const groups = pods.flatMap((pod): Group[] => {
    const peak = peakOf(pod, objects);
    if (peak === undefined) report("quota-unbounded", { what: nameOf(pod.object) });
    return peak === undefined || peak.count === 0 ? [] : [{ pod, ...peak }];
  });
  const defaults = defaultsOf(ranges);
  for (const quota of quotas) {
    const parsed = resourceQuota.safeParse(quota.body);
    if (!parsed.success) {
      report("quota-unknown", { namespace, key: "scopes" });
      continue;
    }
    const { hard } = parsed.data.spec;
    reportUnset(pods, hard, report);
    for (const [key, text] of Object.entries(hard)) {
      const used = usedOf(key, groups, objects, defaults);
      if (used === undefined) {
        report("quota-unknown", { namespace, key });
        continue;
      }
      if (used.value <= quantity(text, used.unit)) continue;
      report("quota-exceeded", { namespace, key, hard: text, arithmetic: used.arithmetic });
    }
  }
}

interface Used {
  readonly value: number;
  readonly unit: "cpu" | "bytes";
  readonly arithmetic: string;
}

/** What a quota's key counts at its most, or undefined where we cannot tell. */
function usedOf(
  key: string,
  groups: readonly Group[],
  objects: readonly Manifest[],
  defaults: Defaults,
): Used | undefined {
  const [, side = "requests", resource = key] = /^(requests|limits)\.(.+)$/.exec(key) ?? [];
  const compute = RESOURCES.find((each) => each === resource);
  if (compute !== undefined) {
    return ofGroups(groups, side === "limits" ? "limits" : "requests", compute, defaults);
  }
  switch (key) {
    case "pods":
      return counted(
        groups.map(({ count }) => count),
        groups.map(shown),
      );
    case "requests.storage":
      return ofClaims(objects);
    case "persistentvolumeclaims":
      return counted([ofKind(objects, "PersistentVolumeClaim").length]);
    case "services":
      return counted([ofKind(objects, "Service").length]);
    case "services.loadbalancers":
      return ofServices(objects, "LoadBalancer");
    case "services.nodeports":
      // A load balancer gets node ports too.
      return ofServices(objects, "NodePort", "LoadBalancer");
    case "configmaps":
      // The control plane puts kube-root-ca.crt into every namespace.
      return counted([ofKind(objects, "ConfigMap").length, 1]);
    default:
      return undefined;
  }
}

function ofGroups(
  groups: readonly Group[],
  side: Side,
  resource: Resource,
  defaults: Defaults,
): Used {
  const each = groups.map((group) => ({
    group,
    own: ofPod(group.pod.spec, side, resource, defaults),
  }));
  const value = each.reduce((sum, { group, own }) => sum + group.count * own, 0);
  const terms = each.map(({ group, own }) => `${shown(group)} × ${words(resource, own)}`);
  return {
    value,
    unit: resource === "cpu" ? "cpu" : "bytes",
    arithmetic: `${terms.join(" + ")} = ${words(resource, value)}`,
  };
}

function ofClaims(objects: readonly Manifest[]): Used {
  const sizes = ofKind(objects, "PersistentVolumeClaim").map((object) =>
    quantity(claim.parse(object.body).spec.resources.requests.storage, "bytes"),
  );
  const value = sizes.reduce((sum, size) => sum + size, 0);
  const terms = sizes.map((size) => words("storage", size)).join(" + ");
  return { value, unit: "bytes", arithmetic: `${terms} = ${words("storage", value)}` };
}

function ofServices(objects: readonly Manifest[], ...types: string[]): Used {
  const found = ofKind(objects, "Service").filter((object) =>
    types.includes(service.parse(object.body).spec.type ?? "ClusterIP"),
  );
  return counted([found.length]);
}

function counted(terms: readonly number[], names: readonly string[] = terms.map(String)): Used {
  const value = terms.reduce((sum, term) => sum + term, 0);
  const sum = names.join(" + ");
  const arithmetic = terms.length === 1 ? sum : `${sum} = ${value}`;
  return { value, unit: "bytes", arithmetic };
}

function shown({ count, why, pod }: Group): string {
  return `${count} ${pod.object.name}${why === "" ? "" : ` (${why})`}`;
}

/** A VPA that changes requests makes every sum above wrong. */
function reportResizing(vpa: Manifest, report: Report): void {
  const policy = z
    .looseObject({
      spec: z.looseObject({
        updatePolicy: z.looseObject({ updateMode: z.string().nullish() }).nullish(),
      }),
    })
    .parse(vpa.body).spec.updatePolicy;
  if (policy?.updateMode !== "Off") report("quota-resized", { what: nameOf(vpa) });
}
