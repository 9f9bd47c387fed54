import { beforeAll, describe, expect, it } from "vitest";
import { type Network, networkOf } from "../../../../generator/manifests/network.ts";
import type {
  RawPeer,
  RawPolicy,
  RawPolicySpec,
  RawPort,
  RawSelector,
} from "../../../../generator/manifests/network-policy.ts";
import { proveTenant } from "../../../../generator/verify/reachability/prove.ts";
import { type RenderedTenant, renderedTenants } from "../rendered.ts";

/** A way to loosen or to tighten a policy: what was done, and the policy after it. */
type Mutant = readonly [string, RawPolicySpec];

function without<T>(list: readonly T[], index: number): T[] {
  return list.filter((_, i) => i !== index);
}

function replaced<T>(list: readonly T[], index: number, value: T): T[] {
  return list.map((each, i) => (i === index ? value : each));
}

function* selectors(what: string, selector: RawSelector): Generator<[string, RawSelector]> {
  const labels = Object.entries(selector.matchLabels ?? {});
  for (const [i, [key]] of labels.entries()) {
    yield [`${what} without ${key}`, { matchLabels: Object.fromEntries(without(labels, i)) }];
    yield [
      `${what} with any ${key}`,
      {
        matchLabels: Object.fromEntries(without(labels, i)),
        matchExpressions: [{ key, operator: "Exists" }],
      },
    ];
    yield [
      `${what} with another ${key}`,
      { matchLabels: { ...selector.matchLabels, [key]: "something-else" } },
    ];
  }
}

function* peers(what: string, peer: RawPeer): Generator<[string, RawPeer]> {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  if (podSelector) {
    for (const [name, changed] of selectors(`${what}: podSelector`, podSelector)) {
      yield [name, { ...peer, podSelector: changed }];
    }
    if (namespaceSelector) yield [`${what}: no podSelector`, { namespaceSelector }];
    else yield [`${what}: any namespace`, { podSelector, namespaceSelector: {} }];
  }
  if (namespaceSelector) {
    for (const [name, changed] of selectors(`${what}: namespaceSelector`, namespaceSelector)) {
      yield [name, { ...peer, namespaceSelector: changed }];
    }
    if (podSelector) yield [`${what}: no namespaceSelector`, { podSelector }];
  }
  if (ipBlock) {
    const { cidr, except } = ipBlock;
    const [address = "", length = ""] = cidr.split("/");
    if (cidr !== "0.0.0.0/0") {
      yield [`${what}: everywhere`, { ipBlock: { cidr: "0.0.0.0/0" } }];
      yield [`${what}: another address`, { ipBlock: { cidr: "192.0.2.99/32" } }];
    }
    if (Number(length) < 32) yield [`${what}: one address`, { ipBlock: { cidr: `${address}/32` } }];
    for (const [i, hole] of (except ?? []).entries()) {
      yield [
        `${what}: without except ${hole}`,
        { ipBlock: { cidr, except: without(except ?? [], i) } },
      ];
    }
  }
}

function* ports(what: string, port: RawPort): Generator<[string, RawPort]> {
  const { protocol, port: number, endPort } = port;
  const base = protocol ? { protocol } : {};
  yield [`${what}: every port`, base];
  yield [`${what}: another protocol`, { ...port, protocol: "SCTP" }];
  if (typeof number !== "number") return;
  const last = endPort ?? number;
  yield [`${what}: one port more`, { ...base, port: number, endPort: last + 1 }];
  yield [`${what}: one port lower`, { ...base, port: number - 1, endPort: last }];
  yield [`${what}: one port on`, { ...base, port: number + 1, ...(endPort ? { endPort } : {}) }];
  if (endPort) yield [`${what}: one port less`, { ...base, port: number, endPort: endPort - 1 }];
}

interface PlainRule {
  peers: RawPeer[] | null | undefined;
  ports: RawPort[] | null | undefined;
}

function* rules(what: string, list: readonly PlainRule[]): Generator<[string, PlainRule[]]> {
  for (const [i, rule] of list.entries()) {
    const name = `${what} ${i + 1}`;
    yield [`${name} removed`, without(list, i)];
    const change = (changed: Partial<PlainRule>) => replaced(list, i, { ...rule, ...changed });
    yield [`${name} for everybody`, change({ peers: undefined })];
    if (rule.ports) yield [`${name} on every port`, change({ ports: undefined })];
    for (const [j, peer] of (rule.peers ?? []).entries()) {
      const all = rule.peers ?? [];
      if (all.length > 1)
        yield [`${name} without peer ${j + 1}`, change({ peers: without(all, j) })];
      for (const [text, changed] of peers(`${name}, peer ${j + 1}`, peer)) {
        yield [text, change({ peers: replaced(all, j, changed) })];
      }
    }
    for (const [j, port] of (rule.ports ?? []).entries()) {
      const all = rule.ports ?? [];
      if (all.length > 1)
        yield [`${name} without port ${j + 1}`, change({ ports: without(all, j) })];
      for (const [text, changed] of ports(`${name}, port ${j + 1}`, port)) {
        yield [text, change({ ports: replaced(all, j, changed) })];
      }
    }
  }
}

function* mutants(spec: RawPolicySpec): Generator<Mutant> {
  const types = spec.policyTypes ?? [];
  for (const [i, type] of types.entries()) {
    yield [`without ${type} in policyTypes`, { ...spec, policyTypes: without(types, i) }];
  }
  for (const [name, podSelector] of selectors("podSelector", spec.podSelector ?? {})) {
    yield [name, { ...spec, podSelector }];
  }
  if (Object.keys(spec.podSelector ?? {}).length === 0) {
    yield [
      "only pods labelled app: web",
      { ...spec, podSelector: { matchLabels: { app: "web" } } },
    ];
  }
  const ingress = (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }));
  for (const [name, changed] of rules("ingress rule", ingress)) {
    yield [name, { ...spec, ingress: changed.map(({ peers, ports }) => ({ from: peers, ports })) }];
  }
  const egress = (spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
  for (const [name, changed] of rules("egress rule", egress)) {
    yield [name, { ...spec, egress: changed.map(({ peers, ports }) => ({ to: peers, ports })) }];
  }
  if (types.includes("Ingress")) {
    yield [
      "a further ingress rule for everybody",
      { ...spec, ingress: [...(spec.ingress ?? []), {}] },
    ];
  }
  if (types.includes("Egress")) {
    yield [
      "a further egress rule for everybody",
      { ...spec, egress: [...(spec.egress ?? []), {}] },
    ];
  }
}

/**
 * Why a mutant may stay green: it means the same. default-deny isolates both directions anyway, so a
 * policy that names one direction less, and has no rule there, or whose policyTypes become the API's
 * default, lets through exactly what it did.
 */
function isEquivalent(before: RawPolicySpec, name: string, after: RawPolicySpec): boolean {
  if (!/^without (?:Ingress|Egress) in policyTypes$/.test(name)) return false;
  const left = after.policyTypes ?? [];
  if (left.length === 0) return true;
  const gone = left.includes("Ingress") ? before.egress : before.ingress;
  return (gone ?? []).length === 0;
}

function withPolicies(network: Network, policies: readonly RawPolicy[]): Network {
  return { ...network, policies };
}

describe("each rule of the committed overlays, loosened or removed, turns the proof red", () => {
  let tenants: RenderedTenant[] = [];
  beforeAll(async () => {
    tenants = await renderedTenants();
  });

  it("and so does each policy that is taken away", () => {
    const survivors: string[] = [];
    let tried = 0;
    for (const { plan, objects } of tenants) {
      const network = networkOf(objects);
      for (const [i, { namespace, name }] of network.policies.entries()) {
        tried += 1;
        const findings = proveTenant(plan, withPolicies(network, without(network.policies, i)));
        if (findings.length === 0) survivors.push(`${namespace}/${name}`);
      }
    }
    expect(tried).toBeGreaterThan(60);
    expect(survivors).toEqual([]);
  });

  it("and only what means the same stays green", () => {
    const survivors: string[] = [];
    let tried = 0;
    for (const { plan, objects } of tenants) {
      const network = networkOf(objects);
      expect(proveTenant(plan, network)).toEqual([]);
      for (const [i, policy] of network.policies.entries()) {
        for (const [name, spec] of mutants(policy.spec)) {
          tried += 1;
          const mutated = replaced(network.policies, i, { ...policy, spec });
          if (proveTenant(plan, withPolicies(network, mutated)).length > 0) continue;
          if (policy.name !== "default-deny" && isEquivalent(policy.spec, name, spec)) continue;
          survivors.push(`${policy.namespace}/${policy.name}: ${name}`);
        }
      }
    }
    expect(tried).toBeGreaterThan(1_000);
    expect(survivors).toEqual([]);
  });
});
