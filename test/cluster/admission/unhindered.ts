import { describe, expect, it } from "vitest";

import { type Api, at, expectOk, listAt, type Manifest, textAt } from "../support/api.ts";
import { actors } from "./actors.ts";
import { APPROVED_ROOT, ROOT, WEB } from "./names.ts";
import { makers, ref } from "./objects.ts";

const PODS = { apiVersion: "v1", kind: "Pod" };

/** What goes on under every policy, in a world of the cluster `home` that is there; its last test ends a part of that. */
export function unhindered(api: Api): void {
  const who = actors(api);

  async function phases(namespace: string, label: string): Promise<string[]> {
    const pods = await api.items(PODS, namespace, `labelSelector=${encodeURIComponent(label)}`);
    return pods.map((pod) => textAt(pod, "status", "phase") ?? "");
  }

  describe("with every policy in force", () => {
    it.each(["redis", "log-service"])("Kubernetes runs the tenant's %s", async (name) => {
      await expect
        .poll(async () => {
          const found = await phases(ROOT, `app.kubernetes.io/name=${name}`);
          return found.length > 0 && found.every((phase) => phase === "Running");
        })
        .toBe(true);
    });

    it("Redis' claim is bound to a volume", async () => {
      await expect
        .poll(async () => {
          const { body } = await api.get(ref("v1", "PersistentVolumeClaim", "data-redis-0", ROOT));
          return textAt(body, "status", "phase") === "Bound";
        })
        .toBe(true);
    });

    it("Services get their endpoints", async () => {
      await expect
        .poll(async () => {
          const slices = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" };
          const found = await api.items(
            slices,
            ROOT,
            "labelSelector=kubernetes.io/service-name=log-service",
          );
          return found.some((slice) => listAt(slice, "endpoints").length > 0);
        })
        .toBe(true);
    });

    it("the quota counts what is used", async () => {
      await expect
        .poll(async () => {
          const { body } = await api.get(ref("v1", "ResourceQuota", "quota", ROOT));
          return Number(textAt(body, "status", "used", "pods")) >= 2;
        })
        .toBe(true);
    });

    it.each(["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"])(
      "an organization's %s gets its pods, and they go with it",
      async (kind) => {
        const manifest = makers(WEB)[kind];
        if (manifest === undefined) throw new Error(`no ${kind}`);
        expectOk("create", await who.owner.create(manifest));
        await expect
          .poll(async () => {
            const found = await phases(WEB, "app=tried");
            return (
              found.length > 0 && found.every((each) => each === "Running" || each === "Succeeded")
            );
          })
          .toBe(true);
        const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Foreground" };
        expectOk("delete", await who.owner.delete(manifest, body));
        await expect.poll(async () => (await phases(WEB, "app=tried")).length === 0).toBe(true);
      },
    );

    it("a StatefulSet's claims are made and bound", async () => {
      const manifest = makers(WEB)["StatefulSet"];
      const claim = {
        metadata: { name: "data" },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: "local-retain",
          resources: { requests: { storage: "1Mi" } },
        },
      };
      const withClaim: Manifest = {
        ...ref("apps/v1", "StatefulSet", "kept", WEB),
        spec: { ...Object(at(manifest, "spec")), volumeClaimTemplates: [claim] },
      };
      expectOk("create", await who.owner.create(withClaim));
      await expect
        .poll(async () => {
          const { body } = await api.get(ref("v1", "PersistentVolumeClaim", "data-kept-0", WEB));
          return textAt(body, "status", "phase") === "Bound";
        })
        .toBe(true);
      expectOk("delete", await who.owner.delete(withClaim));
    });

    it("a namespace that was approved for deletion goes, default-deny, quota and claim with it", async () => {
      const deny = ref("networking.k8s.io/v1", "NetworkPolicy", "default-deny", APPROVED_ROOT);
      expect((await api.get(deny)).status).toBe(200);
      const namespace = ref("v1", "Namespace", APPROVED_ROOT);
      expectOk("delete", await who.platform.delete(namespace));
      await expect.poll(async () => (await api.get(namespace)).status === 404).toBe(true);
    });
  });
}
