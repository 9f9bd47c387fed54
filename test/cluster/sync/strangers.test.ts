import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  asPlatform,
  at,
  connect,
  expectOk,
  listAt,
  type Manifest,
  textAt,
} from "../support/api.ts";
import { clearTenants, refresh, stateOf, synced } from "../support/argo.ts";
import { eventually } from "../support/eventually.ts";
import { installPlatform } from "../support/platform.ts";
import { namespacesOf, recordOf } from "../support/records.ts";
import { liveRepository } from "../support/repository.ts";

const TENANT = "strange";
const { root } = namespacesOf(TENANT);
const api = connect();
const repository = liveRepository({ tenants: { [TENANT]: recordOf(TENANT) } });
const foreign = liveRepository({ tenants: { [TENANT]: recordOf(TENANT) } });

const overlay = `overlays/home/tenants/${TENANT}`;

beforeAll(async () => {
  await clearTenants(api);
  repository.generate();
  const commit = repository.push("A tenant");
  foreign.generate();
  foreign.push("The same, elsewhere");
  await installPlatform(api, "home", { repository: repository.url });
  await synced(api, TENANT, commit);
});

afterAll(async () => {
  await clearTenants(api);
  repository[Symbol.dispose]();
  foreign[Symbol.dispose]();
});

function object(
  apiVersion: string,
  kind: string,
  metadata: Manifest["metadata"],
  more = {},
): Manifest {
  return { apiVersion, kind, metadata, ...more };
}
const rbac = "rbac.authorization.k8s.io";
const admin = { apiGroup: rbac, kind: "ClusterRole", name: "cluster-admin" };
const job = { restartPolicy: "Never", containers: [{ name: "x", image: "ghcr.io/neurallog/x" }] };

/** What somebody with write access to Git puts into a tenant's overlay, all in one commit. */
const SMUGGLED: [string, Manifest][] = [
  [
    "a label on kube-system",
    object("v1", "Namespace", { name: "kube-system", labels: { "neurallog.dev/tenant": TENANT } }),
  ],
  [
    "an object in a namespace of the platform",
    object("v1", "ConfigMap", { name: "smuggled", namespace: "neurallog-system" }),
  ],
  ["a namespace of another name", object("v1", "Namespace", { name: "smuggled" })],
  [
    "a ClusterRoleBinding",
    object(`${rbac}/v1`, "ClusterRoleBinding", { name: "smuggled" }, { roleRef: admin }),
  ],
  ["a Role", object(`${rbac}/v1`, "Role", { name: "smuggled", namespace: root }, { rules: [] })],
  ["a Secret", object("v1", "Secret", { name: "smuggled", namespace: root })],
  [
    "a Job",
    object(
      "batch/v1",
      "Job",
      { name: "smuggled", namespace: root },
      { spec: { template: { spec: job } } },
    ),
  ],
];

function smuggle(): void {
  const kustomization = `${overlay}/kustomization.yaml`;
  const written = repository.git("show", `HEAD:${kustomization}`);
  const text = SMUGGLED.map(([, each]) => JSON.stringify(each)).join("\n---\n");
  repository.write(`${overlay}/smuggled.yaml`, text);
  const more = written.replace(/^resources:\n/m, "resources:\n  - smuggled.yaml\n");
  repository.write(kustomization, more);
}

describe("an overlay with smuggled objects", () => {
  let said: Map<string, string>;
  let generation: unknown;

  beforeAll(async () => {
    generation = (await api.get("/api/v1/namespaces/kube-system")).body["metadata"];
    smuggle();
    const commit = repository.push("Smuggle");
    await refresh(api, TENANT);
    said = await eventually("Argo CD refuses it", async () => {
      const state = await stateOf(api, TENANT);
      const result = at(state?.body, "status", "operationState", "syncResult");
      if (textAt(result, "revision") !== commit) throw new Error(`at ${state?.revision}`);
      const messages = listAt(result, "resources").map((each): [string, string] => [
        `${textAt(each, "kind")} ${textAt(each, "name")}`,
        textAt(each, "message") ?? "",
      ]);
      return messages.some(([, message]) => message !== "") && new Map(messages);
    });
  });

  it.each(SMUGGLED)("is refused %s by the AppProject", async (_, smuggled) => {
    const { kind, metadata } = smuggled;
    expect(said.get(`${kind} ${metadata.name}`)).toMatch(/not permitted in project/);
    const answer = await api.get(smuggled);
    if (metadata.name === "kube-system") expect(answer.body["metadata"]).toEqual(generation);
    else expect(answer.status).toBe(404);
  });

  it("does not stand in the way of the next good commit", async () => {
    repository.git("revert", "--no-edit", "HEAD");
    const restored = await synced(api, TENANT, repository.push("As it was"));
    expect(textAt(restored, "status", "sync", "status")).toBe("Synced");
  });
});

describe("the AppProject refuses", () => {
  it("an Application that reads a foreign repository", async () => {
    const { body } = await api.get({
      apiVersion: "argoproj.io/v1alpha1",
      kind: "Application",
      metadata: { name: `tenant-${TENANT}`, namespace: "argocd" },
    });
    const spec = JSON.parse(JSON.stringify(body["spec"]).replaceAll(repository.url, foreign.url));
    const stranger: Manifest = {
      apiVersion: "argoproj.io/v1alpha1",
      kind: "Application",
      metadata: { name: "stranger", namespace: "argocd" },
      spec,
    };
    expectOk("create", await asPlatform(api).create(stranger));
    const said = await eventually("Argo CD refuses it", async () => {
      const answer = await api.get(stranger);
      const conditions = JSON.stringify(answer.body["status"] ?? {});
      return /not permitted in project/.test(conditions) && conditions;
    });
    expect(said).toContain(foreign.url);
    await api.delete(stranger);
  });
});
