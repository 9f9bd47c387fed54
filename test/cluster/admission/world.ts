import { expectOk, textAt, type Api, type Manifest } from "../support/api.ts";
import { clearTenants, dropTenants } from "../support/argo.ts";
import { eventually } from "../support/eventually.ts";
import { tenantObjects } from "../support/overlays.ts";
import { installPlatform } from "../support/platform.ts";
import { liveRepository } from "../support/repository.ts";
import { actors } from "./actors.ts";
import {
  APPROVAL,
  APPROVED,
  APPROVED_ROOT,
  BARE,
  ENDING,
  MISTAKEN,
  OFFBOARDED,
  RBAC,
  REMOVED,
  ROOT,
  TENANT,
  WEB,
} from "./names.ts";
import { goodPod, organizationNamespace, ref } from "./objects.ts";

/** What a record of each cluster has besides. */
const MORE: Readonly<Record<string, (id: string) => string>> = {
  home: (id) => `logService: { hosts: [${id}.logs.home.example, shop.logs.home.example] }`,
  cloud: (id) =>
    `redis: { mode: external, external: { host: ${id}.example, port: 6379, cidr: ${id === TENANT ? "10.32.0.0/28" : "10.32.1.0/28"}, secret: { name: managed-redis } } }
logService: { hosts: [${id}.logs.cloud.example, ${id}.example] }`,
};

const record = (id: string, cluster: string): string => `id: ${id}
displayName: ${id}
owner: { contact: ${id}@example.com, group: ${id}-owners }
cluster: ${cluster}
tier: small
organizations:
  - { id: web, mcp: true }
access: { keys: [{ name: app, role: writer }] }
${id === TENANT ? (MORE[cluster]?.(id) ?? "") : cluster === "cloud" ? (MORE[cluster]?.(id) ?? "").replace(/logService.*/, "") : ""}
`;

/** Two tenants as the generator renders them, applied by Argo CD's user, and what the attacks need beside them. */
export async function makeWorld(api: Api, cluster: string): Promise<void> {
  await clearTenants(api);
  await installPlatform(api, cluster);
  const who = actors(api);
  for (const each of rights) await put(api, each);
  using repository = liveRepository({
    tenants: { [TENANT]: record(TENANT, cluster), [APPROVED]: record(APPROVED, cluster) },
  });
  repository.generate();
  for (const id of [TENANT, APPROVED]) {
    const objects = await tenantObjects(cluster, id, repository.root);
    const isNamespace = ({ kind }: Manifest): boolean => kind === "Namespace";
    for (const each of objects.filter((one) => isNamespace(one))) await put(who.argo, each);
    for (const each of objects.filter((one) => !isNamespace(one))) await put(who.argo, each);
  }
  for (const name of [BARE, MISTAKEN]) await put(who.argo, organizationNamespace(name));
  await approve(who.platform, APPROVED_ROOT, await uidOf(api, APPROVED_ROOT));
  await approve(who.platform, MISTAKEN, await uidOf(api, ROOT));
  const removed = { apiVersion: "v1", kind: "ConfigMap", metadata: OFFBOARDED };
  expectOk("remember", await who.platform.patch(removed, { data: { [REMOVED]: "{}" } }));
  await put(who.argo, ending(["example.com/hold"]));
  expectOk("delete", await who.argo.delete(ending([])));
  await serviceAccountsIn(api, [ROOT, WEB, BARE]);
  // One that runs, for what is done to pods that run, and one that no node takes.
  await put(who.owner, goodPod(cluster, WEB, "app"));
  await put(who.owner, goodPod(cluster, WEB, "waiting", { nodeSelector: { nowhere: "yes" } }));
  await eventually("the pod runs", async () => {
    const { body } = await api.get(ref("v1", "Pod", "app", WEB));
    return textAt(body, "status", "phase") === "Running";
  });
}

/** Takes all of it away again. */
export async function endWorld(api: Api): Promise<void> {
  const { platform } = actors(api);
  // Nothing else would ever let it go, nor its namespace.
  await platform.patch(ending([]), { metadata: { finalizers: null } });
  await dropTenants(api);
  const removed = { apiVersion: "v1", kind: "ConfigMap", metadata: OFFBOARDED };
  await platform.patch(removed, { data: { [REMOVED]: null } });
  for (const each of rights) await api.delete(each);
}

function ending(finalizers: readonly string[]): Manifest {
  const metadata = { name: ENDING, namespace: WEB, finalizers };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata,
    spec: { podSelector: {}, policyTypes: ["Ingress"] },
  };
}

async function put(api: Api, manifest: Manifest): Promise<void> {
  expectOk(`${manifest.kind} ${manifest.metadata.name}`, await api.apply(manifest));
}

async function uidOf(api: Api, name: string): Promise<string> {
  const { body } = await api.get({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  return textAt(body, "metadata", "uid") ?? "";
}

async function approve(platform: Api, name: string, uid: string): Promise<void> {
  const ref = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  const patch = { metadata: { annotations: { [APPROVAL]: uid } } };
  expectOk(`approve of ${name}`, await platform.patch(ref, patch));
}

async function serviceAccountsIn(api: Api, namespaces: readonly string[]): Promise<void> {
  for (const namespace of namespaces) {
    await eventually(`${namespace} has its service account`, async () => {
      const metadata = { name: "default", namespace };
      return (await api.get({ apiVersion: "v1", kind: "ServiceAccount", metadata })).status === 200;
    });
  }
}

/** Mallory may do everything by RBAC, and so may Argo CD, as its own installation has it. */
const rights: Manifest[] = (["outsider", "argo"] as const).map((name) => ({
  apiVersion: `${RBAC}/v1`,
  kind: "ClusterRoleBinding",
  metadata: { name: `neurallog-test-${name}` },
  roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: "cluster-admin" },
  subjects: [
    name === "outsider"
      ? { apiGroup: RBAC, kind: "User", name: "mallory" }
      : { kind: "ServiceAccount", namespace: "argocd", name: "argocd-application-controller" },
  ],
}));
