import type { Plan } from "../plan/plan.ts";
import { blockPeer, dnsPorts, podsPeer, to } from "./flows.ts";
import type { YamlValue } from "./quote.ts";
import type { View } from "./templates.ts";

/** Addresses that answer DNS beside the resolver's pods, node-local DNS for one, need a policy of their own. */
export const dnsComponents = (plan: Plan): string[] =>
  plan.cluster.dns.cidrs.length > 0 ? ["dns-resolvers"] : [];

/** The resolver that the base names, as nearly every cluster has it: no patch. */
const kubeDns = JSON.stringify({ namespace: "kube-system", podLabels: { "k8s-app": "kube-dns" } });

/**
 * View of the patches of the policies `dns` and `dns-resolvers`, for pods of these applications, or all. The root
 * namespace's base bounds `dns` itself; a component comes after it, so its policy is bounded here.
 */
export function dnsView(plan: Plan, apps: readonly string[] = []): View {
  const { resolver, cidrs } = plan.cluster.dns;
  return {
    hasOtherResolver: JSON.stringify(resolver) !== kubeDns,
    resolver: [to([podsPeer(resolver)], dnsPorts)],
    hasResolverBlocks: cidrs.length > 0,
    resolverPods: appsSelector(apps),
    resolverBlocks: [
      to(
        cidrs.map((cidr) => blockPeer({ cidr, except: [] })),
        dnsPorts,
      ),
    ],
  };
}

function appsSelector(apps: readonly string[]): YamlValue {
  const [only, ...more] = apps;
  const key = "app.kubernetes.io/name";
  if (only === undefined) return {};
  if (more.length === 0) return { matchLabels: { [key]: only } };
  return { matchExpressions: [{ key, operator: "In", values: apps }] };
}
