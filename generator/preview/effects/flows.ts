import type { Network } from "../../manifests/network.ts";
import type { RawPeer, RawSelector } from "../../manifests/network-policy.ts";
import { type AddressSet } from "../../verify/reachability/addresses.ts";
import { NAME_LABEL } from "../../verify/reachability/parties.ts";
import {
  compilePolicy,
  type Direction,
  DIRECTIONS,
  type NamedPorts,
  type Peer,
  type Policy,
  portsOf,
} from "../../verify/reachability/policies.ts";
import {
  EVERY_PORT,
  intersectPorts,
  type PortRange,
  type PortSet,
  subtractPorts,
} from "../../verify/reachability/ports.ts";
import { compileSelector, type Labels, selects } from "../../verify/reachability/selectors.ts";

/** Pods of an overlay that no policy of it tells apart. */
export interface Party {
  readonly words: string;
  readonly namespace: string;
}

/** What one side of a party lets through to addresses. */
export interface Area {
  readonly addresses: AddressSet;
  readonly ports: PortSet;
  /** As the policy spells it. */
  readonly text: string;
}

/** Who may talk to whom on one side of a change, as what kustomize rendered says. */
export interface Flows {
  /** Between parties of the overlay, where both sides' policies let it through: `from → to`. */
  readonly inside: ReadonlyMap<string, { from: Party; to: Party; ports: PortSet }>;
  /** With pods elsewhere, as far as the overlay's own policies say. */
  readonly outside: ReadonlyMap<
    string,
    { party: Party; direction: Direction; other: string; ports: PortSet }
  >;
  /** With addresses: areas of each party and direction. */
  readonly addresses: ReadonlyMap<
    string,
    { party: Party; direction: Direction; areas: readonly Area[] }
  >;
}

interface Member extends Party {
  readonly labels: Labels;
  readonly ports: NamedPorts;
  readonly policies: Readonly<Record<Direction, readonly Policy[]>>;
}

const EVERYBODY = "everybody";

/**
 * The flows of one side. `sides` are both: labels that either side's policies name are pods that can be
 * there on both. Throws RangeError for a policy with an ipBlock that is none.
 */
export function flowsOf(network: Network, sides: readonly Network[]): Flows {
  const policies = network.policies.map(compilePolicy);
  const labels = new Map(
    network.namespaces.map((each) => [each.name, { ...each.labels, [NAME_LABEL]: each.name }]),
  );
  const members = membersOf(network, policies, sides);
  const inside = new Map<string, { from: Party; to: Party; ports: PortSet }>();
  for (const from of members) {
    for (const to of members) {
      const out = admitted(from, to, "egress", labels);
      if (out.length === 0) continue;
      const ports = normal(intersectPorts(out, admitted(to, from, "ingress", labels)));
      if (ports.length > 0) inside.set(`${from.words} → ${to.words}`, { from, to, ports });
    }
  }
  const outside: Flows["outside"] & Map<string, unknown> = new Map();
  const addresses: Flows["addresses"] & Map<string, unknown> = new Map();
  for (const party of members) {
    for (const direction of DIRECTIONS) {
      const key = `${direction} ${party.words}`;
      for (const [other, ports] of strangers(party, direction, network, labels)) {
        outside.set(`${key} ${other}`, { party, direction, other, ports });
      }
      const areas = areasOf(party, direction);
      if (areas.length > 0) addresses.set(key, { party, direction, areas });
    }
  }
  return { inside, outside, addresses };
}

/** Rendered pods by their workload; pods that a policy names by labels; and, for all others, every pod of a namespace. */
function membersOf(
  network: Network,
  policies: readonly Policy[],
  sides: readonly Network[],
): Member[] {
  return network.namespaces.flatMap(({ name: namespace }): Member[] => {
    const rendered = network.pods.filter((pod) => pod.namespace === namespace);
    const make = (words: string, labels: Labels, ports: NamedPorts): Member => ({
      words,
      namespace,
      labels,
      ports,
      policies: {
        ingress: selecting(policies, namespace, labels, "ingress"),
        egress: selecting(policies, namespace, labels, "egress"),
      },
    });
    const anywhere = sides.flatMap(({ pods }) => pods.filter((pod) => pod.namespace === namespace));
    const named = labelsNamed(sides, namespace).filter(
      (labels) =>
        Object.keys(labels).length > 0 && !anywhere.some((pod) => covers(labels, pod.labels)),
    );
    return [
      ...rendered.map((pod) =>
        make(
          `${pod.owner} in ${namespace}`,
          pod.labels,
          pod.ports.flatMap(({ name, ...port }) => (name === null ? [] : { name, ...port })),
        ),
      ),
      ...named.map((labels) =>
        make(`pods labelled ${pairs(labels)} in ${namespace}`, labels, "any"),
      ),
      make(`every pod in ${namespace}`, {}, "any"),
    ];
  });
}

function selecting(
  policies: readonly Policy[],
  namespace: string,
  labels: Labels,
  direction: Direction,
): Policy[] {
  return policies.filter(
    (policy) =>
      policy.namespace === namespace &&
      policy[direction] !== undefined &&
      selects(policy.subject, labels),
  );
}

/** Label sets by which policies mean pods of a namespace. */
function labelsNamed(sides: readonly Network[], namespace: string): Labels[] {
  const found = new Map<string, Labels>();
  const note = (selector: RawSelector | null | undefined): void => {
    const labels = selector?.matchLabels ?? {};
    found.set(pairs(labels), labels);
  };
  for (const { namespace: home, spec } of sides.flatMap(({ policies }) => policies)) {
    if (home === namespace) note(spec.podSelector);
    const peers = [
      ...(spec.ingress ?? []).flatMap(({ from }) => from ?? []),
      ...(spec.egress ?? []).flatMap(({ to }) => to ?? []),
    ];
    for (const { namespaceSelector, podSelector } of peers) {
      const target = namespaceSelector ? namespaceSelector.matchLabels?.[NAME_LABEL] : home;
      if (target === namespace) note(podSelector);
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, labels]) => labels);
}

const covers = (asked: Labels, has: Labels): boolean =>
  Object.entries(asked).every(([key, value]) => Object.hasOwn(has, key) && has[key] === value);

/** What one side lets through to another party. */
function admitted(
  party: Member,
  other: Member,
  direction: Direction,
  labels: ReadonlyMap<string, Labels>,
): PortSet {
  const policies = party.policies[direction];
  if (policies.length === 0) return EVERY_PORT;
  const receiver = direction === "ingress" ? party.ports : other.ports;
  const namespace = labels.get(other.namespace) ?? {};
  const admits = (peer: Peer): boolean =>
    peer.kind === "pods" &&
    (peer.namespaces === undefined
      ? other.namespace === party.namespace
      : selects(peer.namespaces, namespace)) &&
    selects(peer.pods, other.labels);
  return union(
    policies.flatMap((policy) =>
      (policy[direction] ?? []).flatMap((rule) =>
        rule.peers === undefined || rule.peers.some(admits) ? [portsOf(rule, receiver)] : [],
      ),
    ),
  );
}

/** Pods that are none of the overlay's, by the words of the policy that names them. */
function strangers(
  party: Member,
  direction: Direction,
  network: Network,
  own: ReadonlyMap<string, Labels>,
): Map<string, PortSet> {
  if (party.policies[direction].length === 0) return new Map([[EVERYBODY, EVERY_PORT]]);
  const found = new Map<string, PortSet>();
  for (const policy of party.policies[direction]) {
    const raw = network.policies.find(
      ({ namespace, name }) => namespace === policy.namespace && name === policy.name,
    );
    (policy[direction] ?? []).forEach((rule, i) => {
      const ports = portsOf(rule, direction === "ingress" ? party.ports : "any");
      const peers =
        direction === "ingress" ? raw?.spec.ingress?.[i]?.from : raw?.spec.egress?.[i]?.to;
      const names = peers?.length ? peers.flatMap((peer) => strangerIn(peer, own)) : [EVERYBODY];
      for (const name of names) found.set(name, union([found.get(name) ?? [], ports]));
    });
  }
  return found;
}

function strangerIn(peer: RawPeer, own: ReadonlyMap<string, Labels>): string[] {
  // A missing namespaceSelector means the policy's own namespace.
  if (peer.ipBlock || !peer.namespaceSelector) return [];
  const target = peer.namespaceSelector.matchLabels?.[NAME_LABEL];
  if (target !== undefined && own.has(target)) return [];
  const pods = describeSelector(peer.podSelector);
  const isPlain =
    target !== undefined &&
    Object.keys(peer.namespaceSelector.matchLabels ?? {}).length === 1 &&
    !peer.namespaceSelector.matchExpressions?.length;
  const where = isPlain
    ? target
    : `namespaces ${describeSelector(peer.namespaceSelector) || "of any name"}`;
  return [pods === "" ? `every pod in ${where}` : `pods ${pods} in ${where}`];
}

/** `labelled a=b, c in (d, e)`; empty for one that selects everything. */
function describeSelector(selector: RawSelector | null | undefined): string {
  const parts = compileSelector(selector).map(({ key, operator, values }) => {
    if (operator === "In" && values.length === 1) return `${key}=${values[0]}`;
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `no ${key}`;
    return `${key} ${operator === "In" ? "in" : "not in"} (${values.join(", ")})`;
  });
  return parts.length === 0 ? "" : `labelled ${parts.sort().join(", ")}`;
}

const pairs = (labels: Labels): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(", ");

function areasOf(party: Member, direction: Direction): Area[] {
  return party.policies[direction].flatMap((policy) =>
    (policy[direction] ?? []).flatMap((rule) => {
      const ports = portsOf(rule, direction === "ingress" ? party.ports : []);
      return (rule.peers ?? []).flatMap((peer) => {
        if (peer.kind !== "addresses" || ports.length === 0) return [];
        return { addresses: peer.addresses, ports, text: blockText(peer.text) };
      });
    }),
  );
}

/** The peer's own JSON, which it carries for messages, in words. */
function blockText(peer: string): string {
  const { ipBlock }: RawPeer = JSON.parse(peer);
  const except = ipBlock?.except ?? [];
  return `${ipBlock?.cidr ?? ""}${except.length > 0 ? ` except ${except.join(", ")}` : ""}`;
}

/** The union, disjoint. */
function union(sets: readonly PortSet[]): PortSet {
  const all: PortRange[] = [];
  for (const set of sets) all.push(...subtractPorts(set, all));
  return all;
}

/** In order, and neighbours joined. */
export function normal(set: PortSet): PortSet {
  const sorted = union(set.map((range) => [range])).toSorted((a, b) =>
    a.protocol === b.protocol ? a.first - b.first : a.protocol < b.protocol ? -1 : 1,
  );
  const joined: PortSet[number][] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && last.protocol === range.protocol && last.last + 1 === range.first) {
      joined[joined.length - 1] = { ...last, last: range.last };
    } else joined.push(range);
  }
  return joined;
}
