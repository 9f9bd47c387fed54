import type { RulePlan } from "../plan/plan.ts";
import { from, rulePeer, rulePort, to } from "./flows.ts";
import type { View } from "./templates.ts";

/** Folder and NetworkPolicy of a custom rule. */
export const ruleName = (rule: RulePlan): string => `custom-${rule.name}`;

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
