import type { Claims } from "../../plan/across.ts";
import type { ClusterContext } from "../../plan/context.ts";
import { quantity } from "../../record/quantity.ts";
import { channelImages } from "../../record/schema/cluster.ts";
import type { Amounts, Capacity, Preview } from "../model/model.ts";
import { add, nothing } from "./resources.ts";

/** What of a side its records say: who asks for how much, and what the clusters have. */
export interface Records {
  readonly claims: readonly Claims[];
  readonly clusters: readonly ClusterContext[];
}

/** What each cluster has, and what the quotas of its tenants take of it on both sides. */
export function capacityOf(before: Records, after: Records): Capacity[] {
  const names = new Set([...before.clusters, ...after.clusters].map(({ plan }) => plan.name));
  return [...names].sort().map((cluster) => {
    const record = after.clusters.find(({ plan }) => plan.name === cluster)?.record;
    return {
      cluster,
      has:
        record === undefined
          ? null
          : {
              cpu: quantity(record.capacity.cpu, "cpu"),
              memory: quantity(record.capacity.memory, "bytes"),
              storage: quantity(record.capacity.storage, "bytes"),
              pods: record.capacity.pods,
            },
      usedBefore: usedOf(before, cluster),
      usedAfter: usedOf(after, cluster),
    };
  });
}

function usedOf({ claims }: Records, cluster: string): Amounts {
  return claims
    .filter((each) => each.cluster === cluster)
    .reduce((sum, { ask }) => add(sum, ask), nothing());
}

/** What the clusters' channels give to tenants, where that differs. */
export function channelMoves(before: Records, after: Records): Preview["channels"] {
  return after.clusters.flatMap(({ plan, record }) => {
    const old = before.clusters.find((each) => each.plan.name === plan.name)?.record.channels;
    if (old === undefined) return [];
    return (["canary", "stable"] as const).flatMap((channel) => {
      const [was, is] = [textsOf(old[channel]), textsOf(record.channels[channel])];
      return [...new Set([...was.keys(), ...is.keys()])].sort().flatMap((field) => {
        const [from, to] = [was.get(field) ?? null, is.get(field) ?? null];
        return from === to ? [] : [{ cluster: plan.name, channel, field, before: from, after: to }];
      });
    });
  });
}

function textsOf(channel: ClusterContext["record"]["channels"]["stable"]): Map<string, string> {
  return new Map([["release", channel.release], ...channelImages(channel)]);
}
