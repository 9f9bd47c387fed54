import { describe, expect, it } from "vitest";

import { ApiError } from "../../../tools/cluster/errors.ts";
import { asArgo, connect, type Manifest, refusalOf, titleOf } from "../support/api.ts";
import { clearTenants } from "../support/argo.ts";
import { clusters, tenantObjects, tenantsOf } from "../support/overlays.ts";
import { installPlatform } from "../support/platform.ts";

const api = connect();
const argo = asArgo(api);

/** What the server said against objects, and what it warned of; empty when it took them in silence. */
async function complaints(objects: Manifest[], dryRun: boolean): Promise<string[]> {
  const said: string[] = [];
  for (const object of objects) {
    try {
      const answer = await argo.apply(object, { dryRun, fieldManager: "argocd-controller" });
      const found = [refusalOf(answer), ...answer.warnings].filter((each) => each !== "");
      said.push(...found.map((each) => `${titleOf(object)}: ${each}`));
    } catch (error) {
      // A kind that the server does not know.
      if (!(error instanceof ApiError)) throw error;
      said.push(error.message);
    }
  }
  return said;
}

/** Namespaces first: nothing can be put, not even for show, into one that is not there. */
function split(objects: Manifest[]): { namespaces: Manifest[]; rest: Manifest[] } {
  const isNamespace = ({ kind }: Manifest): boolean => kind === "Namespace";
  return {
    namespaces: objects.filter((each) => isNamespace(each)),
    rest: objects.filter((each) => !isNamespace(each)),
  };
}

// Argo CD is told to ask for no validation, which costs it dearly.
it.each([
  ["networking.k8s.io/v1", "NetworkPolicy", { podSelector: {}, policyTypos: [] }],
  ["gateway.networking.k8s.io/v1", "HTTPRoute", { hostnames: ["a.example.com"], policyTypos: [] }],
])("a misspelt field of a %s %s is refused, though nobody asks", async (apiVersion, kind, spec) => {
  const metadata = { name: "misspelt", namespace: "default" };
  const answer = await api.apply({ apiVersion, kind, metadata, spec }, { dryRun: true });
  expect(refusalOf(answer)).toContain(".spec.policyTypos: field not declared in schema");
});

describe.each(clusters())("on the cluster %s", (cluster) => {
  it("the platform's overlay is admitted without a warning, twice", async () => {
    await clearTenants(api);
    const objects = await installPlatform(api, cluster);
    const again = await complaints(objects, false);
    expect(again).toEqual([]);
  });

  it.each(tenantsOf(cluster))(
    "every object of the tenant %s is admitted by server-side apply without a warning",
    async (tenant) => {
      const { namespaces, rest } = split(await tenantObjects(cluster, tenant));
      expect(await complaints(namespaces, true)).toEqual([]);
      expect(await complaints(namespaces, false)).toEqual([]);
      expect(await complaints(rest, true)).toEqual([]);
      expect(await complaints(rest, false)).toEqual([]);
      expect(rest.length).toBeGreaterThan(10);
    },
  );
});
