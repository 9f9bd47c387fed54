import { isTenantNamespace } from "../plan/names.ts";
import type { RulePlan } from "../plan/plan.ts";
import { from, rulePeer, rulePort, to } from "./flows.ts";
import type { View } from "./templates.ts";

/** NetworkPolicy of a custom rule. */
const ruleName = (rule: RulePlan): string => `custom-${rule.name}`;

/**
 * Folder of a custom rule. One that leads to a namespace which tenants share has a name of its own,
 * because CODEOWNERS goes by path: such a rule asks the platform's people.
 */
export function ruleFolder(rule: RulePlan): string {
  const isShared = rule.peers.some(
    (peer) => peer.kind === "namespace" && !isTenantNamespace(peer.namespace),
  );
  return isShared ? `shared-${rule.name}` : ruleName(rule);
}

/** View of a custom rule's NetworkPolicy. */
export function ruleView(rule: RulePlan): View {
  const peers = rule.peers.map(rulePeer);
  const ports = rule.ports.map(rulePort);
  const isIngress = rule.direction === "ingress";
  const every = Object.keys(rule.podLabels).length === 0;
  return {
    name: ruleName(rule),
    podSelector: every ? {} : { matchLabels: rule.podLabels },
    policyTypes: [isIngress ? "Ingress" : "Egress"],
    isIngress,
    ingress: [from(peers, ports)],
    isEgress: !isIngress,
    egress: [to(peers, ports)],
  };
}
