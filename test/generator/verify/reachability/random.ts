import fc from "fast-check";
import type {
  RawPeer,
  RawPolicy,
  RawPolicySpec,
  RawPort,
  RawSelector,
} from "../../../../generator/manifests/network-policy.ts";
import { APP, NAME, policiesOf, TENANT } from "./fixture.ts";

/** Policies from a vocabulary so small that they hit each other's labels, addresses and ports. */

const namespaces = ["tenant-acme", "tenant-acme-org-web", "tenant-acme-org-web-mcp"];

const values: Record<string, string[]> = {
  [NAME]: [...namespaces, "tenant-globex", "tenant-globex-org-web", "kube-system", "elsewhere"],
  [TENANT]: ["acme", "globex"],
  "neurallog.dev/role": ["root", "organization"],
  team: ["shop", "bank"],
};
const podValues: Record<string, string[]> = {
  [APP]: ["log-service", "redis", "mcp"],
  "k8s-app": ["kube-dns"],
  app: ["envoy", "prometheus"],
};

function selector(vocabulary: Record<string, string[]>): fc.Arbitrary<RawSelector> {
  const pair = fc
    .constantFrom(...Object.keys(vocabulary))
    .chain((key) =>
      fc
        .subarray([...(vocabulary[key] ?? [])], { minLength: 1 })
        .map((chosen): [string, string[]] => [key, chosen]),
    );
  const labels = fc
    .array(pair, { maxLength: 2 })
    .map((pairs) => Object.fromEntries(pairs.map(([key, [value = ""]]) => [key, value])));
  const expression = fc
    .tuple(pair, fc.constantFrom("In", "NotIn", "Exists", "DoesNotExist"))
    .map(([[key, chosen], operator]) =>
      operator === "In" || operator === "NotIn"
        ? { key, operator, values: chosen }
        : { key, operator, values: null },
    );
  return fc.record({
    matchLabels: fc.option(labels),
    matchExpressions: fc.option(fc.array(expression, { maxLength: 2 })),
  });
}

const selectorPeer = fc
  .record({
    podSelector: fc.option(selector(podValues)),
    namespaceSelector: fc.option(selector(values)),
  })
  .filter(({ podSelector, namespaceSelector }) => (podSelector ?? namespaceSelector) !== null)
  .map((each): RawPeer => each);

const blocks: NonNullable<RawPeer["ipBlock"]>[] = [
  { cidr: "0.0.0.0/0", except: ["10.0.0.0/8", "192.168.0.0/16", "169.254.0.0/16"] },
  { cidr: "0.0.0.0/0", except: ["10.42.0.0/16", "192.168.1.128/25"] },
  { cidr: "10.43.0.0/17" },
  { cidr: "169.254.20.8/29" },
  { cidr: "169.254.20.10/32" },
  { cidr: "203.0.113.0/24", except: ["203.0.113.128/25"] },
  { cidr: "2001:db8::/32" },
  { cidr: "::/0" },
];
const blockPeer = fc.constantFrom(...blocks).map((ipBlock): RawPeer => ({ ipBlock }));

const peer: fc.Arbitrary<RawPeer> = fc.oneof(
  { weight: 3, arbitrary: selectorPeer },
  { weight: 1, arbitrary: blockPeer },
);

const port: fc.Arbitrary<RawPort> = fc.oneof(
  fc.record({
    protocol: fc.constantFrom("TCP", "UDP", "SCTP", null),
    port: fc.constantFrom(53, 6379, 8080, "http", "redis", null),
  }),
  fc.constantFrom(
    { port: 53, endPort: 60 },
    { port: 6000, endPort: 9000 },
    { port: 1, endPort: 52 },
  ),
);

const peers = fc.option(fc.array(peer, { maxLength: 2 }));
const ports = fc.option(fc.array(port, { maxLength: 2 }));

const spec: fc.Arbitrary<RawPolicySpec> = fc.record({
  podSelector: fc.oneof(fc.constant({}), selector(podValues)),
  policyTypes: fc.option(fc.subarray(["Ingress", "Egress"] as ("Ingress" | "Egress")[])),
  ingress: fc.option(fc.array(fc.record({ from: peers, ports }), { maxLength: 2 })),
  egress: fc.option(fc.array(fc.record({ to: peers, ports }), { maxLength: 2 })),
});

/** Policies of the tenant acme: the correct ones, less some, and a few at random. */
export const policies: fc.Arbitrary<RawPolicy[]> = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant(policiesOf("acme")) },
      { weight: 1, arbitrary: fc.subarray(policiesOf("acme")) },
    ),
    fc.array(fc.record({ namespace: fc.constantFrom(...namespaces), spec }), { maxLength: 3 }),
  )
  .map(([correct, extra]) => [
    ...correct,
    ...extra.map((each, i) => ({ ...each, name: `random-${i}` })),
  ]);

/** Labels for a pod whose owner chooses them. */
export const podLabels = fc
  .array(
    fc
      .constantFrom(...Object.keys(podValues))
      .chain((key) =>
        fc.constantFrom(...(podValues[key] ?? []), "other").map((value) => [key, value]),
      ),
    { maxLength: 3 },
  )
  .map((pairs): Record<string, string> => Object.fromEntries(pairs));

export const namespaceLabels = fc
  .option(fc.constantFrom("shop", "bank", "other"))
  .map((team): Record<string, string> => (team === null ? {} : { team }));
