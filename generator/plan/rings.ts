import { reporter } from "../record/read.ts";
import type { Problem } from "../record/problem.ts";
import { channelImages, type ClusterRecord } from "../record/schema/cluster.ts";
import type { Planned } from "./repository.ts";

/**
 * Reports what stable tenants would get of a release or an image that canary ones of their cluster never ran: at the
 * base stable had it itself, or canary did. Where no tenant of a cluster is canary there is no ring to skip.
 */
export function compareChannels(before: Planned, now: Planned): Problem[] {
  const problems: Problem[] = [];
  const canaries = new Set(
    before.candidates.flatMap((candidate) => {
      const plan = candidate.plan();
      return plan?.channel === "canary" ? [plan.cluster.name] : [];
    }),
  );
  const old = new Map(before.clusters.map(({ plan, record }) => [plan.name, record]));
  for (const { plan, record } of now.clusters) {
    const was = old.get(plan.name);
    const source = now.clusterSources.get(plan.name);
    if (was === undefined || source === undefined || !canaries.has(plan.name)) continue;
    const report = reporter(source, problems);
    const tried = [flat(was, "stable"), flat(was, "canary")];
    for (const [field, value] of flat(record, "stable")) {
      if (tried.some((fields) => fields.get(field) === value)) continue;
      // Of a kind that the cluster did not have: nobody runs another one yet.
      if (tried.every((fields) => !fields.has(field))) continue;
      const values = { value, cluster: plan.name };
      report("ring-skipped", values, ["channels", "stable", ...field.split(".")], "value");
    }
  }
  return problems;
}

function flat({ channels }: ClusterRecord, channel: "canary" | "stable"): Map<string, string> {
  const images = channelImages(channels[channel]).map(
    ([name, image]) => [`images.${name}`, image] as const,
  );
  return new Map([["release", channels[channel].release], ...images]);
}
