import { describe, expect, it } from "vitest";
import type { Manifest } from "../../../generator/manifests/manifest.ts";
import { compareBuilds } from "../../../generator/preview/compare/objects.ts";
import { notesOf } from "../../../generator/preview/effects/notes.ts";
import type { Json } from "../../../generator/preview/model/model.ts";

type Body = { [key: string]: Json };

function manifest(apiVersion: string, kind: string, name: string, body: Body = {}): Manifest {
  const labels = { "app.kubernetes.io/name": name };
  const metadata = {
    name,
    namespace: "tenant-acme",
    labels,
    ...(typeof body["metadata"] === "object" ? body["metadata"] : {}),
  };
  return {
    apiVersion,
    kind,
    name,
    namespace: "tenant-acme",
    labels,
    body: { apiVersion, kind, ...body, metadata },
  };
}

/** What is said when one object turns into another, beside others that stay. */
function said(before: Manifest | null, after: Manifest | null, ...others: Manifest[]): string[] {
  const [old, now] = [before, after].map((each) => (each === null ? others : [each, ...others]));
  const sides = { before: old ?? [], after: now ?? [] };
  const objects = compareBuilds(sides.before, sides.after);
  return notesOf({ kind: "tenant", change: "changed", ...sides, objects }).map(
    ({ level, code }) => `${level} ${code}`,
  );
}

const pod = (image: string, more: Body = {}): Body => ({
  template: { spec: { containers: [{ name: "app", image, ...more }] } },
});

describe("what Kubernetes refuses", () => {
  const claims = (size: string) => [
    { metadata: { name: "data" }, spec: { resources: { requests: { storage: size } } } },
  ];
  it.each<[string, string, string, Body, Body]>([
    [
      "the selector of a Deployment",
      "apps/v1",
      "Deployment",
      { spec: { selector: { matchLabels: { a: "1" } } } },
      { spec: { selector: { matchLabels: { a: "2" } } } },
    ],
    [
      "the selector of a DaemonSet",
      "apps/v1",
      "DaemonSet",
      { spec: { selector: { a: "1" } } },
      { spec: { selector: { a: "2" } } },
    ],
    [
      "the selector of a StatefulSet",
      "apps/v1",
      "StatefulSet",
      { spec: { selector: { a: "1" } } },
      { spec: { selector: { a: "2" } } },
    ],
    [
      "the Service of a StatefulSet",
      "apps/v1",
      "StatefulSet",
      { spec: { serviceName: "a" } },
      { spec: { serviceName: "b" } },
    ],
    [
      "how a StatefulSet manages pods",
      "apps/v1",
      "StatefulSet",
      { spec: {} },
      { spec: { podManagementPolicy: "Parallel" } },
    ],
    [
      "the volumes of a StatefulSet",
      "apps/v1",
      "StatefulSet",
      { spec: { volumeClaimTemplates: claims("1Gi") } },
      { spec: { volumeClaimTemplates: claims("2Gi") } },
    ],
    [
      "the volumes of a StatefulSet that has none more",
      "apps/v1",
      "StatefulSet",
      { spec: { volumeClaimTemplates: claims("1Gi") } },
      { spec: {} },
    ],
    ["the pods of a Job", "batch/v1", "Job", { spec: pod("a:1") }, { spec: pod("a:2") }],
    [
      "the class of a claim",
      "v1",
      "PersistentVolumeClaim",
      { spec: { storageClassName: "a" } },
      { spec: { storageClassName: "b" } },
    ],
    [
      "the access modes of a claim",
      "v1",
      "PersistentVolumeClaim",
      { spec: { accessModes: ["ReadWriteOnce"] } },
      { spec: { accessModes: ["ReadWriteMany"] } },
    ],
    ["the address of a Service", "v1", "Service", { spec: { clusterIP: "None" } }, { spec: {} }],
    ["the type of a Secret", "v1", "Secret", { type: "Opaque" }, { type: "kubernetes.io/tls" }],
    [
      "the data of an immutable ConfigMap",
      "v1",
      "ConfigMap",
      { immutable: true, data: { a: "1" } },
      { immutable: true, data: { a: "2" } },
    ],
    [
      "that a ConfigMap is immutable",
      "v1",
      "ConfigMap",
      { immutable: true, data: {} },
      { data: {} },
    ],
    [
      "the scopes of a quota",
      "v1",
      "ResourceQuota",
      { spec: { scopes: ["BestEffort"] } },
      { spec: {} },
    ],
    [
      "the role of a RoleBinding",
      "rbac.authorization.k8s.io/v1",
      "RoleBinding",
      { roleRef: { name: "a" } },
      { roleRef: { name: "b" } },
    ],
    [
      "the role of a ClusterRoleBinding",
      "rbac.authorization.k8s.io/v1",
      "ClusterRoleBinding",
      { roleRef: { name: "a" } },
      { roleRef: { name: "b" } },
    ],
    [
      "the value of a priority class",
      "scheduling.k8s.io/v1",
      "PriorityClass",
      { value: 1 },
      { value: 2 },
    ],
    [
      "what a storage class reclaims",
      "storage.k8s.io/v1",
      "StorageClass",
      { reclaimPolicy: "Retain" },
      { reclaimPolicy: "Delete" },
    ],
    [
      "the controller of an ingress class",
      "networking.k8s.io/v1",
      "IngressClass",
      { spec: { controller: "a" } },
      { spec: { controller: "b" } },
    ],
    [
      "the controller of a gateway class",
      "gateway.networking.k8s.io/v1",
      "GatewayClass",
      { spec: { controllerName: "a" } },
      { spec: { controllerName: "b" } },
    ],
    [
      "the scope of a custom resource",
      "apiextensions.k8s.io/v1",
      "CustomResourceDefinition",
      { spec: { scope: "Cluster" } },
      { spec: { scope: "Namespaced" } },
    ],
  ])("to change %s is an error", (_, apiVersion, kind, before, after) => {
    const notes = said(
      manifest(apiVersion, kind, "x", before),
      manifest(apiVersion, kind, "x", after),
    );
    expect(notes).toContain("error preview-refused");
  });

  it("a claim that shrinks is an error, and one that grows is said", () => {
    const claim = (storage: string) =>
      manifest("v1", "PersistentVolumeClaim", "data", {
        spec: { resources: { requests: { storage } } },
      });
    expect(said(claim("2Gi"), claim("1Gi"))).toEqual(["error preview-shrunk"]);
    expect(said(claim("1Gi"), claim("2048Mi"))).toEqual(["info volume-grows"]);
    expect(said(claim("1Gi"), claim("1024Mi"))).toEqual([]);
  });

  it.each<[string, string, string, Body, Body]>([
    [
      "the replicas of a StatefulSet",
      "apps/v1",
      "StatefulSet",
      { spec: { replicas: 1 } },
      { spec: { replicas: 2 } },
    ],
    [
      "the pods of a StatefulSet",
      "apps/v1",
      "StatefulSet",
      { spec: pod("a:1") },
      { spec: pod("a:2") },
    ],
    ["the data of a ConfigMap", "v1", "ConfigMap", { data: { a: "1" } }, { data: { a: "2" } }],
    [
      "the subjects of a RoleBinding",
      "rbac.authorization.k8s.io/v1",
      "RoleBinding",
      { subjects: [] },
      { subjects: [{ name: "a" }] },
    ],
    [
      "a foreign kind of the same name",
      "example.com/v1",
      "StatefulSet",
      { spec: { serviceName: "a" } },
      { spec: { serviceName: "b" } },
    ],
  ])("to change %s is none", (_, apiVersion, kind, before, after) => {
    const notes = said(
      manifest(apiVersion, kind, "x", before),
      manifest(apiVersion, kind, "x", after),
    );
    expect(notes).not.toContain("error preview-refused");
  });
});

describe("restarts", () => {
  const deployment = (spec: Body) => manifest("apps/v1", "Deployment", "app", { spec });
  const redis = (spec: Body) => manifest("apps/v1", "StatefulSet", "redis", { spec });

  it("of a Deployment come pod by pod, or all at once where it says so", () => {
    expect(said(deployment(pod("a:1")), deployment(pod("a:2")))).toEqual([
      "warning restart-rolling",
    ]);
    const strategy = { type: "Recreate" };
    expect(
      said(deployment({ strategy, ...pod("a:1") }), deployment({ strategy, ...pod("a:2") })),
    ).toEqual(["warning restart-recreate"]);
  });

  it("of Redis are an alarm", () => {
    expect(said(redis(pod("a:1")), redis(pod("a:2")))).toEqual(["alarm restart-redis"]);
  });

  it("of the archive are a warning: what comes in waits in Redis", () => {
    const archive = (spec: Body) => manifest("apps/v1", "StatefulSet", "archive", { spec });
    expect(said(archive(pod("a:1")), archive(pod("a:2")))).toEqual(["warning restart-archive"]);
  });

  it("are none where there are no pods, or the template stays", () => {
    expect(
      said(redis({ replicas: 0, ...pod("a:1") }), redis({ replicas: 0, ...pod("a:2") })),
    ).toEqual(["info restart-none"]);
    expect(said(deployment({ paused: false }), deployment({ paused: true }))).toEqual([]);
  });

  it("wait for somebody where pods are replaced on deletion only", () => {
    const updateStrategy = { type: "OnDelete" };
    const set = (image: string) =>
      manifest("apps/v1", "DaemonSet", "agent", { spec: { updateStrategy, ...pod(image) } });
    expect(said(set("a:1"), set("a:2"))).toEqual(["warning restart-on-delete"]);
  });

  it("that are missing are said of pods that read what changes", () => {
    const config = (text: string) => manifest("v1", "ConfigMap", "settings", { data: { a: text } });
    const reading = (how: Body) => deployment(pod("a:1", how));
    const volume = (more: Body) =>
      deployment({
        template: {
          spec: {
            containers: [
              { name: "app", volumeMounts: [{ name: "files", mountPath: "/etc/app", ...more }] },
            ],
            volumes: [{ name: "files", configMap: { name: "settings" } }],
          },
        },
      });
    const [before, after] = [config("1"), config("2")];
    expect(
      said(before, after, reading({ envFrom: [{ configMapRef: { name: "settings" } }] })),
    ).toEqual(["warning not-restarted-environment"]);
    expect(said(before, after, volume({}))).toEqual(["warning not-restarted-volume"]);
    expect(said(before, after, volume({ subPath: "a" }))).toEqual(["warning not-restarted-file"]);
    expect(
      said(before, after, reading({ envFrom: [{ configMapRef: { name: "another" } }] })),
    ).toEqual([]);
  });

  it("warn of replicas that leave Git for an autoscaler", () => {
    const scaler = manifest("autoscaling/v2", "HorizontalPodAutoscaler", "app", {
      spec: { scaleTargetRef: { kind: "Deployment", name: "app" } },
    });
    expect(said(deployment({ replicas: 3 }), deployment({}), scaler)).toEqual([
      "warning replicas-dropped",
    ]);
    expect(said(deployment({ replicas: 3 }), deployment({ replicas: 4 }))).toEqual(["info scaled"]);
  });
});

describe("what leaves Git", () => {
  const options = (text: string): Body => ({
    metadata: { annotations: { "argocd.argoproj.io/sync-options": text } },
  });
  it.each([
    ["left", "warning left", "Prune=false,Delete=confirm"],
    ["deleted once confirmed", "alarm confirmed", "Delete=false, Prune=confirm"],
    ["deleted", "alarm pruned", "Delete=confirm"],
  ])("and holds data is %s, as its sync options say", (_, note, text) => {
    expect(said(manifest("v1", "PersistentVolumeClaim", "data", options(text)), null)).toEqual([
      note,
    ]);
  });

  it("and holds none is listed and no more", () => {
    expect(said(manifest("v1", "ConfigMap", "settings"), null)).toEqual([]);
  });
});

describe("a tenant's state", () => {
  const namespace = (state: string, channel = "stable"): Manifest => ({
    ...manifest("v1", "Namespace", "tenant-acme", {
      metadata: { labels: { "neurallog.dev/state": state, "neurallog.dev/channel": channel } },
    }),
    namespace: undefined,
  });
  it("that closes it is an alarm, and one that opens it is said", () => {
    expect(said(namespace("active"), namespace("suspended"))).toEqual(["alarm moved"]);
    expect(said(namespace("suspended"), namespace("active"))).toEqual(["info moved"]);
    expect(said(namespace("active"), namespace("active", "canary"))).toEqual(["info moved"]);
  });
});

describe("a Secret", () => {
  it("is compared without its values being shown", () => {
    const secret = (value: string) =>
      manifest("v1", "Secret", "key", { data: { password: value } });
    const changes = compareBuilds([secret("aHVudGVyMg==")], [secret("b3RoZXI=")]);
    expect(changes).toHaveLength(1);
    expect(JSON.stringify(changes)).not.toMatch(/aHVudGVyMg|b3RoZXI/);
    expect(compareBuilds([secret("aHVudGVyMg==")], [secret("aHVudGVyMg==")])).toEqual([]);
  });
});
