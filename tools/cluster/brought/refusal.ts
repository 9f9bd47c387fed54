/** What is asked of a cluster that somebody brought, before anything in it is touched. */
export interface ClusterFacts {
  /** The kubeconfig's context, and the API server's host. */
  context: string;
  host: string;
  nodes: readonly { name: string; providerId: string; ageDays: number }[];
  namespaces: readonly string[];
  /** Argo CD's, in all namespaces. */
  applications: number;
  /** Pods outside the namespaces that a new cluster has. */
  workloads: number;
  /** Since `kube-system` was made. */
  ageDays: number;
}

/** kind, k3d and minikube come with these; anything else was put there by somebody. */
const OF_A_NEW_CLUSTER = [
  "default",
  "kube-system",
  "kube-public",
  "kube-node-lease",
  "local-path-storage",
];

/** Whether a namespace, and so the pods in it, belongs to a cluster that nobody uses yet. */
export function isOfNewCluster(namespace: string): boolean {
  return OF_A_NEW_CLUSTER.includes(namespace);
}

/** As a word of its own: `prod-eu`, `live.example`, not `product-test`. */
const PRODUCTION = /(^|[^a-z])(prod|prd|production|live|main|customer)([^a-z]|$)/i;

/** A cluster for tests is made for a run, or for a week of them, and is small. */
const OLDEST_DAYS = 7;
const MOST_NODES = 5;
const MOST_WORKLOADS = 0;

const LOOPBACK = ["127.0.0.1", "localhost", "::1", "[::1]", "0.0.0.0"];

/**
 * Why the suite does not touch this cluster; empty where it may. It puts tenants on it, has Argo CD
 * prune, takes admission policies away and cordons nodes, so doubt is a refusal. `--disposable` is the
 * user's word for a cluster that is not plainly a local one: it outweighs no other reason.
 */
export function refusals(facts: ClusterFacts, disposable: boolean): string[] {
  const reasons: string[] = [];
  for (const [what, name] of [
    ["context", facts.context],
    ["server", facts.host],
  ] as const) {
    if (PRODUCTION.test(name)) reasons.push(`the ${what} is called "${name}"`);
  }
  const tenants = facts.namespaces.filter((name) => name.startsWith("tenant-"));
  if (tenants.length > 0) reasons.push(`tenants are on it: ${tenants.slice(0, 3).join(", ")}`);
  const ours = facts.namespaces.filter(
    (name) => name === "argocd" || name.startsWith("neurallog-"),
  );
  if (ours.length > 0) reasons.push(`it is in use: ${ours.join(", ")}`);
  if (facts.applications > 0)
    reasons.push(`Argo CD syncs ${facts.applications} Applications there`);
  if (facts.workloads > MOST_WORKLOADS) {
    const others = facts.namespaces.filter((name) => !isOfNewCluster(name));
    reasons.push(`${facts.workloads} pods run in it beside its own (${others.join(", ")})`);
  }
  if (facts.nodes.length > MOST_NODES) reasons.push(`it has ${facts.nodes.length} nodes`);
  const oldest = Math.max(facts.ageDays, ...facts.nodes.map(({ ageDays }) => ageDays));
  if (oldest > OLDEST_DAYS) reasons.push(`it is ${Math.floor(oldest)} days old`);
  if (reasons.length === 0 && !disposable && !isLocal(facts)) {
    reasons.push("it is no kind cluster on this machine; --disposable says that it may be ruined");
  }
  return reasons;
}

function isLocal({ host, nodes }: ClusterFacts): boolean {
  const isKind =
    nodes.length > 0 && nodes.every(({ providerId }) => providerId.startsWith("kind://"));
  return LOOPBACK.includes(host) && isKind;
}
