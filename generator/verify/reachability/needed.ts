import type { Report } from "../finding.ts";
import { type AddressSet, describeAddresses } from "./addresses.ts";
import { type End, type Flow } from "./flows.ts";
import { covers, without } from "./openings.ts";
import { NAME_LABEL, type Place } from "./parties.ts";
import { type Direction, DIRECTIONS, type NamedPorts, type Policy, portsOf } from "./policies.ts";
import { describePorts, type PortSet, subtractPorts } from "./ports.ts";
import { type Labels, type Selector, selects } from "./selectors.ts";

/** A pod that a flow must work for. */
interface Sample {
  readonly words: string;
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  readonly ports: NamedPorts;
}

type Other = Sample | { readonly words: string; readonly addresses: AddressSet };

/** Reports each flow, or part of one, that the tenant's policies stop. */
export function reportMissing(
  flows: readonly Flow[],
  own: readonly Place[],
  policies: readonly Policy[],
  report: Report,
): void {
  const keys = mentionedKeys(policies);
  for (const flow of flows) {
    for (const direction of DIRECTIONS) {
      if (flow.only !== undefined && flow.only !== direction) continue;
      const [near, far] = direction === "ingress" ? [flow.to, flow.from] : [flow.from, flow.to];
      if (near.kind !== "pods") continue;
      const place = own.find(({ name }) => name === near.namespace);
      if (place === undefined) continue;
      const missing = firstMissing(direction, near, place, far, own, policies, keys, flow.ports);
      if (missing === undefined) continue;
      report("reach-missing", {
        from: direction === "ingress" ? missing.other : missing.subject,
        to: direction === "ingress" ? missing.subject : missing.other,
        ports: describePorts(missing.ports),
        why: flow.why,
        direction,
        namespace: near.namespace,
      });
    }
  }
}

function firstMissing(
  direction: Direction,
  near: End,
  place: Place,
  far: End,
  own: readonly Place[],
  policies: readonly Policy[],
  keys: readonly string[],
  ports: PortSet,
): { subject: string; other: string; ports: PortSet } | undefined {
  const subjects = samplesOf(near, place, keys);
  if (subjects.length === 0) return { subject: wordsOf(near), other: wordsOf(far), ports };
  for (const subject of subjects) {
    const selecting = policies.filter(
      (policy) =>
        policy.namespace === place.name &&
        policy[direction] !== undefined &&
        selects(policy.subject, subject.labels),
    );
    if (selecting.length === 0) continue;
    for (const other of othersOf(far, own, keys)) {
      const left =
        "addresses" in other
          ? stoppedAddresses(direction, selecting, subject, other.addresses, ports)
          : stoppedPorts(direction, selecting, subject, other, ports);
      if (left === undefined) continue;
      return { subject: subject.words, other: left.other ?? other.words, ports: left.ports };
    }
  }
  return undefined;
}

interface Stopped {
  readonly ports: PortSet;
  readonly other?: string;
}

function stoppedPorts(
  direction: Direction,
  policies: readonly Policy[],
  subject: Sample,
  other: Sample,
  ports: PortSet,
): Stopped | undefined {
  let left = ports;
  for (const policy of policies) {
    for (const rule of policy[direction] ?? []) {
      const admits =
        rule.peers === undefined ||
        rule.peers.some(
          (peer) =>
            peer.kind === "pods" &&
            (peer.namespaces === undefined
              ? other.namespace === subject.namespace
              : selects(peer.namespaces, other.namespaceLabels)) &&
            selects(peer.pods, other.labels),
        );
      if (!admits) continue;
      const receiver = direction === "ingress" ? subject : other;
      // Only names that are known to be there count as open.
      left = subtractPorts(left, portsOf(rule, receiver.ports === "any" ? [] : receiver.ports));
    }
  }
  return left.length > 0 ? { ports: left } : undefined;
}

function stoppedAddresses(
  direction: Direction,
  policies: readonly Policy[],
  subject: Sample,
  addresses: AddressSet,
  ports: PortSet,
): Stopped | undefined {
  const names = direction === "ingress" && subject.ports !== "any" ? subject.ports : [];
  const areas = policies.flatMap((policy) =>
    (policy[direction] ?? []).flatMap((rule) =>
      rule.peers === undefined
        ? [{ addresses, ports: portsOf(rule, names) }]
        : rule.peers.flatMap((peer) =>
            peer.kind === "addresses"
              ? { addresses: peer.addresses, ports: portsOf(rule, names) }
              : [],
          ),
    ),
  );
  const [left] = without(addresses, ports, areas);
  return left === undefined ? undefined : { other: describeAddresses(left[0]), ports: left[1] };
}

function wordsOf(end: End): string {
  if (end.kind === "addresses") return end.text;
  const labels = JSON.stringify(end.labels);
  return `${labels === "{}" ? "every pod" : `pods labelled ${labels}`} in ${end.namespace}`;
}

/** The pods that an end means: those that are rendered, plain ones, and one with every other label that a policy looks at. */
function samplesOf(end: End, place: Place, keys: readonly string[]): Sample[] {
  if (end.kind !== "pods") return [];
  const base = { namespace: end.namespace, namespaceLabels: place.labels.fixed };
  return place.parties.flatMap((party) => {
    if (!covers(end, place, party)) return [];
    const labels = party.labels.open ? { ...odd(keys), ...end.labels } : party.labels.fixed;
    return { ...base, words: party.words, labels, ports: party.ports };
  });
}

function othersOf(end: End, own: readonly Place[], keys: readonly string[]): Other[] {
  if (end.kind === "addresses") return [{ words: end.text, addresses: end.addresses }];
  const place = own.find(({ name }) => name === end.namespace);
  if (place !== undefined) return samplesOf(end, place, keys);
  const namespaceLabels = { [NAME_LABEL]: end.namespace };
  return [end.labels, { ...odd(keys), ...end.labels }].map((labels) => ({
    words: wordsOf(end),
    namespace: end.namespace,
    namespaceLabels,
    labels,
    ports: [],
  }));
}

/** A pod's labels must not get in the way of a flow that is for every pod, whatever they are. */
function odd(keys: readonly string[]): Labels {
  return Object.fromEntries(keys.map((key) => [key, "some-other-value"]));
}

function mentionedKeys(policies: readonly Policy[]): string[] {
  const selectors: Selector[] = policies.flatMap((policy) => [
    policy.subject,
    ...DIRECTIONS.flatMap((direction) =>
      (policy[direction] ?? []).flatMap((rule) =>
        (rule.peers ?? []).flatMap((peer) => (peer.kind === "pods" ? [peer.pods] : [])),
      ),
    ),
  ]);
  return [...new Set(selectors.flat().map(({ key }) => key))];
}
