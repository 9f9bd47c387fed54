// Tenants that are suspended or retiring, and organizations that are: from what kustomize makes of what is committed.
import { beforeAll, describe, expect, it } from "vitest";
import { nameOf, ofKind } from "../../../generator/manifests/manifest.ts";
import { at, committedTenants, find, type Tenant } from "../support/committed.ts";

let tenants: Tenant[];
beforeAll(async () => {
  tenants = await committedTenants();
});
const inState = (state: "suspended" | "retiring"): Tenant[] => {
  const found = tenants.filter(({ plan }) => plan.state === state);
  if (found.length === 0) throw new Error(`no committed tenant is ${state}`);
  return found;
};

describe.each([
  ["suspended", 0],
  ["retiring", 1],
] as const)("a tenant that is %s", (state, replicas) => {
  it(`runs Redis and ${replicas} log services, and nothing else that makes pods`, () => {
    for (const { plan, objects } of inState(state)) {
      const kinds = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"];
      const root = `tenant-${plan.id}`;
      expect(ofKind(objects, ...kinds).map(nameOf)).toEqual([
        `Deployment ${root}/log-service`,
        `StatefulSet ${root}/redis`,
      ]);
      const deployment = find(objects, "Deployment", root, "log-service");
      expect(at(deployment, "spec", "replicas")).toBe(replicas);
      expect(at(find(objects, "StatefulSet", root, "redis"), "spec", "replicas")).toBe(1);
    }
  });

  it("is scaled by nobody, and has no way in from outside", () => {
    for (const { objects } of inState(state)) {
      const ways = ["HorizontalPodAutoscaler", "VerticalPodAutoscaler", "HTTPRoute", "Ingress"];
      expect(ofKind(objects, ...ways).map(nameOf)).toEqual([]);
    }
  });

  it("lets nobody in but its own log service to Redis, and not even the monitoring", () => {
    for (const { plan, objects } of inState(state)) {
      const open = ofKind(objects, "NetworkPolicy").filter((policy) => {
        const ingress = at(policy, "spec", "ingress");
        return Array.isArray(ingress) && ingress.length > 0;
      });
      expect(open.map(nameOf)).toEqual([`NetworkPolicy tenant-${plan.id}/redis`]);
      const rules = at(open[0], "spec", "ingress");
      expect(rules).toEqual([
        {
          from: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "log-service" } } }],
          ports: [{ port: 6379, protocol: "TCP" }],
        },
      ]);
    }
  });

  it("keeps its claim, as large as it was", () => {
    for (const { plan, objects } of inState(state)) {
      const claim = find(objects, "PersistentVolumeClaim", `tenant-${plan.id}`, "data-redis-0");
      expect(at(claim, "spec", "resources", "requests", "storage")).toBe(
        plan.redis.mode === "standalone" ? plan.redis.storage.size : undefined,
      );
    }
  });

  it("leaves its organizations their namespaces, who may look, and what closes them", () => {
    for (const { plan, objects } of inState(state)) {
      const others = plan.namespaces.filter(({ role }) => role !== "root");
      expect(others.length).toBeGreaterThan(0);
      for (const { name } of others) {
        const own = objects.filter(({ namespace }) => namespace === name);
        expect(own.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([
          "LimitRange limits",
          "NetworkPolicy default-deny",
          "ResourceQuota quota",
          "RoleBinding view",
          "ServiceAccount default",
        ]);
        expect(at(find(own, "ResourceQuota", name, "quota"), "spec", "hard")).toMatchObject({
          pods: "0",
          "requests.storage": "0",
          persistentvolumeclaims: "0",
        });
      }
    }
  });
});

describe("an organization that is retiring", () => {
  it("is left with its namespace closed, its tenant with all that it had", () => {
    const tenant = tenants.find(
      ({ plan }) => plan.state === "active" && plan.namespaces.some(({ closed }) => closed),
    );
    if (tenant === undefined) throw new Error("no committed organization is retiring");
    const { plan, objects } = tenant;
    const closed = plan.namespaces.filter((one) => one.closed).map(({ name }) => name);
    const own = objects.filter(({ namespace }) => closed.includes(namespace ?? ""));
    expect(ofKind(own, "Deployment", "Service", "Ingress", "HTTPRoute").map(nameOf)).toEqual([]);
    expect(ofKind(own, "NetworkPolicy").map(({ name }) => name)).toEqual(
      closed.map(() => "default-deny"),
    );
    // Nor does anybody else's policy let its pods in.
    const rest = objects.filter(({ namespace }) => !closed.includes(namespace ?? ""));
    for (const name of closed)
      expect(JSON.stringify(ofKind(rest, "NetworkPolicy"))).not.toContain(`"${name}"`);
    expect(find(objects, "Deployment", `tenant-${plan.id}`, "log-service")).toBeDefined();
  });
});
