import { type Api, asPlatform, at, type Body, expectOk, listAt, type Ref, textAt } from "./api.ts";
import { eventually } from "./eventually.ts";

const APPLICATION = { apiVersion: "argoproj.io/v1alpha1", kind: "Application" };
const SET: Ref = {
  apiVersion: "argoproj.io/v1alpha1",
  kind: "ApplicationSet",
  metadata: { name: "tenants", namespace: "argocd" },
};

export function application(tenant: string): Ref {
  return { ...APPLICATION, metadata: { name: `tenant-${tenant}`, namespace: "argocd" } };
}

/** What Argo CD says of a tenant; undefined where there is no Application. */
export async function stateOf(
  api: Api,
  tenant: string,
): Promise<
  | {
      sync: string;
      health: string;
      revision: string;
      message: string;
      conditions: string[];
      body: Body;
    }
  | undefined
> {
  const { status, body } = await api.get(application(tenant));
  if (status !== 200) return undefined;
  return {
    sync: textAt(body, "status", "sync", "status") ?? "",
    health: textAt(body, "status", "health", "status") ?? "",
    revision: textAt(body, "status", "sync", "revision") ?? "",
    message: textAt(body, "status", "operationState", "message") ?? "",
    conditions: listAt(body, "status", "conditions").map((each) => textAt(each, "message") ?? ""),
    body,
  };
}

/** Has Argo CD look at Git now: for new folders too. */
export async function refresh(api: Api, ...tenants: string[]): Promise<void> {
  await api.patch(SET, {
    metadata: { annotations: { "argocd.argoproj.io/application-set-refresh": "true" } },
  });
  for (const tenant of tenants) {
    await api.patch(application(tenant), {
      metadata: { annotations: { "argocd.argoproj.io/refresh": "normal" } },
    });
  }
}

/** Waits until a tenant is Synced at a commit, asking Argo CD to look. */
export async function synced(
  api: Api,
  tenant: string,
  commit: string,
  patienceMs?: number,
): Promise<Body> {
  await refresh(api, tenant);
  let asked = Date.now();
  const look = async (): Promise<Body> => {
    const state = await stateOf(api, tenant);
    if (state === undefined || state.revision !== commit) {
      // The Application may have come, or the commit may have been pushed, after the last request.
      if (Date.now() - asked > 2_000) {
        asked = Date.now();
        await refresh(api, tenant);
      }
      throw new Error(state === undefined ? "no Application" : `at ${state.revision}`);
    }
    const { sync, message, conditions } = state;
    const finished = textAt(state.body, "status", "operationState", "phase");
    if (sync === "Synced" && finished !== "Running") return state.body;
    const differing = listAt(state.body, "status", "resources")
      .filter((each) => textAt(each, "status") !== "Synced")
      .map((each) => ["kind", "namespace", "name"].map((key) => textAt(each, key)).join(" "));
    throw new Error([sync, finished, message, ...conditions, ...differing].join("; "));
  };
  return await eventually(`${tenant} is Synced at ${commit}`, look, patienceMs);
}

/** UIDs of a tenant's namespaces and everything in them that must outlive mistakes. */
export async function uidsOf(
  api: Api,
  namespaces: readonly string[],
): Promise<Map<string, string>> {
  const kinds = [
    { apiVersion: "v1", kind: "PersistentVolumeClaim" },
    { apiVersion: "v1", kind: "ResourceQuota" },
    { apiVersion: "apps/v1", kind: "StatefulSet" },
    { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" },
  ];
  const found = new Map<string, string>();
  for (const name of namespaces) {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    const { body } = await api.get(namespace);
    found.set(`Namespace ${name}`, textAt(body, "metadata", "uid") ?? "gone");
    for (const kind of kinds) {
      for (const item of await api.items(kind, name)) {
        const title = `${kind.kind} ${name}/${textAt(item, "metadata", "name")}`;
        found.set(title, textAt(item, "metadata", "uid") ?? "");
      }
    }
  }
  return found;
}

/**
 * Takes the ApplicationSet, all Applications and all tenants' namespaces away, so that suites do not
 * see each other's. As an administrator of the platform who means it.
 */
export async function clearTenants(api: Api): Promise<void> {
  await dropTenants(api);
  await eventually("tenants' namespaces are gone", async () => {
    const left = await api.items({ apiVersion: "v1", kind: "Namespace" });
    return !left.some((each) => (textAt(each, "metadata", "name") ?? "").startsWith("tenant-"));
  });
}

/** What takes a moment to go, for which the controller of namespaces would wait much longer. */
const LINGERING = [
  (namespace: string) => `/apis/apps/v1/namespaces/${namespace}/deployments`,
  (namespace: string) => `/apis/apps/v1/namespaces/${namespace}/statefulsets`,
  (namespace: string) => `/api/v1/namespaces/${namespace}/persistentvolumeclaims`,
];

/** The same at the end of a suite: namespaces take seconds to go, and the next suite waits for them. */
export async function dropTenants(api: Api): Promise<void> {
  await api.patch(SET, { metadata: { finalizers: null } });
  await api.delete(SET);
  for (const each of await api.items(APPLICATION, "argocd")) {
    const name = textAt(each, "metadata", "name") ?? "";
    const ref = { ...APPLICATION, metadata: { name, namespace: "argocd" } };
    if (listAt(each, "metadata", "finalizers").length > 0) {
      await api.patch(ref, { metadata: { finalizers: null } });
    }
    await api.delete(ref);
  }
  await eventually("Applications are gone", async () => {
    return (await api.items(APPLICATION, "argocd")).length === 0;
  });
  const platform = asPlatform(api);
  const namespaces = (await api.items({ apiVersion: "v1", kind: "Namespace" }))
    .map((each) => ({
      name: textAt(each, "metadata", "name") ?? "",
      uid: textAt(each, "metadata", "uid") ?? "",
      leaving: at(each, "metadata", "deletionTimestamp") !== undefined,
    }))
    .filter(({ name, leaving }) => name.startsWith("tenant-") && !leaving);
  for (const { name, uid } of namespaces) {
    const ref = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    expectOk(
      `approve the deletion of ${name}`,
      await platform.patch(ref, {
        metadata: { annotations: { "neurallog.dev/deletion-approved": uid } },
      }),
    );
    const claims = await api.items({ apiVersion: "v1", kind: "PersistentVolumeClaim" }, name);
    for (const claim of claims) {
      const claimRef = {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: textAt(claim, "metadata", "name") ?? "", namespace: name },
      };
      await platform.patch(claimRef, {
        metadata: { annotations: { "neurallog.dev/deletion-approved": uid } },
      });
    }
    expectOk(`delete ${name}`, await platform.delete(ref));
    for (const path of LINGERING) await platform.request({ method: "DELETE", path: path(name) });
  }
}
