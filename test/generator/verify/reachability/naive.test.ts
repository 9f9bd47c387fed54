import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RawPolicy } from "../../../../generator/manifests/network-policy.ts";
import { describeAddress } from "../../../../generator/verify/reachability/addresses.ts";
import { type End, flowsOf } from "../../../../generator/verify/reachability/flows.ts";
import { openingsOf } from "../../../../generator/verify/reachability/openings.ts";
import { worldOf } from "../../../../generator/verify/reachability/parties.ts";
import {
  compilePolicy,
  type Direction,
  DIRECTIONS,
} from "../../../../generator/verify/reachability/policies.ts";
import { proveTenant } from "../../../../generator/verify/reachability/prove.ts";
import { witness } from "../../../../generator/verify/reachability/selectors.ts";
import {
  APP,
  CONTROLLER,
  DNS,
  MONITORING,
  NAME,
  networkOfTenant,
  planOf,
  policiesOf,
  TENANT,
} from "./fixture.ts";
import {
  inside,
  naiveAllows,
  type NaiveEnd,
  naiveFlow,
  type NaivePod,
} from "../../../../bench/support/naive.ts";
import { namespaceLabels, podLabels, policies } from "./random.ts";

const RUNS = 500;
const plan = planOf("acme");
const flows = flowsOf(plan);
const PROTOCOLS = ["TCP", "UDP", "SCTP"];
const PORTS = [1, 53, 60, 443, 6379, 8080, 9121, 9464, 65_535];

const chosenPorts = [
  { name: "http", protocol: "TCP", port: 8080 },
  { name: "redis", protocol: "TCP", port: 443 },
];

function renderedPods(id: string): NaivePod[] {
  return networkOfTenant(id).pods.map(({ namespace, labels, ports }) => ({
    namespace,
    labels,
    ports,
  }));
}

/** Two tenants and the cluster's own pods, with labels that owners chose. */
function concrete(
  own: readonly RawPolicy[],
  globexLabels: Record<string, string>,
  labels: readonly Record<string, string>[],
) {
  const namespaces = new Map<string, Record<string, string>>();
  for (const id of ["acme", "globex"]) {
    for (const { name, labels: given } of networkOfTenant(id).namespaces) {
      namespaces.set(name, { ...(id === "globex" ? globexLabels : {}), ...given, [NAME]: name });
    }
  }
  const systems = [DNS, CONTROLLER, MONITORING];
  for (const { namespace } of systems) namespaces.set(namespace, { [NAME]: namespace });
  namespaces.set("elsewhere", { [NAME]: "elsewhere" });
  const owned = ["tenant-acme-org-web", "tenant-globex-org-web", "elsewhere", "kube-system"];
  const pods: NaivePod[] = [
    ...renderedPods("acme"),
    ...renderedPods("globex"),
    ...systems.map((system) => ({
      namespace: system.namespace,
      labels: system.podLabels,
      ports: [],
    })),
    ...owned.flatMap((namespace) =>
      labels.map((each) => ({ namespace, labels: each, ports: chosenPorts })),
    ),
  ];
  return { world: { namespaces, policies: [...own, ...policiesOf("globex")] }, pods };
}

const ADDRESSES = [
  "10.42.0.1",
  "10.43.127.255",
  "10.43.128.0",
  "192.168.1.127",
  "192.168.1.128",
  "169.254.20.10",
  "169.254.20.11",
  "203.0.113.127",
  "203.0.113.128",
  "8.8.8.8",
  "2001:db8::1",
  "2a00::1",
  "fd00:244::7",
];

function asked(
  direction: Direction,
  subject: NaivePod,
  other: NaiveEnd,
  protocol: string,
  port: number,
) {
  const isEnd = (end: End, each: NaiveEnd): boolean => {
    if (end.kind === "addresses") return "address" in each && inside(end.text, each.address);
    if (!("pod" in each) || end.namespace !== each.pod.namespace) return false;
    return Object.entries(end.labels).every(([key, value]) => each.pod.labels[key] === value);
  };
  const [from, to] =
    direction === "ingress" ? [other, { pod: subject }] : [{ pod: subject }, other];
  return flows.some(
    (flow) =>
      isEnd(flow.from, from) &&
      isEnd(flow.to, to) &&
      flow.ports.some(
        (range) => range.protocol === protocol && range.first <= port && port <= range.last,
      ),
  );
}

describe("the proof and a naive model that tries every pair", () => {
  it("agree: what is proven closed lets through nothing but the record's flows", () => {
    let proven = 0;
    fc.assert(
      fc.property(
        policies,
        namespaceLabels,
        fc.array(podLabels, { minLength: 1, maxLength: 2 }),
        (own, globexLabels, labels) => {
          const network = { ...networkOfTenant("acme"), policies: own };
          const findings = proveTenant(plan, network).map(({ code }) => code);
          if (findings.some((code) => code !== "reach-missing")) return;
          proven += 1;
          const { world, pods } = concrete(own, globexLabels, labels);
          for (const subject of pods.filter(({ namespace }) =>
            namespace.startsWith("tenant-acme"),
          )) {
            for (const direction of DIRECTIONS) {
              const others: NaiveEnd[] = [
                ...pods.filter((each) => each !== subject).map((pod) => ({ pod })),
                ...ADDRESSES.map((address) => ({ address })),
              ];
              for (const other of others) {
                for (const protocol of PROTOCOLS) {
                  for (const port of PORTS) {
                    if (!naiveAllows(world, direction, subject, other, protocol, port)) continue;
                    const because = { direction, subject, other, protocol, port };
                    expect(asked(direction, subject, other, protocol, port) || because).toBe(true);
                  }
                }
              }
            }
          }
        },
      ),
      { numRuns: RUNS },
    );
    // Otherwise the property would hold because nothing is ever proven.
    expect(proven).toBeGreaterThan(RUNS / 20);
  });

  it("agree: each opening is real, shown by a pod and a namespace that the policy lets through", () => {
    let shown = 0;
    fc.assert(
      fc.property(policies, (own) => {
        const network = { ...networkOfTenant("acme"), policies: own };
        const world = worldOf(plan, network);
        for (const place of world.slice(0, plan.namespaces.length)) {
          const here = own.filter(({ namespace }) => namespace === place.name).map(compilePolicy);
          for (const direction of DIRECTIONS) {
            for (const opening of openingsOf(plan, place, world, here, flows, direction)) {
              const labels = witness(opening.policy.subject, opening.subject.labels);
              const [range] = opening.ports;
              if (labels === undefined || range === undefined) throw new Error("an empty opening");
              const named = (ports: typeof opening.subject.ports) =>
                ports === "any"
                  ? ["http", "redis"].map((name) => ({
                      name,
                      protocol: range.protocol,
                      port: range.first,
                    }))
                  : ports;
              const subject: NaivePod = {
                namespace: place.name ?? "",
                labels,
                ports: named(opening.subject.ports),
              };
              const namespaces = new Map(
                network.namespaces.map((each) => [
                  each.name,
                  { ...each.labels, [NAME]: each.name },
                ]),
              );
              let other: NaiveEnd;
              if ("addresses" in opening.to) {
                const [first] = opening.to.addresses;
                if (first === undefined) throw new Error("an empty range");
                other = { address: describeAddress(first.first, first.family) };
              } else {
                const { namespace, pod } = opening.to.example;
                const name = namespace[NAME] ?? "";
                namespaces.set(name, { ...namespace, [NAME]: name });
                const party = world
                  .flatMap(({ parties }) => parties)
                  .find(({ words }) => "words" in opening.to && words === opening.to.words);
                other = { pod: { namespace: name, labels: pod, ports: named(party?.ports ?? []) } };
              }
              const allowed = naiveAllows(
                { namespaces, policies: own },
                direction,
                subject,
                other,
                range.protocol,
                range.first,
              );
              shown += 1;
              expect(allowed || { opening, subject, other }).toBe(true);
            }
          }
        }
      }),
      { numRuns: RUNS },
    );
    expect(shown).toBeGreaterThan(RUNS);
  });

  it("agree: where nothing is reported missing, every flow of the record gets through", () => {
    fc.assert(
      fc.property(policies, fc.array(podLabels, { minLength: 1, maxLength: 2 }), (own, labels) => {
        const network = { ...networkOfTenant("acme"), policies: own };
        const findings: string[] = proveTenant(plan, network).map(({ code }) => code);
        // Only where some policy isolates every pod do further ones nothing but add.
        if (findings.some((code) => /^reach-(?:missing|not-isolated)$/.test(code))) return;
        const { world, pods } = concrete(own, {}, labels);
        const isEnd = (end: End, pod: NaivePod) =>
          end.kind === "pods" &&
          end.namespace === pod.namespace &&
          Object.entries(end.labels).every(([key, value]) => pod.labels[key] === value);
        for (const flow of flows) {
          for (const from of pods.filter((pod) => isEnd(flow.from, pod))) {
            for (const to of pods.filter((pod) => isEnd(flow.to, pod))) {
              for (const { protocol, first, last } of flow.ports) {
                for (const port of [first, last]) {
                  const through = naiveFlow(world, from, to, protocol, port);
                  expect(through || { from, to, protocol, port, why: flow.why }).toBe(true);
                }
              }
            }
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("agree that two correct tenants have no path, whatever labels their owners choose", () => {
    fc.assert(
      fc.property(fc.array(podLabels, { minLength: 1, maxLength: 3 }), (labels) => {
        const { world, pods } = concrete(policiesOf("acme"), {}, labels);
        const tenantOf = (pod: NaivePod) => world.namespaces.get(pod.namespace)?.[TENANT];
        for (const from of pods) {
          for (const to of pods) {
            const [a, b] = [tenantOf(from), tenantOf(to)];
            const toRedis = to.labels[APP] === "redis" && to.namespace === "tenant-acme";
            const stranger = toRedis && from.namespace !== "tenant-acme";
            if ((a === undefined || b === undefined || a === b) && !stranger) continue;
            for (const port of stranger ? [6379] : PORTS) {
              expect(naiveFlow(world, from, to, "TCP", port)).toBe(false);
            }
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
