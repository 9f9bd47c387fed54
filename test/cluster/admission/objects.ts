import type { Manifest } from "../support/api.ts";
import { TENANT } from "./names.ts";

export type Where = string;

/** Where an organization's own images are on each cluster. */
const REGISTRIES: Readonly<Record<string, string>> = {
  home: "registry.home.example",
  cloud: "registry.cloud.example",
};

export const image = (cluster = "home"): string => `${REGISTRIES[cluster]}/shop/app:1`;
export const DIGEST = `sha256:${"0".repeat(64)}`;

/** A container that every policy lets pass, with what differs. */
export function container(more: object = {}, cluster = "home") {
  return {
    name: "app",
    image: image(cluster),
    resources: {
      requests: { cpu: "10m", memory: "16Mi" },
      limits: { cpu: "50m", memory: "32Mi" },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    ...more,
  };
}

/** A pod's spec that every policy lets pass, with what differs. */
export function podSpec(more: object = {}, cluster = "home") {
  return {
    automountServiceAccountToken: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [container({}, cluster)],
    ...more,
  };
}

export const goodPod = (
  cluster: string,
  namespace: Where,
  name: string,
  more: object = {},
): Manifest => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace },
  spec: podSpec(more, cluster),
});

/** A pod of the organization, with what differs in its spec. */
export const podWith = (namespace: Where, more: object = {}): Manifest =>
  goodPod("home", namespace, "tried", more);

const labels = { app: "tried" };

const named = (apiVersion: string, kind: string, namespace: Where, spec: object): Manifest => ({
  apiVersion,
  kind,
  metadata: { name: "tried", namespace },
  spec,
});

/** What makes pods: each kind with the same template. */
export function makers(
  namespace: Where,
  more: object = {},
  metadata: object = {},
): Record<string, Manifest> {
  const template = { metadata: { labels, ...metadata }, spec: podSpec(more) };
  const selector = { matchLabels: labels };
  const once = { ...template, spec: { ...template.spec, restartPolicy: "Never" } };
  return {
    Deployment: named("apps/v1", "Deployment", namespace, { selector, template }),
    StatefulSet: named("apps/v1", "StatefulSet", namespace, {
      selector,
      template,
      serviceName: "tried",
    }),
    DaemonSet: named("apps/v1", "DaemonSet", namespace, { selector, template }),
    ReplicaSet: named("apps/v1", "ReplicaSet", namespace, { selector, template }),
    ReplicationController: named("v1", "ReplicationController", namespace, {
      selector: labels,
      template,
    }),
    Job: named("batch/v1", "Job", namespace, { template: once }),
    CronJob: named("batch/v1", "CronJob", namespace, {
      schedule: "0 0 * * *",
      jobTemplate: { spec: { template: once } },
    }),
  };
}

/** One of them. */
export function maker(kind: string, namespace: Where, more: object = {}): Manifest {
  const found = makers(namespace, more)[kind];
  if (found === undefined) throw new Error(`nothing makes pods as a ${kind}`);
  return found;
}

export const ref = (
  apiVersion: string,
  kind: string,
  name: string,
  namespace?: Where,
): Manifest => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
});

/** A namespace of an organization as an overlay has it. */
export function organizationNamespace(
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Manifest {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name,
      labels: {
        "neurallog.dev/tenant": TENANT,
        "neurallog.dev/role": "organization",
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": "latest",
        ...labels,
      },
    },
  };
}
