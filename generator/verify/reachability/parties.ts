import type { Network } from "../../manifests/network.ts";
import type { Plan, PodsPlan } from "../../plan/plan.ts";
import { APP } from "./flows.ts";
import type { NamedPorts } from "./policies.ts";
import {
  anyLabels,
  anyValueBut,
  type Domain,
  exactly,
  type Labels,
  type LabelSpace,
  oneOf,
} from "./selectors.ts";

/** The label that the API server itself sets on every namespace, which nobody can forge. */
export const NAME_LABEL = "kubernetes.io/metadata.name";
/** The labels that only the generator sets: admission keeps tenants from writing them. */
export const TENANT_LABEL = "neurallog.dev/tenant";
export const ROLE_LABEL = "neurallog.dev/role";
const ORGANIZATION_LABEL = "neurallog.dev/organization";

/**
 * Pods that no policy can tell apart, or whose labels somebody else chooses. A tenant's world is a
 * handful of them: its own pods, the cluster's own, and one party that stands for every pod of every
 * other tenant, present or future. That party is why no pair of tenants has to be compared.
 */
export interface Party {
  readonly words: string;
  readonly kind: "own" | "tenant" | "system";
  /** Whether its owner gives these pods their labels, and so has those of any other. */
  readonly chosen?: true;
  readonly labels: LabelSpace;
  readonly ports: NamedPorts;
}

export interface Place {
  /** Undefined where it stands for many namespaces. */
  readonly name: string | undefined;
  readonly labels: LabelSpace;
  readonly parties: readonly Party[];
}

/** Every place that a tenant's policies could name; its own namespaces first. */
export function worldOf(plan: Plan, network: Network): Place[] {
  const own = plan.namespaces.map(({ name, role, rules }): Place => {
    const rendered = network.namespaces.find((namespace) => namespace.name === name);
    return {
      name,
      labels: exactly({ ...rendered?.labels, [NAME_LABEL]: name }),
      parties: [
        ...network.pods.filter(({ namespace }) => namespace === name).map(toParty),
        ...plain(name, [{}, ...rules.map(({ podLabels }) => podLabels)]),
        ...unknown(
          name,
          role === "organization" ? rules.map(({ podLabels }) => podLabels) : apps(network, name),
        ),
        ...(role === "organization" ? [chosen(name)] : []),
      ],
    };
  });
  const { dns, exposure, monitoring } = plan.cluster;
  const database = plan.archive?.database;
  const archives =
    database?.mode === "external" && database.peer.kind === "pods" ? [database.peer] : [];
  const known = [dns.resolver, exposure.controller, monitoring, ...archives];
  const shared = plan.namespaces.flatMap(({ rules }) =>
    rules.flatMap(({ peers }) =>
      peers.flatMap((peer) => (peer.kind === "namespace" ? peer.namespace : [])),
    ),
  );
  const ownNames = new Set(plan.namespaces.map(({ name }) => name));
  const systems = new Set(
    [...known.map(({ namespace }) => namespace), "kube-system", ...shared].filter(
      (name) => !ownNames.has(name) && !isTenants(name),
    ),
  );
  return [
    ...own,
    ...[...systems].map((name) => systemPlace(name, known)),
    elsewhere(systems),
    otherTenants(plan.id, ownNames),
  ];
}

function isTenants(namespace: string): boolean {
  return namespace.startsWith("tenant-");
}

function toParty(pod: Network["pods"][number]): Party {
  return {
    words: `${pod.owner} in ${pod.namespace}`,
    kind: "own",
    labels: exactly(pod.labels),
    ports: pod.ports.flatMap(({ name, ...port }) => (name === null ? [] : { name, ...port })),
  };
}

/** Pods that nobody rendered: one without labels, and one for the labels of each custom rule. */
function plain(namespace: string, labels: readonly Labels[]): Party[] {
  const texts = new Map(labels.map((each) => [JSON.stringify(each), each]));
  return [...texts].map(([text, each]) => ({
    words: `a pod ${text === "{}" ? "without labels" : `labelled ${text}`} in ${namespace}`,
    kind: "own",
    labels: exactly(each),
    ports: "any",
  }));
}

/** Pods with labels that neither a rendered pod nor a custom rule has: what is for those is not for these. */
function unknown(namespace: string, sets: readonly Labels[]): Party[] {
  const keys = new Map<string, string[]>();
  for (const set of sets) {
    for (const [key, value] of Object.entries(set)) {
      keys.set(key, [...(keys.get(key) ?? []), value]);
    }
  }
  if (keys.size === 0) return [];
  const domains = [...keys].map(([key, values]): [string, Domain] => [
    key,
    anyValueBut((each) => values.includes(each), true),
  ]);
  const words = `another pod in ${namespace}`;
  return [{ words, kind: "own", labels: anyLabels(domains), ports: "any" }];
}

function apps({ pods }: Network, name: string): Labels[] {
  return pods.flatMap(({ namespace, labels }) => {
    const app = labels[APP];
    return namespace === name && app !== undefined ? [{ [APP]: app }] : [];
  });
}

/** An organization's owners create pods there, with labels and named ports as they like. */
function chosen(namespace: string): Party {
  return {
    words: `a pod with labels of its owner's choice in ${namespace}`,
    kind: "own",
    chosen: true,
    labels: anyLabels(),
    ports: "any",
  };
}

function systemPlace(name: string, known: readonly PodsPlan[]): Place {
  const here = known.filter(({ namespace }) => namespace === name);
  return {
    name,
    labels: { fixed: { [NAME_LABEL]: name }, domains: new Map(PROTECTED_ABSENT), open: true },
    parties: [
      ...here.map(({ podLabels }): Party => ({
        kind: "system",
        ports: "any",
        words: `pods labelled ${JSON.stringify(podLabels)} in ${name}`,
        labels: { fixed: podLabels, domains: new Map(), open: true },
      })),
      ...othersThan(here.map(({ podLabels }) => podLabels)).map((labels): Party => ({
        kind: "system",
        ports: "any",
        words: `other pods in ${name}`,
        labels,
      })),
    ],
  };
}

/** Label spaces that together hold every pod which has none of these label sets: each set is missed in one key. */
function othersThan(sets: readonly Labels[]): LabelSpace[] {
  let choices: Map<string, string[]>[] = [new Map()];
  for (const set of sets) {
    choices = choices.flatMap((choice) =>
      Object.entries(set).map(([key, value]) =>
        new Map(choice).set(key, [...(choice.get(key) ?? []), value]),
      ),
    );
  }
  return choices.map((choice) =>
    anyLabels(
      [...choice].map(([key, values]) => [key, anyValueBut((each) => values.includes(each), true)]),
    ),
  );
}

const NEVER: Domain = { absent: true, accepts: () => false, other: () => undefined };
const PROTECTED_ABSENT = [TENANT_LABEL, ROLE_LABEL, ORGANIZATION_LABEL].map(
  (key) => [key, NEVER] as const,
);

function namesOf(prefix: string, fits: (name: string) => boolean): Domain {
  return {
    absent: false,
    accepts: fits,
    other: (avoid) => {
      for (let i = 0; ; i++) {
        const name = `${prefix}-${i}`;
        if (fits(name) && !avoid.includes(name)) return name;
      }
    },
  };
}

function elsewhere(systems: ReadonlySet<string>): Place {
  const name = namesOf("some-namespace", (each) => !isTenants(each) && !systems.has(each));
  return {
    name: undefined,
    labels: anyLabels([[NAME_LABEL, name], ...PROTECTED_ABSENT]),
    parties: [
      {
        words: "pods in any namespace of the cluster that is no tenant's",
        kind: "system",
        labels: anyLabels(),
        ports: "any",
      },
    ],
  };
}

function otherTenants(id: string, own: ReadonlySet<string>): Place {
  const name = namesOf("tenant-another", (each) => isTenants(each) && !own.has(each));
  return {
    name: undefined,
    // What a record's own labels say, every other tenant may say too; so all other keys are open.
    labels: anyLabels([
      [NAME_LABEL, name],
      [TENANT_LABEL, anyValueBut((each) => each === id, false)],
      [ROLE_LABEL, oneOf(["root", "organization", "mcp"], false)],
    ]),
    parties: [
      { words: "pods of other tenants", kind: "tenant", labels: anyLabels(), ports: "any" },
    ],
  };
}
