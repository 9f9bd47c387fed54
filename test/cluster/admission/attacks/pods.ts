import { adds, type Attempt, creates, merges, on, type Part } from "../attack.ts";
import { BARE, ROOT, WEB } from "../names.ts";
import { container, DIGEST, image, maker, makers, podWith, ref } from "../objects.ts";

const app = ref("v1", "Pod", "app", WEB);
const good = (attempt: Attempt, what: string): Part["twin"] => ({ what, by: "owner", attempt });
const plainPod = good(creates(podWith(WEB)), "the same without it");

/** Each kind that makes pods, with what a pod may not have: an error comes before a controller tries in vain. */
function inEachKind(what: string, more: object, twin: object = {}): Part[] {
  return Object.entries(makers(WEB, more)).map(([kind, manifest]): Part => {
    // Organizations make no ReplicationControllers: that kind is from before Deployments.
    const isOld = kind === "ReplicationController";
    return {
      name: `a ${kind} ${what}`,
      attempt: creates(manifest),
      owner: isOld ? "rbac" : "policy",
      twin: {
        what: `a ${kind} without`,
        by: isOld ? "outsider" : "owner",
        attempt: creates(maker(kind, WEB, twin)),
      },
    };
  });
}

const inAPod = (name: string, more: object, namespace = WEB): Part => ({
  name,
  attempt: creates(podWith(namespace, more)),
  owner: namespace === WEB ? "policy" : "rbac",
  twin:
    namespace === WEB
      ? plainPod
      : {
          what: "the same without it",
          by: "argo",
          attempt: creates(podWith(namespace)),
        },
});

const evil = container({ image: "evil.example/miner:1" });
const debug = (more: object) => ({
  spec: { ephemeralContainers: [{ ...container(more), name: "debug", resources: undefined }] },
});
const debugs = {
  what: "the platform debugs with an image of the organization's",
  by: "platform",
  attempt: adds(app, debug({}), "ephemeralcontainers"),
} as const;

export const images = on("images", [
  inAPod("a pod of an image from anywhere", { containers: [evil] }),
  inAPod("a foreign image in a second container", {
    containers: [container(), { ...evil, name: "second" }],
  }),
  inAPod("a foreign image in an init container", { initContainers: [{ ...evil, name: "first" }] }),
  inAPod("an image without a registry, which means Docker Hub's", {
    containers: [container({ image: "nginx" })],
  }),
  inAPod("a registry whose name only begins like ours", {
    containers: [container({ image: "registry.home.example.evil.example/shop/app:1" })],
  }),
  inAPod("a project whose name only begins like ours", {
    containers: [container({ image: `ghcr.io/neurallog-evil/app@${DIGEST}` })],
  }),
  inAPod("a repository whose name only begins like the one that is allowed", {
    containers: [container({ image: `docker.io/library/postgres-evil:18@${DIGEST}` })],
  }),
  inAPod("another repository beside the one that is allowed", {
    containers: [container({ image: `docker.io/library/busybox:1@${DIGEST}` })],
  }),
  inAPod("a foreign image mounted as a volume", {
    volumes: [{ name: "x", image: { reference: "evil.example/files:1" } }],
  }),
  {
    name: "a running pod's image is exchanged",
    attempt: adds(app, { spec: { containers: [{ name: "app", image: "evil.example/miner:1" }] } }),
    owner: "policy",
    twin: good(
      adds(app, { spec: { containers: [{ name: "app", image: `${image()}2` }] } }),
      "for another of the organization's",
    ),
  },
  {
    name: "a foreign image in an ephemeral container",
    by: "platform",
    attempt: adds(app, debug({ image: "evil.example/shell:1" }), "ephemeralcontainers"),
    owner: "rbac",
    twin: debugs,
  },
  {
    name: "a commit runs an organization's image beside Redis",
    by: "argo",
    attempt: creates(maker("Deployment", ROOT)),
    owner: "rbac",
    twin: {
      what: "an image of the platform, by digest",
      by: "argo",
      attempt: creates(maker("Deployment", ROOT, { containers: [ours(`:0.1.0@${DIGEST}`)] })),
    },
  },
  {
    name: "a commit runs the platform's image by a tag, which somebody may move",
    by: "argo",
    attempt: creates(maker("Deployment", ROOT, { containers: [ours(":0.1.0")] })),
    owner: "rbac",
    twin: {
      what: "the same by digest",
      by: "argo",
      attempt: creates(maker("Deployment", ROOT, { containers: [ours(`@${DIGEST}`)] })),
    },
  },
  {
    name: "the image of a Deployment that is there is exchanged",
    by: "argo",
    attempt: adds(ref("apps/v1", "Deployment", "log-service", ROOT), {
      spec: { template: { spec: { containers: [{ name: "log-service", image: evil.image }] } } },
    }),
    owner: "rbac",
    twin: {
      what: "for another of the platform's",
      by: "argo",
      attempt: adds(ref("apps/v1", "Deployment", "log-service", ROOT), {
        spec: {
          template: { spec: { containers: [{ ...ours(`@${DIGEST}`), name: "log-service" }] } },
        },
      }),
    },
  },
  {
    name: "a foreign image is the last of a hundred containers",
    attempt: creates(podWith(BARE, { containers: hundred({ image: "evil.example/miner:1" }) })),
    owner: "rbac",
    twin: {
      what: "a hundred of the organization's: no limit on cost is in the way",
      by: "argo",
      attempt: creates(podWith(BARE, { containers: hundred({}) })),
    },
  },
  ...inEachKind("of an image from anywhere", { containers: [evil] }),
]);

function hundred(last: object) {
  const many = Array.from({ length: 100 }, (_, i) => container({ name: `app-${i}` }));
  return many.with(99, container({ name: "last", ...last }));
}

function ours(suffix: string) {
  return container({ image: `ghcr.io/neurallog/log-service${suffix}` });
}

const { resources } = container();
const writable = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
const asRoot = {
  automountServiceAccountToken: false,
  securityContext: { seccompProfile: { type: "RuntimeDefault" } },
};
const inADeployment = (name: string, more: object): Part => ({
  name,
  attempt: creates(maker("Deployment", WEB, more)),
  owner: "policy",
  twin: good(creates(maker("Deployment", WEB)), "the same with all of them"),
});

export const containers = on("containers", [
  inADeployment("a container without a limit of memory", {
    containers: [container({ resources: { ...resources, limits: { cpu: "50m" } } })],
  }),
  inADeployment("a container without a request of CPU", {
    containers: [container({ resources: { ...resources, requests: { memory: "16Mi" } } })],
  }),
  inADeployment("a second container without resources", {
    containers: [container(), container({ name: "second", resources: undefined })],
  }),
  inADeployment("an init container without resources", {
    initContainers: [container({ name: "first", resources: undefined })],
  }),
  inADeployment("a container that may run as root", {
    ...asRoot,
    containers: [container()],
  }),
  inADeployment("a second container that says it may run as root", {
    containers: [
      container(),
      container({
        name: "second",
        securityContext: { ...writable, readOnlyRootFilesystem: true, runAsNonRoot: false },
      }),
    ],
  }),
  {
    name: "a pod without resources, in a namespace whose limits are not there yet",
    attempt: creates(podWith(BARE, { containers: [container({ resources: undefined })] })),
    owner: "rbac",
    twin: { what: "the same with them", by: "argo", attempt: creates(podWith(BARE)) },
  },
  inAPod("a pod with a writable root", { containers: [container({ securityContext: writable })] }),
  inAPod("a second container with a writable root", {
    containers: [container(), container({ name: "second", securityContext: writable })],
  }),
  inAPod("an init container with a writable root", {
    initContainers: [container({ name: "first", securityContext: writable })],
  }),
  {
    name: "an ephemeral container with a writable root",
    by: "platform",
    attempt: adds(app, debug({ securityContext: writable }), "ephemeralcontainers"),
    owner: "rbac",
    twin: debugs,
  },
  ...inEachKind("with a writable root", {
    containers: [container({ securityContext: writable })],
  }),
]);

export const priority = on("priority", [
  {
    ...inAPod("a pod that calls itself critical for the node", {
      priorityClassName: "system-node-critical",
    }),
    twin: good(
      creates(podWith(WEB, { priorityClassName: "tenant-important" })),
      "a tenants' class",
    ),
  },
  inAPod("a pod that calls itself critical for the cluster", {
    priorityClassName: "system-cluster-critical",
  }),
  ...inEachKind(
    "that calls its pods critical",
    { priorityClassName: "system-node-critical" },
    { priorityClassName: "tenant-default" },
  ),
]);

const CONTROL_PLANE = "node-role.kubernetes.io/control-plane";
const spot = { key: "home.example/spot", operator: "Exists", effect: "NoSchedule" };
const pool = { key: "home.example/pool", operator: "Equal", value: "batch", effect: "NoSchedule" };
const tolerating = (name: string, ...tolerations: object[]): Part => ({
  ...inAPod(name, { tolerations }),
  twin: good(creates(podWith(WEB, { tolerations: [spot, pool] })), "those of the cluster's record"),
});
const term = (key: string) => ({ matchExpressions: [{ key, operator: "Exists" }] });

export const placement = on("placement", [
  inAPod("a pod names its node, past the scheduler", { nodeName: "node-1" }),
  tolerating("a pod tolerates every taint there is", { operator: "Exists" }),
  tolerating("a pod tolerates the control plane's taint", {
    key: CONTROL_PLANE,
    operator: "Exists",
    effect: "NoSchedule",
  }),
  tolerating("a toleration that may not be stands behind one that may", spot, {
    key: "home.example/pool",
    operator: "Equal",
    value: "another-tenant",
    effect: "NoSchedule",
  }),
  tolerating("a toleration of all effects where one is allowed", {
    key: "home.example/spot",
    operator: "Exists",
  }),
  tolerating("a pod gets onto nodes that are being emptied", {
    key: "node.kubernetes.io/unschedulable",
    operator: "Exists",
    effect: "NoSchedule",
  }),
  inAPod("a pod chooses control planes by their role", { nodeSelector: { [CONTROL_PLANE]: "" } }),
  {
    ...inAPod("a second term of a pod's affinity chooses control planes", {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [term("disk"), term(CONTROL_PLANE)],
          },
        },
      },
    }),
    twin: good(creates(podWith(WEB, { nodeSelector: { disk: "nvme" } })), "nodes by another label"),
  },
  inAPod("a pod prefers control planes", {
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 1, preference: term(CONTROL_PLANE) },
        ],
      },
    },
  }),
  ...inEachKind("whose pods tolerate every taint", { tolerations: [{ operator: "Exists" }] }),
]);

const token = { serviceAccountToken: { path: "token" } };
const projected = (sources: object[]) => ({ volumes: [{ name: "x", projected: { sources } }] });
const configMap = { configMap: { name: "x" } };

export const tokens = on("tokens", [
  inAPod("a pod asks for its service account's token", { automountServiceAccountToken: true }),
  {
    ...inAPod("a pod mounts a token as a volume", projected([token])),
    twin: good(creates(podWith(WEB, projected([configMap]))), "a ConfigMap in its place"),
  },
  inAPod("a token is the second source of a volume", projected([configMap, token])),
  {
    name: "a service account gives its token to every pod",
    attempt: merges(ref("v1", "ServiceAccount", "default", WEB), {
      automountServiceAccountToken: true,
    }),
    owner: "rbac",
    twin: {
      what: "Argo CD says that it does not",
      by: "argo",
      attempt: merges(ref("v1", "ServiceAccount", "default", WEB), {
        automountServiceAccountToken: false,
      }),
    },
  },
  {
    name: "a commit brings a service account that leaves it open",
    by: "argo",
    attempt: creates(ref("v1", "ServiceAccount", "tried", WEB)),
    owner: "rbac",
    twin: {
      what: "one that gives none",
      by: "argo",
      attempt: creates({
        ...ref("v1", "ServiceAccount", "tried", WEB),
        automountServiceAccountToken: false,
      }),
    },
  },
  ...inEachKind("whose pods get a token", { automountServiceAccountToken: true }),
]);

const stuck = { finalizers: ["example.com/never"] };
const withFinalizer = (metadata: object) => ({
  ...podWith(WEB),
  metadata: { name: "tried", namespace: WEB, ...metadata },
});

export const finalizers = on("finalizers", [
  {
    name: "a pod that can never be deleted",
    attempt: creates(withFinalizer(stuck)),
    owner: "policy",
    twin: {
      what: "the Job controller's own finalizer",
      by: "jobController",
      attempt: creates(withFinalizer({ finalizers: ["batch.kubernetes.io/job-tracking"] })),
    },
  },
  {
    name: "a running pod becomes one that can never be deleted",
    attempt: merges(app, { metadata: stuck }),
    owner: "policy",
    twin: good(merges(app, { metadata: { labels: { a: "b" } } }), "a label"),
  },
  {
    name: "a ConfigMap holds its namespace back for ever",
    attempt: creates({
      ...ref("v1", "ConfigMap", "tried", WEB),
      metadata: { name: "tried", namespace: WEB, ...stuck },
    }),
    owner: "policy",
    twin: good(creates(ref("v1", "ConfigMap", "tried", WEB)), "one without"),
  },
  ...Object.entries(makers(WEB, {}, stuck)).map(([kind, manifest]): Part => ({
    name: `a ${kind} whose pods can never be deleted`,
    attempt: creates(manifest),
    owner: kind === "ReplicationController" ? "rbac" : "policy",
    twin: {
      what: "one without",
      by: kind === "ReplicationController" ? "outsider" : "owner",
      attempt: creates(maker(kind, WEB)),
    },
  })),
]);
