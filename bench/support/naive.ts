import type {
  RawPeer,
  RawPolicy,
  RawPort,
  RawSelector,
} from "../../generator/manifests/network-policy.ts";

/**
 * The NetworkPolicy API word by word, one pair of concrete ends and one port at a time. It shares no
 * code with the proof, which is tested against it, and nothing in it is fast: it is also the baseline.
 */

export interface NaivePod {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly { name: string | null; protocol: string; port: number }[];
}

export type NaiveEnd = { readonly pod: NaivePod } | { readonly address: string };

export interface NaiveWorld {
  /** Labels of each namespace, the API server's own included. */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly policies: readonly RawPolicy[];
}

export function naiveFlow(
  world: NaiveWorld,
  from: NaivePod,
  to: NaivePod,
  protocol: string,
  port: number,
): boolean {
  return (
    naiveAllows(world, "egress", from, { pod: to }, protocol, port) &&
    naiveAllows(world, "ingress", to, { pod: from }, protocol, port)
  );
}

export function naiveAllows(
  world: NaiveWorld,
  direction: "ingress" | "egress",
  subject: NaivePod,
  other: NaiveEnd,
  protocol: string,
  port: number,
): boolean {
  let isolated = false;
  for (const { namespace, spec } of world.policies) {
    if (namespace !== subject.namespace) continue;
    if (!selected(spec.podSelector ?? {}, subject.labels)) continue;
    let types = spec.policyTypes ?? [];
    if (types.length === 0) {
      types = (spec.egress ?? []).length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
    }
    if (!types.includes(direction === "ingress" ? "Ingress" : "Egress")) continue;
    isolated = true;
    const rules =
      direction === "ingress"
        ? (spec.ingress ?? []).map((rule) => ({ peers: rule.from ?? [], ports: rule.ports ?? [] }))
        : (spec.egress ?? []).map((rule) => ({ peers: rule.to ?? [], ports: rule.ports ?? [] }));
    const receiver = direction === "ingress" ? subject : "pod" in other ? other.pod : undefined;
    for (const rule of rules) {
      const peerFits =
        rule.peers.length === 0 || rule.peers.some((peer) => fits(world, namespace, peer, other));
      const portFits =
        rule.ports.length === 0 ||
        rule.ports.some((each) => portOpen(each, receiver, protocol, port));
      if (peerFits && portFits) return true;
    }
  }
  return !isolated;
}

function fits(world: NaiveWorld, namespace: string, peer: RawPeer, other: NaiveEnd): boolean {
  if (peer.ipBlock) {
    if ("pod" in other) return false;
    const { cidr, except } = peer.ipBlock;
    return (
      inside(cidr, other.address) && !(except ?? []).some((hole) => inside(hole, other.address))
    );
  }
  if (!("pod" in other)) return false;
  const labels = world.namespaces.get(other.pod.namespace) ?? {};
  const namespaceFits = peer.namespaceSelector
    ? selected(peer.namespaceSelector, labels)
    : other.pod.namespace === namespace;
  return namespaceFits && selected(peer.podSelector ?? {}, other.pod.labels);
}

function portOpen(
  each: RawPort,
  receiver: NaivePod | undefined,
  protocol: string,
  port: number,
): boolean {
  if ((each.protocol ?? "TCP") !== protocol) return false;
  if (each.port === undefined || each.port === null) return true;
  if (typeof each.port === "number")
    return each.port <= port && port <= (each.endPort ?? each.port);
  return (
    receiver?.ports.some(
      (named) => named.name === each.port && named.protocol === protocol && named.port === port,
    ) ?? false
  );
}

function selected(selector: RawSelector, labels: Readonly<Record<string, string>>): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labels[key] !== value) return false;
  }
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const value = labels[key];
    const listed = value !== undefined && (values ?? []).includes(value);
    if (operator === "In" && !listed) return false;
    if (operator === "NotIn" && listed) return false;
    if (operator === "Exists" && value === undefined) return false;
    if (operator === "DoesNotExist" && value !== undefined) return false;
  }
  return true;
}

/** IPv4 and full IPv6 spellings, compared bit by bit. */
export function inside(cidr: string, address: string): boolean {
  const [network = "", length = "0"] = cidr.split("/");
  const a = bits(network);
  const b = bits(address);
  return a.length === b.length && a.slice(0, Number(length)) === b.slice(0, Number(length));
}

function bits(address: string): string {
  if (address.includes(".")) {
    return address
      .split(".")
      .map((part) => Number(part).toString(2).padStart(8, "0"))
      .join("");
  }
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array<string>(8 - left.length - right.length).fill("0");
  return [...left, ...(tail === undefined ? [] : zeros), ...right]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0"))
    .join("");
}
