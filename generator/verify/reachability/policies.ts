import type { RawPeer, RawPolicy, RawPort } from "../../manifests/network-policy.ts";
import { type AddressSet, blockOf } from "./addresses.ts";
import { EVERY_PORT, everyPortOf, type PortSet, type Protocol } from "./ports.ts";
import { compileSelector, type Selector } from "./selectors.ts";

/** A NetworkPolicy with the API's defaults applied. */
export interface Policy {
  readonly namespace: string;
  readonly name: string;
  /** The pods that it isolates. */
  readonly subject: Selector;
  /** Undefined where the policy does not isolate that direction; empty where it admits nothing. */
  readonly ingress: readonly Rule[] | undefined;
  readonly egress: readonly Rule[] | undefined;
}

export type Direction = "ingress" | "egress";
export const DIRECTIONS: readonly Direction[] = ["ingress", "egress"];

export interface Rule {
  /** Undefined means everybody. */
  readonly peers: readonly Peer[] | undefined;
  /** Undefined means every port. */
  readonly ports: readonly RulePort[] | undefined;
}

export type Peer =
  | {
      readonly kind: "pods";
      /** Undefined means the policy's own namespace. */
      readonly namespaces: Selector | undefined;
      readonly pods: Selector;
      readonly text: string;
    }
  | { readonly kind: "addresses"; readonly addresses: AddressSet; readonly text: string };

export interface RulePort {
  readonly protocol: Protocol;
  /** A name is looked up on the pod that receives; undefined is every port of the protocol. */
  readonly port: number | string | undefined;
  readonly last: number | undefined;
}

/** Throws RangeError for an ipBlock that is none. */
export function compilePolicy({ namespace, name, spec }: RawPolicy): Policy {
  const named = spec.policyTypes ?? [];
  // Without policyTypes a policy isolates ingress always, and egress only where it has an egress rule.
  const isolates = (type: "Ingress" | "Egress") =>
    named.length > 0
      ? named.includes(type)
      : type === "Ingress" || (spec.egress !== null && (spec.egress?.length ?? 0) > 0);
  return {
    namespace,
    name,
    subject: compileSelector(spec.podSelector),
    ingress: isolates("Ingress")
      ? (spec.ingress ?? []).map(({ from, ports }) => compileRule(from, ports))
      : undefined,
    egress: isolates("Egress")
      ? (spec.egress ?? []).map(({ to, ports }) => compileRule(to, ports))
      : undefined,
  };
}

function compileRule(
  peers: readonly RawPeer[] | null | undefined,
  ports: readonly RawPort[] | null | undefined,
): Rule {
  // An empty list means the same as a missing one: everybody, every port.
  return {
    peers: peers?.length ? peers.map(compilePeer) : undefined,
    ports: ports?.length ? ports.map(compilePort) : undefined,
  };
}

function compilePeer(raw: RawPeer): Peer {
  const text = JSON.stringify(raw);
  if (raw.ipBlock) {
    const { cidr, except } = raw.ipBlock;
    return { kind: "addresses", addresses: blockOf(cidr, except ?? []), text };
  }
  return {
    kind: "pods",
    // {} selects every namespace; only a missing selector means the policy's own.
    namespaces: raw.namespaceSelector ? compileSelector(raw.namespaceSelector) : undefined,
    pods: compileSelector(raw.podSelector),
    text,
  };
}

function compilePort({ protocol, port, endPort }: RawPort): RulePort {
  return { protocol: protocol ?? "TCP", port: port ?? undefined, last: endPort ?? undefined };
}

/** Directions in which no policy of a namespace cuts off every pod: one that selects them all and admits nothing. */
export function openDirections(policies: readonly Policy[], namespace: string): Direction[] {
  return DIRECTIONS.filter(
    (direction) =>
      !policies.some(
        (policy) =>
          policy.namespace === namespace &&
          policy.subject.length === 0 &&
          policy[direction]?.length === 0,
      ),
  );
}

/** A container port that has a name. */
export interface NamedPort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** What names mean on the receiving side: its named ports; `any` where somebody may choose them; none on addresses. */
export type NamedPorts = readonly NamedPort[] | "any";

export function portsOf(rule: Rule, receiver: NamedPorts): PortSet {
  if (rule.ports === undefined) return EVERY_PORT;
  return rule.ports.flatMap(({ protocol, port, last }): PortSet => {
    if (port === undefined) return [everyPortOf(protocol)];
    if (typeof port === "number") return [{ protocol, first: port, last: last ?? port }];
    if (receiver === "any") return [everyPortOf(protocol)];
    return receiver
      .filter((named) => named.name === port && named.protocol === protocol)
      .map((named) => ({ protocol, first: named.port, last: named.port }));
  });
}
