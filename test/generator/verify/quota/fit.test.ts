import { beforeAll, describe, expect, it } from "vitest";
import type { Manifest } from "../../../../generator/manifests/manifest.ts";
import { parseManifests } from "../../../../generator/manifests/parse.ts";
import { proveQuotas } from "../../../../generator/verify/quota/fit.ts";
import { type RenderedTenant, renderedTenants } from "../rendered.ts";

const hard = {
  "requests.cpu": "1200m",
  "requests.memory": "1100Mi",
  "limits.cpu": "11",
  "limits.memory": "2200Mi",
  pods: "11",
  "requests.storage": "5Gi",
  persistentvolumeclaims: "1",
};
const resources = {
  requests: { cpu: "100m", memory: "100Mi" },
  limits: { cpu: "1", memory: "200Mi" },
};

interface Change {
  hard?: Record<string, string | number>;
  containers?: unknown[];
  initContainers?: unknown[];
  strategy?: unknown;
  replicas?: number;
  maxReplicas?: number | null;
  range?: unknown;
  more?: unknown[];
}

/** One Deployment that scales to 5 under a quota that just holds it. */
function overlay(change: Change = {}): Manifest[] {
  const object = (apiVersion: string, kind: string, name: string, spec: unknown) => ({
    apiVersion,
    kind,
    metadata: { name, namespace: "n" },
    spec,
  });
  const { maxReplicas = 5 } = change;
  const objects = [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } },
    object("v1", "ResourceQuota", "quota", { hard: { ...hard, ...change.hard } }),
    object("v1", "LimitRange", "limits", {
      limits: [
        change.range ?? {
          type: "Container",
          default: { cpu: "1", memory: "200Mi" },
          defaultRequest: { cpu: "100m", memory: "100Mi" },
          max: { cpu: "1", memory: "200Mi" },
        },
      ],
    }),
    object("apps/v1", "Deployment", "web", {
      replicas: change.replicas,
      strategy: change.strategy ?? { rollingUpdate: { maxSurge: 1 } },
      template: {
        spec: {
          containers: change.containers ?? [{ name: "web", resources }],
          initContainers: change.initContainers,
        },
      },
    }),
    ...(maxReplicas === null
      ? []
      : [
          object("autoscaling/v2", "HorizontalPodAutoscaler", "web", {
            maxReplicas,
            scaleTargetRef: { kind: "Deployment", name: "web" },
          }),
        ]),
    object("v1", "PersistentVolumeClaim", "data", {
      resources: { requests: { storage: "5Gi" } },
    }),
    ...(change.more ?? []),
  ];
  return parseManifests(objects.map((each) => JSON.stringify(each)).join("\n---\n"));
}

function messages(change: Change): string[] {
  return proveQuotas("acme", overlay(change)).map(({ message }) => message);
}

describe("the quota proof", () => {
  it("finds nothing where the peak just fits", () => {
    expect(messages({})).toEqual([]);
  });

  it("counts the pods that still drain during a rolling update at the autoscaler's maximum", () => {
    expect(messages({ hard: { pods: "10" } })).toEqual([
      "namespace n: pods 10 does not hold what is deployed: 11 web (2 × 5 while old ones drain + 1 surge)",
    ]);
  });

  it("shows its arithmetic", () => {
    expect(messages({ maxReplicas: 6 })).toContain(
      "namespace n: requests.cpu 1200m does not hold what is deployed: " +
        "13 web (2 × 6 while old ones drain + 1 surge) × 100m = 1300m",
    );
  });

  it("rounds a surge in percent up, as the Deployment controller does", () => {
    expect(messages({ strategy: {} })).toContain(
      "namespace n: pods 11 does not hold what is deployed: 12 web (2 × 5 while old ones drain + 2 surge)",
    );
  });

  it("counts no successor beside a pod that Recreate or a StatefulSet replaces", () => {
    expect(messages({ strategy: { type: "Recreate" }, hard: { pods: "5" } })).toEqual([]);
  });

  it("takes the replicas where no autoscaler is, and one where there are none", () => {
    expect(messages({ maxReplicas: null, replicas: 2, hard: { pods: "5" } })).toEqual([]);
    expect(messages({ maxReplicas: null, replicas: 3, hard: { pods: "5" } })).toHaveLength(1);
    expect(messages({ maxReplicas: null, hard: { pods: "3" } })).toEqual([]);
  });

  it("counts the largest init container where it is more than all others, and sidecars beside them", () => {
    const init = (cpu: string, more = {}) => ({
      name: "init",
      ...more,
      resources: { ...resources, requests: { cpu, memory: "1Mi" } },
    });
    expect(messages({ initContainers: [init("100m")] })).toEqual([]);
    expect(messages({ initContainers: [init("110m")] })).toHaveLength(1);
    expect(messages({ initContainers: [init("10m", { restartPolicy: "Always" })] })).toEqual(
      expect.arrayContaining([expect.stringContaining("× 110m = 1210m")]),
    );
  });

  it("adds claims up", () => {
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "more", namespace: "n" },
      spec: { resources: { requests: { storage: "1Gi" } } },
    };
    expect(messages({ more: [claim] })).toEqual([
      "namespace n: requests.storage 5Gi does not hold what is deployed: 5Gi + 1Gi = 6Gi",
      "namespace n: persistentvolumeclaims 1 does not hold what is deployed: 2",
    ]);
  });

  it("refuses a container that leaves its resources to the defaults", () => {
    expect(messages({ containers: [{ name: "web" }] })).toContain(
      "container web of Deployment n/web has no resources.limits.memory: the quota would count a default",
    );
  });

  it("refuses a container above its LimitRange", () => {
    const range = { type: "Container", max: { memory: "100Mi" } };
    expect(messages({ range })).toEqual([
      "namespace n: container web of Deployment web has limits.memory 200Mi, but its LimitRange has max 100Mi",
    ]);
  });

  it("refuses a pod above, and a container below, its LimitRange", () => {
    expect(messages({ range: { type: "Pod", max: { cpu: "500m" } } })).toContain(
      "namespace n: Deployment web has limits.cpu 1, but its LimitRange has max 500m",
    );
    expect(messages({ range: { type: "Container", min: { cpu: "200m" } } })).toEqual([
      "namespace n: container web of Deployment web has requests.cpu 100m, but its LimitRange has min 200m",
    ]);
  });

  it("refuses what has no bound, or what it cannot count", () => {
    const daemon = {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "d", namespace: "n" },
      spec: { template: { spec: { containers: [{ name: "d", resources }] } } },
    };
    expect(messages({ more: [daemon] })).toEqual(["DaemonSet n/d can have any number of pods"]);
    expect(messages({ hard: { "count/jobs.batch": "1" } })).toEqual([
      "namespace n: a quota on count/jobs.batch cannot be proven to hold",
    ]);
  });

  it("refuses an autoscaler that changes requests behind its back", () => {
    const vpa = (updateMode?: string) => ({
      apiVersion: "autoscaling.k8s.io/v1",
      kind: "VerticalPodAutoscaler",
      metadata: { name: "v", namespace: "n" },
      spec: { updatePolicy: { updateMode } },
    });
    expect(messages({ more: [vpa("Off")] })).toEqual([]);
    expect(messages({ more: [vpa("Initial")] })).toHaveLength(1);
    expect(messages({ more: [vpa()] })).toHaveLength(1);
  });

  it("refuses a namespace without quota or limits", () => {
    const objects = overlay().filter(({ kind }) => !/^(?:ResourceQuota|LimitRange)$/.test(kind));
    expect(proveQuotas("acme", objects).map(({ code }) => code)).toEqual([
      "quota-missing",
      "quota-missing",
    ]);
  });
});

describe("the committed overlays' quotas", () => {
  let tenants: RenderedTenant[] = [];
  beforeAll(async () => {
    tenants = await renderedTenants();
  });

  it("hold what is deployed", () => {
    expect(tenants.flatMap(({ plan, objects }) => proveQuotas(plan.id, objects))).toEqual([]);
  });

  it("are not proven by looking away: one replica more breaks the root namespace's", () => {
    for (const { plan, objects } of tenants) {
      const raised = objects.map((object) => {
        if (object.kind !== "HorizontalPodAutoscaler") return object;
        const spec = {
          ...Object(object.body["spec"]),
          maxReplicas: plan.logService.replicas.max + 9,
        };
        return { ...object, body: { ...object.body, spec } };
      });
      const scales = objects.some(({ kind }) => kind === "HorizontalPodAutoscaler");
      const found = proveQuotas(plan.id, raised).map(({ code }) => code);
      expect(found.includes("quota-exceeded")).toBe(scales);
    }
  });
});
