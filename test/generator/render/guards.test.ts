// What bounds a tenant: in its namespaces, in what its owners may do, in what is never deleted by mistake.
import { readdirSync } from "node:fs";
import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { nameOf, ofKind } from "../../../generator/manifests/manifest.ts";
import { parseManifests } from "../../../generator/manifests/parse.ts";
import { root as project } from "../../../tools/root.ts";
import { at, committedTenants, find, type Tenant } from "../support/committed.ts";

let tenants: Tenant[];
beforeAll(async () => {
  tenants = await committedTenants();
});

const namespaces = () =>
  tenants.flatMap(({ plan, objects }) =>
    plan.namespaces.map((namespace) => ({ plan, objects, namespace })),
  );

describe("an overlay", () => {
  it("is made of kustomizations and patches over the release's bases, and of nothing else", () => {
    const kustomization = z.looseObject({
      resources: z.array(z.string()),
      components: z.array(z.string()).optional(),
      patches: z.array(z.looseObject({ path: z.enum(["patches.yaml", "quota.yaml"]) })).optional(),
    });
    const below = /^(?:\.\.\/){5,6}bases\/next\/[a-z-]+$/;
    for (const cluster of ["home", "cloud"]) {
      const folder = `${project}/overlays/${cluster}/tenants`;
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (entry.isDirectory()) continue;
        expect(entry.name).toMatch(/^(?:kustomization|patches|quota)\.yaml$/);
        if (entry.name !== "kustomization.yaml") continue;
        const made = kustomization.parse(
          load(readFileSync(`${entry.parentPath}/${entry.name}`, "utf8")),
        );
        const folders = readdirSync(entry.parentPath, { withFileTypes: true }).filter((one) =>
          one.isDirectory(),
        );
        const foreign = made.resources.filter((path) => !below.test(path));
        expect(foreign.sort()).toEqual(folders.map(({ name }) => name).sort());
        for (const path of made.components ?? [])
          expect(path).toMatch(/^(?:\.\.\/){5}bases\/next\/components\/[a-z-]+$/);
      }
    }
  });

  it("leaves no value of a base that the overlay has to set", () => {
    for (const { objects } of tenants) {
      expect(JSON.stringify(objects)).not.toMatch(/"unset"|unset\.invalid|the overlay sets this/);
      for (const object of ofKind(objects, "RoleBinding"))
        expect(at(object, "subjects")).not.toEqual([]);
    }
  });

  it("holds objects of the tenant's own namespaces only, and none of the cluster's but those", () => {
    for (const { plan, objects } of tenants) {
      const names = plan.namespaces.map(({ name }) => name);
      expect(ofKind(objects, "Namespace").map(({ name }) => name)).toEqual(names.toSorted());
      const others = objects.filter(
        ({ kind, namespace }) => kind !== "Namespace" && !names.includes(namespace ?? ""),
      );
      expect(others.map(nameOf)).toEqual([]);
    }
  });

  it("holds no Secret, and reads a provider under the tenant's prefix alone", () => {
    const extract = z.strictObject({
      key: z.string(),
      conversionStrategy: z.literal("Default"),
      decodingStrategy: z.literal("None"),
      metadataPolicy: z.literal("None"),
    });
    const keys = z.object({ dataFrom: z.array(z.strictObject({ extract })).min(1) });
    for (const { plan, objects } of tenants) {
      expect(ofKind(objects, "Secret", "ClusterSecretStore", "ClusterExternalSecret")).toEqual([]);
      const secrets = ofKind(objects, "ExternalSecret");
      expect(secrets.length > 0).toBe(plan.secrets.provider === "external-secrets");
      for (const object of secrets) {
        expect(at(object, "spec", "secretStoreRef")).toEqual({
          kind: "SecretStore",
          name: "tenant",
        });
        expect(find(objects, "SecretStore", object.namespace ?? "", "tenant")).toBeDefined();
        for (const each of keys.parse(at(object, "spec")).dataFrom) {
          expect(each.extract.key.startsWith(`neurallog/${plan.id}/`)).toBe(true);
        }
      }
    }
  });
});

describe("every namespace", () => {
  it("has Pod Security's restricted profile enforced, audited and warned of", () => {
    for (const { objects, namespace } of namespaces()) {
      const labels = objects.find(
        ({ kind, name }) => kind === "Namespace" && name === namespace.name,
      )?.labels;
      for (const mode of ["enforce", "audit", "warn"]) {
        expect(labels?.[`pod-security.kubernetes.io/${mode}`]).toBe("restricted");
      }
    }
  });

  it("denies what no other policy allows, in both directions", () => {
    for (const { objects, namespace } of namespaces()) {
      const policy = find(objects, "NetworkPolicy", namespace.name, "default-deny");
      expect(at(policy, "spec")).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    }
  });

  it("has a quota, bounds for containers, and no token for pods that name no account", () => {
    for (const { objects, namespace } of namespaces()) {
      const hard = at(find(objects, "ResourceQuota", namespace.name, "quota"), "spec", "hard");
      expect(hard).toMatchObject({
        pods: String(namespace.quota.pods),
        "limits.memory": namespace.quota.limits.memory,
        "services.loadbalancers": "0",
        "services.nodeports": "0",
      });
      expect(
        at(find(objects, "LimitRange", namespace.name, "limits"), "spec", "limits"),
      ).toHaveLength(1);
      const account = find(objects, "ServiceAccount", namespace.name, "default");
      expect(at(account, "automountServiceAccountToken")).toBe(false);
    }
    for (const object of tenants.flatMap(({ objects }) => ofKind(objects, "ServiceAccount"))) {
      expect(at(object, "automountServiceAccountToken")).toBe(false);
    }
  });

  it("is closed, with a quota of zero, when its organization or its tenant is", () => {
    const closed = namespaces().filter(
      ({ namespace }) => namespace.closed && namespace.role !== "root",
    );
    expect(closed.length).toBeGreaterThan(0);
    for (const { objects, namespace } of closed) {
      const own = objects.filter((object) => object.namespace === namespace.name);
      expect(ofKind(own, "NetworkPolicy").map(({ name }) => name)).toEqual(["default-deny"]);
      expect(at(find(own, "ResourceQuota", namespace.name, "quota"), "spec", "hard", "pods")).toBe(
        "0",
      );
      expect(ofKind(own, "Deployment", "Service")).toEqual([]);
    }
  });

  it("asks the cluster's resolver for names by one peer with both selectors", () => {
    const peer = z.tuple([
      z.strictObject({ namespaceSelector: z.object(), podSelector: z.object() }),
    ]);
    const egress = z.tuple([
      z.object({
        to: peer,
        ports: z.tuple([
          z.strictObject({ port: z.literal(53), protocol: z.literal("UDP") }),
          z.strictObject({ port: z.literal(53), protocol: z.literal("TCP") }),
        ]),
      }),
    ]);
    const policies = tenants
      .flatMap(({ objects }) => ofKind(objects, "NetworkPolicy"))
      .filter(({ name }) => name === "dns");
    expect(policies.length).toBeGreaterThan(0);
    for (const policy of policies)
      expect(egress.safeParse(at(policy, "spec", "egress")).success).toBe(true);
  });
});

describe("what holds data, and what guards it", () => {
  const protectedKinds = [
    "Namespace",
    "ResourceQuota",
    "LimitRange",
    "PersistentVolumeClaim",
    "StatefulSet",
  ];

  it("is never pruned by a commit, and deleted only when somebody confirmed", () => {
    const held = tenants.flatMap(({ objects }) =>
      objects.filter(({ kind, name }) => protectedKinds.includes(kind) || name === "default-deny"),
    );
    expect(held.length).toBeGreaterThan(50);
    for (const object of held) {
      const options = at(object, "metadata", "annotations", "argocd.argoproj.io/sync-options");
      expect([nameOf(object), options]).toEqual([nameOf(object), "Prune=false,Delete=confirm"]);
    }
  });

  it("is nothing else: a pending confirmation would stop a tenant's next commit", () => {
    expect(JSON.stringify(tenants.map(({ objects }) => objects))).not.toContain("Prune=confirm");
  });
});

const rule = z.strictObject({
  apiGroups: z.array(z.string()),
  resources: z.array(z.string()),
  verbs: z.array(z.string()),
});
const rulesOf = (name: string) =>
  parseManifests(readFileSync(`${project}/bases/platform/roles/${name}.yaml`, "utf8")).flatMap(
    (object) => z.array(rule).parse(at(object, "rules")),
  );

describe("a tenant's owners", () => {
  it("may look, without seeing secrets and without a way to run anything", () => {
    const rules = rulesOf("tenant-view");
    expect(rules.length).toBeGreaterThan(0);
    for (const { resources, verbs } of rules) {
      expect(verbs.filter((verb) => !["get", "list", "watch"].includes(verb))).toEqual([]);
      const forbidden =
        /^(?:\*|secrets)$|\/(?:exec|attach|portforward|proxy|ephemeralcontainers|token)$/;
      expect(resources.filter((resource) => forbidden.test(resource))).toEqual([]);
    }
  });

  it("have no more than that in the root and the MCP namespaces", () => {
    for (const { objects, namespace } of namespaces()) {
      const roles = ofKind(objects, "RoleBinding")
        .filter((object) => object.namespace === namespace.name)
        .map((object) => at(object, "roleRef"));
      const bound = (name: string) => ({
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name,
      });
      const works = namespace.role === "organization" && !namespace.closed;
      expect(roles).toEqual([
        bound("neurallog-tenant-view"),
        ...(works ? [bound("neurallog-tenant-workloads")] : []),
      ]);
    }
  });

  it("may write no quota, limits, policies, roles, routes or namespace in an organization, nor go round them", () => {
    const allowed = new Set([
      "configmaps",
      "persistentvolumeclaims",
      "pods",
      "secrets",
      "services",
      "pods/exec",
      "pods/attach",
      "pods/portforward",
      "pods/eviction",
      "daemonsets",
      "deployments",
      "replicasets",
      "statefulsets",
      "deployments/scale",
      "replicasets/scale",
      "statefulsets/scale",
      "horizontalpodautoscalers",
      "cronjobs",
      "jobs",
      "poddisruptionbudgets",
    ]);
    const rules = rulesOf("tenant-workloads");
    expect(rules.length).toBeGreaterThan(0);
    expect(
      rules.flatMap(({ resources }) => resources).filter((resource) => !allowed.has(resource)),
    ).toEqual([]);
    expect(
      rules
        .flatMap(({ verbs, apiGroups }) => [...verbs, ...apiGroups])
        .filter((word) => /\*|bind|escalate|impersonate/.test(word)),
    ).toEqual([]);
  });

  it("are groups: of the tenant everywhere, of an organization in its own namespaces", () => {
    for (const { plan, objects, namespace } of namespaces()) {
      const subjects = (name: string) =>
        at(find(objects, "RoleBinding", namespace.name, name), "subjects");
      const group = (name: string) => ({
        apiGroup: "rbac.authorization.k8s.io",
        kind: "Group",
        name,
      });
      expect(subjects("view")).toEqual([...new Set([plan.group, namespace.group])].map(group));
      if (namespace.role === "organization" && !namespace.closed) {
        expect(subjects("workloads")).toEqual([group(namespace.group)]);
      }
    }
    expect(
      tenants.flatMap(({ objects }) =>
        ofKind(objects, "Role", "ClusterRole", "ClusterRoleBinding"),
      ),
    ).toEqual([]);
  });
});
