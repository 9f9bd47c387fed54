import type { Network } from "../../manifests/network.ts";
import type { Plan } from "../../plan/plan.ts";
import { collector, type Finding, type Report } from "../finding.ts";
import { flowsOf } from "./flows.ts";
import { reportMissing } from "./needed.ts";
import { describeTo, type Opening, openingsOf } from "./openings.ts";
import { worldOf } from "./parties.ts";
import { compilePolicy, DIRECTIONS, type Policy } from "./policies.ts";
import { describePorts } from "./ports.ts";
import { reportPremises, reportRoutes, reportServices } from "./premises.ts";

/**
 * Proves one tenant closed and served, from what kustomize rendered for it: every flow that its
 * record asks for is let through by both sides' policies, and nothing else is by either. Since each
 * tenant is shown to be closed by its own policies, in both directions, no pair of tenants has a path.
 */
export function proveTenant(plan: Plan, network: Network): Finding[] {
  const { findings, report } = collector("reachability", plan.id);
  const policies: Policy[] = [];
  for (const raw of network.policies) {
    try {
      policies.push(compilePolicy(raw));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      report("reach-policy", { policy: `${raw.namespace}/${raw.name}`, reason: error.message });
    }
  }
  const flows = flowsOf(plan);
  const world = worldOf(plan, network);
  const own = world.slice(0, plan.namespaces.length);
  reportPremises(plan, network, policies, report);
  for (const place of own) {
    const here = policies.filter(({ namespace }) => namespace === place.name);
    for (const direction of DIRECTIONS) {
      reportOpenings(openingsOf(plan, place, world, here, flows, direction), report);
    }
  }
  reportMissing(flows, own, policies, report);
  reportServices(plan, network, flows, report);
  reportRoutes(plan, network, report);
  return findings;
}

const CODES = {
  tenant: "reach-other-tenant",
  redis: "reach-redis",
  archive: "reach-archive",
  protected: "reach-address",
  pods: "reach-unexpected",
  addresses: "reach-unexpected",
} as const;

const SEVERITY = ["tenant", "redis", "archive", "protected", "pods", "addresses"];

/** One finding for each peer of each rule: the worst that it opens, and how many more. */
function reportOpenings(openings: readonly Opening[], report: Report): void {
  const groups = Map.groupBy(
    openings,
    ({ policy, rule, peerText }) => `${policy.namespace}/${policy.name}/${rule}/${peerText}`,
  );
  for (const group of groups.values()) {
    const [worst] = group.toSorted(
      (a, b) => SEVERITY.indexOf(a.to.kind) - SEVERITY.indexOf(b.to.kind),
    );
    if (worst === undefined) continue;
    const more = new Set(group.map(({ to }) => describeTo(to))).size - 1;
    report(CODES[worst.to.kind], {
      policy: `${worst.policy.namespace}/${worst.policy.name}`,
      rule: `${worst.direction} rule ${worst.rule + 1}`,
      peer: worst.peerText,
      does: worst.direction === "ingress" ? "lets in" : "lets out to",
      subject: worst.subject.words,
      other: describeTo(worst.to) + (more > 0 ? ` (and ${more} more)` : ""),
      ports: describePorts(worst.ports),
    });
  }
}
