import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  asArgo,
  asMember,
  type Api,
  connect,
  expectOk,
  type Manifest,
  refusalOf,
  textAt,
} from "../support/api.ts";
import { clearTenants, dropTenants } from "../support/argo.ts";
import { build } from "../support/overlays.ts";
import { installPlatform } from "../support/platform.ts";
import { namespacesOf, recordOf } from "../support/records.ts";
import { liveRepository } from "../support/repository.ts";

const TENANT = "peopled";
const spaces = namespacesOf(TENANT);
const api = connect();
const repository = liveRepository({ tenants: { [TENANT]: recordOf(TENANT) } });
const owner = asMember(api, `${TENANT}-owners`);
const web = asMember(api, `${TENANT}-web`);
const stranger = asMember(api, "other-owners");

beforeAll(async () => {
  await clearTenants(api);
  repository.generate();
  await installPlatform(api, "home");
  const argo = asArgo(api);
  for (const object of await build(`${repository.root}/overlays/home/tenants/${TENANT}`)) {
    const answer = await argo.apply(object, { fieldManager: "argocd-controller" });
    expectOk(`${object.kind} ${object.metadata.name}`, answer);
  }
});

afterAll(async () => {
  await dropTenants(api);
  repository[Symbol.dispose]();
});

type Resource = Parameters<Api["can"]>[1];
const core = (resource: string, subresource?: string): Resource =>
  subresource === undefined ? { resource } : { resource, subresource };
const group = (name: string, resource: string, subresource?: string): Resource => ({
  group: name,
  ...core(resource, subresource),
});

/** verb, resource: what nobody of a tenant may anywhere in it. */
const NEVER: [string, Resource][] = [
  ["update", core("resourcequotas")],
  ["delete", core("resourcequotas")],
  ["create", core("limitranges")],
  ["delete", core("limitranges")],
  ["create", group("networking.k8s.io", "networkpolicies")],
  ["update", group("networking.k8s.io", "networkpolicies")],
  ["delete", group("networking.k8s.io", "networkpolicies")],
  ["patch", core("namespaces")],
  ["delete", core("namespaces")],
  ["update", core("namespaces", "finalize")],
  ["create", group("rbac.authorization.k8s.io", "rolebindings")],
  ["create", group("rbac.authorization.k8s.io", "roles")],
  ["bind", group("rbac.authorization.k8s.io", "clusterroles")],
  ["escalate", group("rbac.authorization.k8s.io", "roles")],
  ["impersonate", core("serviceaccounts")],
  ["create", core("serviceaccounts", "token")],
  ["update", core("pods", "ephemeralcontainers")],
  ["create", core("pods", "binding")],
  ["create", core("services", "proxy")],
  ["create", core("pods", "proxy")],
  ["create", core("endpoints")],
  ["create", group("discovery.k8s.io", "endpointslices")],
  ["create", group("gateway.networking.k8s.io", "httproutes")],
  ["create", group("gateway.networking.k8s.io", "referencegrants")],
  ["create", group("external-secrets.io", "secretstores")],
];

const LOOK: [string, Resource][] = [
  ["list", core("pods")],
  ["get", core("pods", "log")],
  ["list", core("services")],
  ["list", core("events")],
  ["get", core("resourcequotas")],
  ["list", group("apps", "deployments")],
  ["list", group("networking.k8s.io", "networkpolicies")],
];

const WRITE: [string, Resource][] = [
  ["create", core("pods")],
  ["create", core("secrets")],
  ["get", core("secrets")],
  ["create", core("pods", "exec")],
  ["create", core("pods", "portforward")],
  ["create", group("apps", "deployments")],
  ["delete", group("apps", "deployments")],
  ["create", core("services")],
  ["create", group("batch", "jobs")],
];

const everywhere = Object.values(spaces);
const titleOf = ([verb, { resource, subresource }]: [string, Resource]): string =>
  `${verb} ${resource}${subresource === undefined ? "" : `/${subresource}`}`;

/** Those of the list that the answer differs for: an empty list is as it should be. */
async function wrong(user: Api, rules: [string, Resource][], namespace: string, may: boolean) {
  const answers = await Promise.all(
    rules.map(async (rule) =>
      (await user.can(...rule, namespace)) === may ? [] : [titleOf(rule)],
    ),
  );
  return answers.flat();
}

describe("the tenant's owners", () => {
  it.each(everywhere)("may look at %s", async (namespace) => {
    expect(await wrong(owner, LOOK, namespace, true)).toEqual([]);
  });

  it.each(everywhere)("may change nothing that bounds %s", async (namespace) => {
    expect(await wrong(owner, NEVER, namespace, false)).toEqual([]);
  });

  it.each([spaces.root, spaces.mcp])(
    "may neither create nor reach into anything in %s",
    async (namespace) => {
      expect(await wrong(owner, WRITE, namespace, false)).toEqual([]);
    },
  );

  it("cannot list other tenants' namespaces", async () => {
    expect(await owner.can("list", core("namespaces"))).toBe(false);
    expect((await owner.list({ apiVersion: "v1", kind: "Namespace" })).status).toBe(403);
  });
});

describe("an organization's group", () => {
  it("may run its workloads in its namespace", async () => {
    expect(await wrong(web, WRITE, spaces.organization, true)).toEqual([]);
  });

  it.each(everywhere)("may change nothing that bounds %s", async (namespace) => {
    expect(await wrong(web, NEVER, namespace, false)).toEqual([]);
  });

  it("may not see the tenant's root namespace", async () => {
    expect(await wrong(web, [...LOOK, ...WRITE], spaces.root, false)).toEqual([]);
  });

  it("may write nothing in its MCP namespace", async () => {
    expect(await wrong(web, WRITE, spaces.mcp, false)).toEqual([]);
  });

  it("runs a Deployment there that is as admission wants it", async () => {
    const answer = await web.create(workload("good"));
    expect(refusalOf(answer)).toBe("");
  });

  it("is refused a Deployment without limits by the named policy", async () => {
    const answer = await web.create(workload("bare", { resources: {} }));
    expect(refusalOf(answer)).toContain("neurallog-containers");
  });
});

describe("strangers", () => {
  it.each(everywhere)("see nothing of %s", async (namespace) => {
    expect(await wrong(stranger, [...LOOK, ...WRITE, ...NEVER], namespace, false)).toEqual([]);
  });
});

describe("service accounts", () => {
  it.each([
    [spaces.root, "log-service"],
    [spaces.root, "default"],
    [spaces.organization, "default"],
    [spaces.mcp, "mcp"],
  ])("of %s, %s, may do nothing anywhere", async (namespace, name) => {
    const account = api.asServiceAccount(namespace, name);
    for (const where of everywhere) {
      expect(await wrong(account, [...LOOK, ...WRITE, ...NEVER], where, false)).toEqual([]);
    }
  });

  it.each(everywhere)("of %s get no token mounted", async (namespace) => {
    const accounts = await api.items({ apiVersion: "v1", kind: "ServiceAccount" }, namespace);
    const mounted = accounts.filter((each) => each["automountServiceAccountToken"] !== false);
    expect(mounted.map((each) => textAt(each, "metadata", "name"))).toEqual([]);
  });
});

describe("what is in", () => {
  const names = async (kind: string, apiVersion: string, namespace: string): Promise<string[]> =>
    (await api.items({ apiVersion, kind }, namespace))
      .map((each) => textAt(each, "metadata", "name") ?? "")
      .filter((name) => name !== "kube-root-ca.crt")
      .toSorted();

  it("an organization's namespace: bounds and bindings, and no workload of ours", async () => {
    const at = spaces.organization;
    expect(await names("ResourceQuota", "v1", at)).toEqual(["quota"]);
    expect(await names("LimitRange", "v1", at)).toEqual(["limits"]);
    expect(await names("NetworkPolicy", "networking.k8s.io/v1", at)).toContain("default-deny");
    expect(await names("RoleBinding", "rbac.authorization.k8s.io/v1", at)).toEqual([
      "view",
      "workloads",
    ]);
    expect(await names("Role", "rbac.authorization.k8s.io/v1", at)).toEqual([]);
    expect(await names("StatefulSet", "apps/v1", at)).toEqual([]);
  });

  it("an MCP namespace: the endpoint alone, and nobody's right to write", async () => {
    const at = spaces.mcp;
    expect(await names("Deployment", "apps/v1", at)).toEqual(["mcp"]);
    expect(await names("Service", "v1", at)).toEqual(["mcp"]);
    expect(await names("StatefulSet", "apps/v1", at)).toEqual([]);
    expect(await names("RoleBinding", "rbac.authorization.k8s.io/v1", at)).toEqual(["view"]);
    expect(await names("NetworkPolicy", "networking.k8s.io/v1", at)).toEqual(
      expect.arrayContaining(["default-deny", "mcp"]),
    );
  });
});

function workload(name: string, container: object = {}): Manifest {
  const amount = { cpu: "50m", memory: "64Mi" };
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: spaces.organization },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "app",
              image: `registry.home.example/app@sha256:${"a".repeat(64)}`,
              resources: { requests: amount, limits: amount },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
              ...container,
            },
          ],
        },
      },
    },
  };
}
