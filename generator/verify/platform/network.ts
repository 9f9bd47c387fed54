import type { Manifest } from "../../manifests/manifest.ts";
import { networkOf } from "../../manifests/network.ts";
import type { ClusterPlan, PodsPlan } from "../../plan/plan.ts";
import type { Report } from "../finding.ts";
import {
  addressesOf,
  describeAddresses,
  intersectAddresses,
  subtractAddresses,
} from "../reachability/addresses.ts";
import {
  compilePolicy,
  type Direction,
  DIRECTIONS,
  openDirections,
  type Peer,
  type Policy,
  portsOf,
  type Rule,
} from "../reachability/policies.ts";
import { describePorts, type PortSet, subtractPorts } from "../reachability/ports.ts";
import { selects, witness } from "../reachability/selectors.ts";
import { type Meant, meantOf, type TenantPods, tenantPods } from "./meant.ts";
import { SYSTEM_NAMESPACES } from "./namespaces.ts";

/**
 * Proves the platform's side of what tenants' overlays were proven for on theirs: its pods reach
 * tenants, and are reached by them, where the cluster's record means it and nowhere else, by label or
 * by address; and what it means gets through.
 */
export function reportNetwork(
  cluster: ClusterPlan,
  objects: readonly Manifest[],
  report: Report,
): void {
  const policies: Policy[] = [];
  for (const raw of networkOf(objects).policies) {
    try {
      policies.push(compilePolicy(raw));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      say(report, `${raw.namespace}/${raw.name}`, error.message);
    }
  }
  reportOpen(policies, report);
  const meant = meantOf(cluster);
  for (const policy of policies) {
    for (const direction of DIRECTIONS) {
      for (const rule of policy[direction] ?? []) {
        reportRule({ cluster, policy, direction, rule, meant }, report);
      }
    }
  }
  reportDoor(cluster, policies, report);
  for (const flow of meant) reportLacking(flow, policies, report);
}

function say(report: Report, policy: string, reason: string): void {
  report("platform-reach", { policy: `NetworkPolicy ${policy}`, reason });
}

function reportOpen(policies: readonly Policy[], report: Report): void {
  for (const name of SYSTEM_NAMESPACES) {
    for (const direction of openDirections(policies, name)) {
      say(report, `${name}/default-deny`, `does not deny ${direction} to every pod`);
    }
  }
}

interface Place {
  readonly cluster: ClusterPlan;
  readonly policy: Policy;
  readonly direction: Direction;
  readonly rule: Rule;
  readonly meant: readonly Meant[];
}

/** One finding for each rule: the first of the tenants' pods, or of their addresses, that it opens beyond what is meant. */
function reportRule(place: Place, report: Report): void {
  const { cluster, policy, direction, rule, meant } = place;
  if (direction === "ingress" && isDoor(policy, rule, cluster)) return;
  const where = `${policy.namespace}/${policy.name}`;
  const does = direction === "ingress" ? "lets in" : "lets out to";
  const own = direction === "egress" ? meant.filter(({ pods }) => isOnly(policy, pods)) : [];
  for (const party of tenantPods()) {
    if (rule.peers?.some((peer) => opens(peer, party)) === false) continue;
    const ports = own.flatMap((flow) => (flow.tenant === party.name ? flow.ports : []));
    const left = subtractPorts(portsOf(rule, "any"), ports);
    if (left.length === 0) continue;
    say(report, where, `${does} ${party.words} on ${describePorts(left)}`);
    return;
  }
  const closed = addressesOf(cluster.podCidrs);
  for (const peer of rule.peers ?? []) {
    const covered = peer.kind === "addresses" ? intersectAddresses(peer.addresses, closed) : [];
    if (covered.length === 0) continue;
    say(report, where, `${does} ${describeAddresses(covered)}, where tenants' pods are`);
    return;
  }
}

function opens(peer: Peer, party: TenantPods): boolean {
  return (
    peer.kind === "pods" &&
    peer.namespaces !== undefined &&
    witness(peer.namespaces, party.namespace) !== undefined &&
    witness(peer.pods, party.pods) !== undefined
  );
}

/** Callers come from anywhere, to the ports that the Gateway or the controller listens on. */
function isDoor(policy: Policy, { peers, ports }: Rule, { exposure }: ClusterPlan): boolean {
  return (
    isOnly(policy, exposure.controller) &&
    peers === undefined &&
    ports !== undefined &&
    ports.every(
      ({ protocol, port, last }) =>
        protocol === "TCP" && typeof port === "number" && last === undefined,
    )
  );
}

/** Whether a policy is about these pods and no others. */
function isOnly({ namespace, subject }: Policy, pods: PodsPlan): boolean {
  return (
    namespace === pods.namespace &&
    Object.entries(pods.podLabels).every(([label, value]) =>
      subject.some(
        ({ key, operator, values }) =>
          key === label && operator === "In" && values.length === 1 && values[0] === value,
      ),
    )
  );
}

function reportDoor(cluster: ClusterPlan, policies: readonly Policy[], report: Report): void {
  const { controller } = cluster.exposure;
  const isOpen = policies.some((policy) =>
    (policy.ingress ?? []).some((rule) => isDoor(policy, rule, cluster)),
  );
  if (isOpen) return;
  const reason = `lets nobody in to ${JSON.stringify(controller.podLabels)} by a port`;
  say(report, `${controller.namespace}/data-plane`, reason);
}

function reportLacking(flow: Meant, policies: readonly Policy[], report: Report): void {
  const { pods, to, ports, why } = flow;
  let left: PortSet = ports;
  for (const { namespace, subject, egress } of policies) {
    if (namespace !== pods.namespace || !selects(subject, pods.podLabels)) continue;
    for (const rule of egress ?? []) {
      if (rule.peers?.some((peer) => leads(peer, to)) === false) continue;
      left = subtractPorts(left, portsOf(rule, "any"));
    }
  }
  if (left.length === 0) return;
  const reason = `${JSON.stringify(pods.podLabels)} cannot reach ${why} on ${describePorts(left)}`;
  say(report, `${pods.namespace}/*`, reason);
}

function leads(peer: Peer, to: Meant["to"]): boolean {
  if ("cidr" in to) {
    if (peer.kind !== "addresses") return false;
    return subtractAddresses(addressesOf([to.cidr]), peer.addresses).length === 0;
  }
  return (
    peer.kind === "pods" &&
    peer.namespaces !== undefined &&
    selects(peer.namespaces, to.namespace) &&
    selects(peer.pods, to.pods)
  );
}
