import { didYouMean } from "../record/suggest.ts";
import type { TenantContext } from "./context.ts";
import type { Plan, Toleration } from "./plan.ts";

/** Where pods run: names from the cluster's lists, resolved. */
export function planPlacement({ record, cluster, report }: TenantContext): Plan["placement"] {
  const offered = cluster.record.placement?.tolerations ?? {};
  const asked = record.placement;
  const unknown = (
    what: string,
    name: string,
    names: string[],
    path: (string | number)[],
  ): void => {
    const hint =
      didYouMean(name, names) ??
      `cluster ${cluster.record.name} has: ${names.join(", ") || "none"}`;
    report("unknown-reference", { what, name }, path, "value", hint);
  };
  const tolerations = (asked?.tolerations ?? []).flatMap<Toleration>((name, i) => {
    const found = Object.hasOwn(offered, name) ? offered[name] : undefined;
    if (found !== undefined) return [{ ...found, value: found.value ?? null }];
    unknown("toleration", name, Object.keys(offered), ["placement", "tolerations", i]);
    return [];
  });
  const priority = asked?.priority;
  const classes = cluster.record.placement?.priorityClasses ?? [];
  if (priority !== undefined && !classes.includes(priority)) {
    unknown("priority class", priority, classes, ["placement", "priority"]);
  }
  return {
    nodeSelector: asked?.nodeSelector ?? {},
    tolerations,
    priorityClassName: priority ?? null,
  };
}
