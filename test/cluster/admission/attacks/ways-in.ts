import { adds, type Attempt, connects, creates, merges, on, type Part } from "../attack.ts";
import { MCP, ROOT, WEB } from "../names.ts";
import { container, DIGEST, maker, podWith, ref } from "../objects.ts";

const pods = (namespace: string, part: string): string =>
  `/api/v1/namespaces/${namespace}/pods/app/${part}`;
const exec = (namespace: string): Attempt => connects(`${pods(namespace, "exec")}?command=sh`);

const owners = {
  what: "an organization into its own pods",
  by: "owner",
  attempt: exec(WEB),
} as const;
const onCall = {
  what: "the platform, on call",
  by: "platform",
  attempt: exec(ROOT),
} as const;

const archive = (...command: string[]): Attempt => {
  const query = new URLSearchParams({ container: "postgres" });
  for (const word of command) query.append("command", word);
  return connects(`/api/v1/namespaces/${ROOT}/pods/archive-0/exec?${query.toString()}`);
};
const checkpoint = ["psql", "-XqU", "postgres", "-h", "/tmp", "-c", "CHECKPOINT"];
const hook = {
  what: "its hook before a snapshot",
  by: "backup",
  attempt: archive(...checkpoint),
} as const;

export const waysIn = on("ways-in", [
  { name: "exec into a pod beside Redis", attempt: exec(ROOT), owner: "rbac", twin: onCall },
  { name: "exec into an MCP endpoint", attempt: exec(MCP), owner: "rbac", twin: owners },
  {
    name: "the backup tool gets a shell beside the archive",
    by: "backup",
    attempt: archive("sh"),
    owner: "rbac",
    twin: hook,
  },
  {
    name: "the backup tool's hook runs more than was meant",
    by: "backup",
    attempt: archive(...checkpoint, "-c", "TABLE neurallog.logs"),
    owner: "rbac",
    twin: hook,
  },
  {
    name: "somebody else runs the backup tool's hook",
    attempt: archive(...checkpoint),
    owner: "rbac",
    twin: hook,
  },
  {
    name: "attach to a pod beside Redis",
    attempt: connects(pods(ROOT, "attach")),
    owner: "rbac",
    twin: owners,
  },
  {
    name: "port-forward to Redis",
    attempt: connects(`${pods(ROOT, "portforward")}?ports=6379`),
    owner: "rbac",
    twin: owners,
  },
  {
    name: "the API server's proxy to a pod of an organization",
    attempt: connects(`${pods(WEB, "proxy")}/`, "GET"),
    owner: "rbac",
    twin: owners,
  },
  {
    name: "the API server's proxy to the log service",
    attempt: connects(`/api/v1/namespaces/${ROOT}/services/log-service:8080/proxy/`, "GET"),
    owner: "rbac",
    twin: onCall,
  },
]);

const app = ref("v1", "Pod", "app", WEB);
// A fake node cannot resize, so it is one that no node has yet.
const waiting = ref("v1", "Pod", "waiting", WEB);
const debug = {
  spec: { ephemeralContainers: [{ ...container(), name: "debug", resources: undefined }] },
};
const larger = {
  spec: {
    containers: [
      {
        name: "app",
        resources: {
          requests: { cpu: "20m", memory: "16Mi" },
          limits: { cpu: "60m", memory: "32Mi" },
        },
      },
    ],
  },
};
const bound = {
  ...ref("v1", "Binding", "waiting", WEB),
  target: { apiVersion: "v1", kind: "Node", name: "node-1" },
};

export const podParts = on("pod-parts", [
  {
    name: "an ephemeral container is put into a running pod",
    attempt: adds(app, debug, "ephemeralcontainers"),
    owner: "rbac",
    twin: {
      what: "by the platform",
      by: "platform",
      attempt: adds(app, debug, "ephemeralcontainers"),
    },
  },
  {
    name: "a pod is resized past what was reviewed",
    attempt: adds(waiting, larger, "resize"),
    owner: "rbac",
    twin: { what: "by the platform", by: "platform", attempt: adds(waiting, larger, "resize") },
  },
  {
    name: "a pod is bound to a node past the scheduler",
    attempt: binds(),
    owner: "rbac",
    twin: { what: "by the scheduler", by: "scheduler", attempt: binds() },
  },
]);

function binds(): Attempt {
  return (api) =>
    api.request({
      method: "POST",
      path: `/api/v1/namespaces/${WEB}/pods/waiting/binding?dryRun=All`,
      body: bound,
    });
}

const account =
  (namespace: string): Attempt =>
  (api) =>
    api.request({
      method: "POST",
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/default/token?dryRun=All`,
      body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
    });
const kubelets = { what: "by a kubelet, for a pod", by: "kubelet", attempt: account(WEB) } as const;

export const tokenRequests = on("token-requests", [
  {
    name: "somebody asks for the token of a service account beside Redis",
    attempt: account(ROOT),
    owner: "rbac",
    twin: kubelets,
  },
  {
    name: "somebody asks for the token of an organization's service account",
    attempt: account(WEB),
    owner: "rbac",
    twin: kubelets,
  },
  {
    name: "a Secret that Kubernetes fills with a token that never ends",
    attempt: creates({
      ...ref("v1", "Secret", "tried", WEB),
      metadata: {
        name: "tried",
        namespace: WEB,
        annotations: { "kubernetes.io/service-account.name": "default" },
      },
      type: "kubernetes.io/service-account-token",
    }),
    owner: "policy",
    twin: {
      what: "a Secret of the organization's own",
      by: "owner",
      attempt: creates({ ...ref("v1", "Secret", "tried", WEB), stringData: { password: "x" } }),
    },
  },
]);

const platformImage = { containers: [container({ image: `ghcr.io/neurallog/x@${DIGEST}` })] };
const written = (name: string, manifest: Parameters<typeof creates>[0]): Part => ({
  name,
  attempt: creates(manifest),
  owner: "rbac",
  twin: { what: "by Argo CD", by: "argo", attempt: creates(manifest) },
});

const service = ref("v1", "Service", "log-service", ROOT);
const toRedis = { spec: { selector: { "app.kubernetes.io/name": "redis" } } };

export const closedNamespaces = on("closed-namespaces", [
  {
    ...written("a pod beside Redis, which mounts its secrets", podWith(ROOT, platformImage)),
    twin: {
      what: "by the ReplicaSet controller",
      by: "replicaSetController",
      attempt: creates(podWith(ROOT, platformImage)),
    },
  },
  written("a pod beside an MCP endpoint", podWith(MCP, platformImage)),
  written("a Deployment beside Redis", maker("Deployment", ROOT, platformImage)),
  written("a StatefulSet beside Redis", maker("StatefulSet", ROOT, platformImage)),
  written("a DaemonSet beside Redis", maker("DaemonSet", ROOT, platformImage)),
  written("a ReplicaSet beside Redis", maker("ReplicaSet", ROOT, platformImage)),
  written("a Job beside Redis", maker("Job", ROOT, platformImage)),
  written("a CronJob beside Redis", maker("CronJob", ROOT, platformImage)),
  written("a Secret in the log service's place", {
    ...ref("v1", "Secret", "tried", ROOT),
    stringData: { key: "x" },
  }),
  written("a ConfigMap beside Redis", ref("v1", "ConfigMap", "tried", ROOT)),
  written("a service account beside Redis", {
    ...ref("v1", "ServiceAccount", "tried", ROOT),
    automountServiceAccountToken: false,
  }),
  {
    name: "the log service's own Service is led to Redis",
    attempt: merges(service, toRedis),
    owner: "rbac",
    twin: { what: "by Argo CD", by: "argo", attempt: merges(service, toRedis) },
  },
  {
    name: "who may do what in the log service is changed",
    attempt: merges(ref("v1", "ConfigMap", "log-service-access", ROOT), { data: { x: "y" } }),
    owner: "rbac",
    twin: {
      what: "by Argo CD",
      by: "argo",
      attempt: merges(ref("v1", "ConfigMap", "log-service-access", ROOT), { data: { x: "y" } }),
    },
  },
  {
    name: "Redis is scaled to two servers on one claim",
    attempt: merges(
      ref("apps/v1", "StatefulSet", "redis", ROOT),
      { spec: { replicas: 2 } },
      "scale",
    ),
    owner: "rbac",
    twin: {
      what: "the autoscaler scales the log service",
      by: "autoscaler",
      attempt: merges(
        ref("apps/v1", "Deployment", "log-service", ROOT),
        { spec: { replicas: 2 } },
        "scale",
      ),
    },
  },
]);

const filled = {
  ...ref("external-secrets.io/v1", "ExternalSecret", "tried", WEB),
  spec: { secretStoreRef: { name: "any" }, data: [] },
};

export const noSecretStores = on("secret-stores", [
  {
    name: "an ExternalSecret where the cluster has no External Secrets",
    // Whose kinds nobody looks at: who else makes one is refused for its kind already.
    by: "certManager",
    attempt: creates(filled),
    owner: "rbac",
    twin: {
      what: "a Secret",
      by: "certManager",
      attempt: creates(ref("v1", "Secret", "tried", WEB)),
    },
  },
]);
