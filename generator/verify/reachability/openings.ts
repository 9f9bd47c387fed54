import type { Plan } from "../../plan/plan.ts";
import {
  addressesOf,
  type AddressSet,
  describeAddresses,
  intersectAddresses,
  subtractAddresses,
} from "./addresses.ts";
import { APP, type End, type Flow } from "./flows.ts";
import type { Party, Place } from "./parties.ts";
import { type Direction, type Peer, type Policy, portsOf, type Rule } from "./policies.ts";
import { type PortSet, subtractPorts } from "./ports.ts";
import { type Labels, witness } from "./selectors.ts";

/** Something that a policy lets through and that no flow of the tenant asks for. */
export interface Opening {
  readonly policy: Policy;
  readonly direction: Direction;
  /** Position of the rule and, in it, of the peer, from 0. */
  readonly rule: number;
  readonly peer: number;
  readonly peerText: string;
  readonly subject: Party;
  readonly to: OpenedTo;
  readonly ports: PortSet;
}

export type OpenedTo =
  | {
      readonly kind: "tenant" | "redis" | "archive" | "pods";
      readonly words: string;
      /** Labels of a namespace and a pod that the policy lets through: the proof of the finding. */
      readonly example: { readonly namespace: Labels; readonly pod: Labels };
    }
  | { readonly kind: "protected" | "addresses"; readonly addresses: AddressSet };

const EVERYBODY: readonly Peer[] = [
  { kind: "pods", namespaces: [], pods: [], text: "everybody" },
  { kind: "addresses", addresses: addressesOf(["0.0.0.0/0", "::/0"]), text: "everybody" },
];

/**
 * Every opening of the policies in one direction of one namespace. Each side is looked at alone: a
 * tenant whose own policies name no other tenant is closed whatever the others' policies say, so
 * the work grows with the number of tenants, not with its square.
 */
export function openingsOf(
  plan: Plan,
  place: Place,
  world: readonly Place[],
  policies: readonly Policy[],
  flows: readonly Flow[],
  direction: Direction,
): Opening[] {
  const found: Opening[] = [];
  for (const policy of policies) {
    const rules = policy[direction];
    if (rules === undefined || rules.length === 0) continue;
    for (const subject of place.parties) {
      if (witness(policy.subject, subject.labels) === undefined) continue;
      const asked = flows.filter((flow) => asksFor(flow, direction, place, subject));
      for (const [index, rule] of rules.entries()) {
        for (const [position, peer] of (rule.peers ?? EVERYBODY).entries()) {
          const opened =
            peer.kind === "addresses"
              ? toAddresses(plan, peer.addresses, rule, asked, direction, subject)
              : toPods(place, world, peer, rule, asked, direction, subject);
          for (const [to, ports] of opened) {
            found.push({
              policy,
              direction,
              rule: index,
              peer: position,
              peerText: peer.text,
              subject,
              to,
              ports,
            });
          }
        }
      }
    }
  }
  return found;
}

function near(flow: Flow, direction: Direction): End {
  return direction === "ingress" ? flow.to : flow.from;
}

function far(flow: Flow, direction: Direction): End {
  return direction === "ingress" ? flow.from : flow.to;
}

function asksFor(flow: Flow, direction: Direction, place: Place, subject: Party): boolean {
  if (flow.only !== undefined && flow.only !== direction) return false;
  return covers(near(flow, direction), place, subject);
}

/** Whether the end is for every pod of the party. Labels that somebody may choose are had by whoever wants them. */
export function covers(end: End, place: Place, party: Party): boolean {
  if (end.kind !== "pods" || end.namespace !== place.name) return false;
  if (party.chosen) return true;
  const { fixed } = party.labels;
  return Object.entries(end.labels).every(([key, value]) => fixed[key] === value);
}

function toPods(
  place: Place,
  world: readonly Place[],
  peer: Extract<Peer, { kind: "pods" }>,
  rule: Rule,
  asked: readonly Flow[],
  direction: Direction,
  subject: Party,
): [OpenedTo, PortSet][] {
  const found: [OpenedTo, PortSet][] = [];
  for (const other of world) {
    if (peer.namespaces === undefined && other !== place) continue;
    const namespace = witness(peer.namespaces ?? [], other.labels);
    if (namespace === undefined) continue;
    for (const party of other.parties) {
      const pod = witness(peer.pods, party.labels);
      if (pod === undefined) continue;
      let left = portsOf(rule, direction === "ingress" ? subject.ports : party.ports);
      for (const flow of asked) {
        if (left.length === 0) break;
        if (covers(far(flow, direction), other, party)) left = subtractPorts(left, flow.ports);
      }
      if (left.length === 0) continue;
      const kind = party.kind === "tenant" ? "tenant" : reachesStore(direction, subject, party);
      found.push([{ kind, words: party.words, example: { namespace, pod } }, left]);
    }
  }
  return found;
}

function reachesStore(
  direction: Direction,
  subject: Party,
  party: Party,
): "redis" | "archive" | "pods" {
  const receiver = direction === "ingress" ? subject : party;
  if (receiver.kind !== "own") return "pods";
  const app = receiver.labels.fixed[APP];
  return app === "redis" || app === "archive" ? app : "pods";
}

function toAddresses(
  plan: Plan,
  addresses: AddressSet,
  rule: Rule,
  asked: readonly Flow[],
  direction: Direction,
  subject: Party,
): [OpenedTo, PortSet][] {
  // A name is looked up on the pod that receives; an address has none.
  const ports = portsOf(rule, direction === "ingress" ? subject.ports : []);
  if (ports.length === 0) return [];
  const given = givenTo(plan);
  const ends = asked.flatMap((flow) => {
    const end = far(flow, direction);
    return end.kind === "addresses" ? { ...end, ports: flow.ports } : [];
  });
  const inside = intersectAddresses(addresses, addressesOf(plan.cluster.protectedCidrs));
  // No rule can ask for these addresses; only the cluster's resolvers, the tenant's managed Redis and the server of its
  // archive may lie there.
  const paths = without(
    inside,
    ports,
    ends.filter(({ text }) => given.has(text)),
  );
  const rest = without(subtractAddresses(addresses, inside), ports, ends);
  return [
    ...paths.map(([set, left]): [OpenedTo, PortSet] => [
      { kind: "protected", addresses: set },
      left,
    ]),
    ...rest.map(([set, left]): [OpenedTo, PortSet] => [
      { kind: "addresses", addresses: set },
      left,
    ]),
  ];
}

function givenTo({ cluster, redis, archive }: Plan): Set<string> {
  const database = archive?.database;
  return new Set([
    ...cluster.dns.cidrs,
    ...(redis.mode === "external" ? [redis.cidr] : []),
    ...(database?.mode === "external" && database.peer.kind === "ipBlock"
      ? [database.peer.cidr]
      : []),
  ]);
}

interface Area {
  readonly addresses: AddressSet;
  readonly ports: PortSet;
}

/** Addresses times ports, less the areas: a list of disjoint areas that are not empty. */
export function without(
  addresses: AddressSet,
  ports: PortSet,
  areas: readonly Area[],
): [AddressSet, PortSet][] {
  let left: [AddressSet, PortSet][] = [[addresses, ports]];
  for (const area of areas) {
    left = left.flatMap(([set, open]): [AddressSet, PortSet][] => [
      [subtractAddresses(set, area.addresses), open],
      [intersectAddresses(set, area.addresses), subtractPorts(open, area.ports)],
    ]);
  }
  return left.filter(([set, open]) => set.length > 0 && open.length > 0);
}

/** What an opening opens to, in words. */
export function describeTo(to: OpenedTo): string {
  if (!("addresses" in to)) return to.words;
  const range = describeAddresses(to.addresses);
  return to.kind === "protected" ? `${range}, which the cluster uses` : range;
}
