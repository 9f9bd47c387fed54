// What every pod of every committed overlay has to be, whatever its image does.
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { nameOf, ofKind, type Manifest } from "../../../generator/manifests/manifest.ts";
import { podTemplates, type PodTemplate } from "../../../generator/manifests/workloads.ts";
import { at, committedTenants, find, type Tenant } from "../support/committed.ts";

let tenants: Tenant[];
let pods: PodTemplate[];
beforeAll(async () => {
  tenants = await committedTenants();
  pods = tenants.flatMap(({ objects }) => podTemplates(objects));
});

const containers = () =>
  pods.flatMap((pod) =>
    [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map((container) => ({
      name: `${pod.namespace}/${pod.owner}/${container.name}`,
      container,
    })),
  );

/** Names of containers that a schema refuses. */
const refused = (schema: z.ZodType): string[] =>
  containers()
    .filter(({ container }) => !schema.safeParse(container).success)
    .map(({ name }) => name);

const refusedPods = (schema: z.ZodType): string[] =>
  pods
    .filter((pod) => !schema.safeParse(pod.spec).success)
    .map((pod) => `${pod.namespace}/${pod.owner}`);

const absent = z.undefined().optional();
const amounts = z.object({ cpu: z.string().min(1), memory: z.string().min(1) });

describe("every container", () => {
  it("is there to be judged", () => {
    expect(new Set(containers().map(({ container }) => container.name))).toEqual(
      new Set(["log-service", "log-service-work", "mcp", "redis", "exporter", "postgres"]),
    );
  });

  it("names its resources, or the quota would refuse it", () => {
    expect(
      refused(z.object({ resources: z.object({ requests: amounts, limits: amounts }) })),
    ).toEqual([]);
  });

  it("has a read-only root, no privileges to gain and no capabilities", () => {
    const securityContext = z.object({
      allowPrivilegeEscalation: z.literal(false),
      readOnlyRootFilesystem: z.literal(true),
      privileged: absent,
      runAsUser: absent,
      runAsNonRoot: absent,
      capabilities: z.strictObject({ drop: z.tuple([z.literal("ALL")]) }),
    });
    expect(refused(z.object({ securityContext }))).toEqual([]);
  });

  it("runs an image by its digest", () => {
    expect(
      refused(z.object({ image: z.string().regex(/^[\w./:-]+@sha256:[0-9a-f]{64}$/) })),
    ).toEqual([]);
  });

  it("mounts everything but its own data and its scratch space read-only", () => {
    const mounts = z.array(
      z.union([
        z.object({ readOnly: z.literal(true) }),
        z.object({ name: z.enum(["tmp", "data"]), readOnly: absent }),
      ]),
    );
    expect(refused(z.object({ volumeMounts: mounts.optional() }))).toEqual([]);
  });

  it("holds no secret in its command, its arguments or its environment's values", () => {
    const env = z.array(
      z.union([
        z.strictObject({
          name: z.string(),
          valueFrom: z.strictObject({ secretKeyRef: z.object() }),
        }),
        z.strictObject({
          name: z.string().regex(/^(?!.*(?:PASSWORD|KEY|TOKEN|SECRET)$)/),
          value: z.string().regex(/^(?!.*(?:nlk_|:\/\/[^/]*@))/),
        }),
      ]),
    );
    const words = z
      .array(
        z.enum([
          "serve",
          "work",
          "mcp",
          "valkey-server",
          "/etc/redis/redis.conf",
          "sh",
          "/etc/archive/start.sh",
          "/var/lib/postgresql/18/archive",
          "/etc/archive/postgresql.conf",
          // The folder of those that hold them.
          "/etc/archive-passwords",
          // PostgreSQL's major version.
          "18",
        ]),
      )
      .optional();
    expect(refused(z.object({ command: words, args: words, env: env.optional() }))).toEqual([]);
  });

  it("is watched: ready and alive", () => {
    const probe = z.looseObject({ periodSeconds: z.int(), timeoutSeconds: z.int() });
    expect(refused(z.object({ readinessProbe: probe, livenessProbe: probe }))).toEqual([]);
  });
});

describe("every pod", () => {
  it("runs as nobody in particular, with the runtime's system-call filter", () => {
    const securityContext = z.object({
      runAsNonRoot: z.literal(true),
      runAsUser: z.int().positive(),
      runAsGroup: z.int().positive(),
      fsGroup: z.int().positive(),
      seccompProfile: z.strictObject({ type: z.literal("RuntimeDefault") }),
    });
    expect(refusedPods(z.object({ securityContext }))).toEqual([]);
  });

  it("gets no token, shares nothing of its node and mounts nothing of it", () => {
    const spec = z.object({
      automountServiceAccountToken: z.literal(false),
      enableServiceLinks: z.literal(false),
      serviceAccountName: z.enum(["log-service", "redis", "archive", "mcp"]),
      hostNetwork: absent,
      hostPID: absent,
      hostIPC: absent,
      nodeName: absent,
      volumes: z.array(z.object({ hostPath: absent })),
    });
    expect(refusedPods(spec)).toEqual([]);
  });

  it("has longer to end than its waiting and its draining take", () => {
    for (const { container, spec } of pods.flatMap(({ spec }) =>
      spec.containers.map((container) => ({ container, spec })),
    )) {
      if (container.name !== "log-service" && container.name !== "mcp") continue;
      const { env, lifecycle } = z
        .object({
          env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })),
          lifecycle: z.object({ preStop: z.object({ sleep: z.object({ seconds: z.int() }) }) }),
        })
        .parse(container);
      const drain = Number(env.find(({ name }) => name === "NEURALLOG_DRAIN_SECONDS")?.value);
      expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(
        lifecycle.preStop.sleep.seconds + drain,
      );
    }
  });
});

describe("every workload", () => {
  const workloads = (objects: readonly Manifest[]) => ofKind(objects, "Deployment", "StatefulSet");

  it("selects its pods by their application alone, which no later label can break", () => {
    for (const { objects } of tenants) {
      for (const object of workloads(objects)) {
        const selector = { matchLabels: { "app.kubernetes.io/name": object.name } };
        expect(at(object, "spec", "selector")).toEqual(selector);
      }
    }
  });

  it("has a disruption budget that lets every node be drained", () => {
    for (const { objects } of tenants) {
      for (const object of workloads(objects)) {
        const budget = find(objects, "PodDisruptionBudget", object.namespace ?? "", object.name);
        expect(at(budget, "spec")).toEqual({
          maxUnavailable: 1,
          unhealthyPodEvictionPolicy: "AlwaysAllow",
          selector: at(object, "spec", "selector"),
        });
      }
    }
  });

  it("leaves its replicas to the autoscaler where it has one", () => {
    for (const { plan, objects } of tenants) {
      const namespace = `tenant-${plan.id}`;
      const replicas = at(
        find(objects, "Deployment", namespace, "log-service"),
        "spec",
        "replicas",
      );
      const autoscaler = find(objects, "HorizontalPodAutoscaler", namespace, "log-service");
      const expected = { active: undefined, suspended: 0, retiring: 1 }[plan.state];
      expect([plan.state, replicas, autoscaler !== undefined]).toEqual([
        plan.state,
        expected,
        plan.state === "active",
      ]);
    }
  });

  it("only recommends where a VerticalPodAutoscaler watches, up to the limits", () => {
    const found = tenants.flatMap(({ objects }) => ofKind(objects, "VerticalPodAutoscaler"));
    expect(found.length).toBeGreaterThan(0);
    for (const object of found) {
      expect(at(object, "spec", "updatePolicy")).toEqual({ updateMode: "Off" });
      expect(JSON.stringify(object.body)).toContain("maxAllowed");
    }
  });
});

describe("Redis and the archive", () => {
  it("keep their data in claims of their own, which a retaining class holds and no commit removes", () => {
    const sets = tenants.flatMap(({ objects }) => ofKind(objects, "StatefulSet"));
    const claims = tenants.flatMap(({ objects }) => ofKind(objects, "PersistentVolumeClaim"));
    expect(sets.length).toBeGreaterThan(0);
    expect(claims.map(nameOf).sort()).toEqual(
      sets.map(({ namespace, name }) => `PersistentVolumeClaim ${namespace}/data-${name}-0`).sort(),
    );
    expect(new Set(sets.map(({ name }) => name))).toEqual(new Set(["redis", "archive"]));
    for (const set of sets) {
      expect(at(set, "spec", "volumeClaimTemplates")).toBeUndefined();
      expect(at(set, "spec", "replicas")).toBe(1);
      expect(JSON.stringify(at(set, "spec", "template", "spec", "volumes"))).toContain(
        `"claimName":"data-${set.name}-0"`,
      );
    }
    for (const claim of claims) expect(at(claim, "spec", "storageClassName")).toMatch(/-retain$/);
  });
});
