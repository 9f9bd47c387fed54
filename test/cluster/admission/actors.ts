import { type Api, asArgo } from "../support/api.ts";
import { OWNERS, WEB } from "./names.ts";

const everybody = "system:authenticated";
/** RBAC lets it pass whatever it does: what refuses then is a policy. */
const unlimited = "system:masters";

/** Who tries things. */
export function actors(api: Api) {
  const part = (user: string, ...groups: string[]): Api =>
    api.as({ user, groups: [everybody, unlimited, ...groups] });
  const account = (namespace: string, name: string): Api =>
    part(`system:serviceaccount:${namespace}:${name}`);
  return {
    /** Of the tenant: a person of the group in its record, and a program in its namespace. */
    owner: api.as({ user: "ada", groups: [OWNERS, everybody] }),
    program: api.asServiceAccount(WEB, "default"),
    /** A cluster-admin who is none of the platform's. */
    outsider: api.as({ user: "mallory", groups: [everybody] }),
    /** Whatever is in a tenant's folder in Git comes by this one. */
    argo: asArgo(api),
    platform: part("petra", "neurallog-platform"),
    applicationSet: account("argocd", "argocd-applicationset-controller"),
    namespaceController: account("kube-system", "namespace-controller"),
    garbageCollector: account("kube-system", "generic-garbage-collector"),
    replicaSetController: account("kube-system", "replicaset-controller"),
    jobController: account("kube-system", "job-controller"),
    quotaController: account("kube-system", "resourcequota-controller"),
    endpointSliceController: account("kube-system", "endpointslice-controller"),
    autoscaler: account("kube-system", "horizontal-pod-autoscaler"),
    certManager: account("cert-manager", "cert-manager"),
    backup: account("velero", "velero"),
    scheduler: part("system:kube-scheduler"),
    // Not by a node's name: the API server itself would let it ask for tokens of its own pods only.
    kubelet: part("kubelet", "system:nodes"),
  } satisfies Record<string, Api>;
}

export type Actor = keyof ReturnType<typeof actors>;
