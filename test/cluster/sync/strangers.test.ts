import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { asPlatform, connect, expectOk, type Manifest, textAt } from "../support/api.ts";
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

/** Adds a file to the tenant's overlay by hand, as somebody with write access to Git would, and pushes. */
function smuggle(name: string, objects: readonly Manifest[]): string {
  const kustomization = `${overlay}/kustomization.yaml`;
  repository.generate();
  repository.write(
    `${overlay}/${name}.yaml`,
    objects.map((each) => JSON.stringify(each)).join("\n---\n"),
  );
  const written = repository.git("show", `HEAD:${kustomization}`);
  repository.write(
    kustomization,
    written.replace(/^resources:\n/m, `resources:\n  - ${name}.yaml\n`),
  );
  return repository.push(`Smuggle ${name}`);
}

/** Takes what was smuggled away again, and waits until the tenant is as it was. */
async function restore(name: string): Promise<void> {
  repository.remove(`${overlay}/${name}.yaml`);
  repository.git("checkout", "--quiet", "HEAD~1", "--", `${overlay}/kustomization.yaml`);
  await synced(api, TENANT, repository.push("As it was"));
}

async function refusal(commit: string, words: RegExp): Promise<string> {
  await refresh(api, TENANT);
  return await eventually(`Argo CD refuses ${commit}`, async () => {
    const state = await stateOf(api, TENANT);
    const said = [state?.message ?? "", ...(state?.conditions ?? [])].join("; ");
    const resources = JSON.stringify(state?.body["status"] ?? {});
    if (words.test(said) || words.test(resources)) return said;
    throw new Error(`${state?.revision} ${state?.sync}: ${said}`);
  });
}

describe("the AppProject refuses", () => {
  it("an overlay that relabels kube-system", async () => {
    const before = textAt(
      (await api.get("/api/v1/namespaces/kube-system")).body,
      "metadata",
      "uid",
    );
    const commit = smuggle("kube-system", [
      {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "kube-system", labels: { "neurallog.dev/tenant": TENANT } },
      },
    ]);
    await refusal(commit, /kube-system.*not permitted|not permitted.*kube-system/);
    const { body } = await api.get("/api/v1/namespaces/kube-system");
    expect(textAt(body, "metadata", "uid")).toBe(before);
    expect(textAt(body, "metadata", "labels", "neurallog.dev/tenant")).toBeUndefined();
    await restore("kube-system");
  });

  it("an overlay that puts an object into a namespace of nobody's", async () => {
    const commit = smuggle("elsewhere", [
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "smuggled", namespace: "neurallog-system" },
      },
    ]);
    await refusal(commit, /neurallog-system.*(not permitted|do not match)|not permitted/);
    expect((await api.get("/api/v1/namespaces/neurallog-system/configmaps/smuggled")).status).toBe(
      404,
    );
    await restore("elsewhere");
  });

  it.each([
    [
      "a ClusterRoleBinding",
      "rbac.authorization.k8s.io/v1",
      "ClusterRoleBinding",
      {
        roleRef: {
          apiGroup: "rbac.authorization.k8s.io",
          kind: "ClusterRole",
          name: "cluster-admin",
        },
        subjects: [],
      },
    ],
    ["a Role", "rbac.authorization.k8s.io/v1", "Role", { rules: [] }],
    ["a Secret", "v1", "Secret", {}],
    [
      "a Job",
      "batch/v1",
      "Job",
      {
        spec: {
          template: {
            spec: {
              restartPolicy: "Never",
              containers: [{ name: "x", image: "ghcr.io/neurallog/x" }],
            },
          },
        },
      },
    ],
  ])("%s in an overlay", async (_, apiVersion, kind, more) => {
    const isWide = kind.startsWith("Cluster");
    const metadata = { name: "smuggled", ...(isWide ? {} : { namespace: root }) };
    const commit = smuggle("kind", [{ apiVersion, kind, metadata, ...more }]);
    await refusal(commit, new RegExp(`${kind} is not permitted|not permitted in project`));
    expect((await api.get({ apiVersion, kind, metadata })).status).toBe(404);
    await restore("kind");
  });

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
