import type { PlaneOptions } from "./plane.ts";

/** Flags for 1,000 tenants and more; what they are worth stands in docs/scaling.md. */
export const LARGE_FLAGS: NonNullable<PlaneOptions["flags"]> = {
  // The default, 2 GiB, holds some 100,000 objects with their history.
  etcd: ["--quota-backend-bytes=8589934592", "--auto-compaction-retention=5m"],
  "kube-apiserver": ["--max-requests-inflight=1600", "--max-mutating-requests-inflight=800"],
  "kube-controller-manager": [
    // Fake pods use nothing that could be measured: four times a minute each autoscaler would say so in two events.
    "--horizontal-pod-autoscaler-sync-period=10m",
    "--concurrent-deployment-syncs=20",
    "--concurrent-replicaset-syncs=20",
    "--concurrent-statefulset-syncs=20",
    "--concurrent-resource-quota-syncs=20",
    "--concurrent-namespace-syncs=20",
    "--concurrent-serviceaccount-token-syncs=20",
  ],
};

/** Argo CD's own, beside what the repository's settings say of it. */
export const LARGE_ARGO: Readonly<Record<string, string>> = {
  // 50 a second by default: one object of an overlay is a request.
  ARGOCD_K8S_CLIENT_QPS: "300",
  ARGOCD_K8S_CLIENT_BURST: "600",
  // 100 ms by default: a tenant whose objects are being made would be compared ten times a second.
  ARGOCD_CLUSTER_CACHE_EVENTS_PROCESSING_INTERVAL: "3s",
  // Ten minutes by default, after which every object is listed, parsed and hashed again: a third of the controller's CPU
  // where 30,000 objects are. A watch that breaks is begun anew without it.
  ARGOCD_CLUSTER_CACHE_WATCH_RESYNC_DURATION: "6h",
  // Two to three minutes by default, after which an Application is compared though nothing asked for it: with 1,000 of
  // them six a second. Only for whoever has a webhook tell Argo CD of each commit; drift is seen by its event.
  ARGOCD_RECONCILIATION_TIMEOUT: "1h",
  ARGOCD_RECONCILIATION_JITTER: "30m",
  // For the one or two cores that are the controller's here, 20 and 10 by default: the more syncs at a time, the longer
  // each takes, and the more often it is compared meanwhile.
  ARGOCD_APPLICATION_CONTROLLER_STATUS_PROCESSORS: "8",
  ARGOCD_APPLICATION_CONTROLLER_OPERATION_PROCESSORS: "4",
  // Each renders in a process of its own; more than cores only take turns.
  ARGOCD_REPO_SERVER_PARALLELISM_LIMIT: "4",
  ARGOCD_EXEC_TIMEOUT: "5m",
  ARGOCD_APPLICATION_CONTROLLER_REPO_SERVER_TIMEOUT_SECONDS: "600",
  ARGOCD_APPLICATIONSET_CONTROLLER_REPO_SERVER_TIMEOUT_SECONDS: "600",
  // One Application at a time by default.
  ARGOCD_APPLICATIONSET_CONTROLLER_CONCURRENT_APPLICATION_UPDATES: "20",
};
