import { describe, expect, it } from "vitest";
import { parseManifests } from "../../../../generator/manifests/parse.ts";
import { reportMisplaced } from "../../../../generator/verify/build/place.ts";
import { collector } from "../../../../generator/verify/finding.ts";

function messages(...objects: [kind: string, name: string, namespace?: string][]): string[] {
  const { findings, report } = collector("build", "acme");
  const text = objects
    .map(([kind, name, namespace]) =>
      JSON.stringify({ apiVersion: "v1", kind, metadata: { name, namespace } }),
    )
    .join("\n---\n");
  reportMisplaced(parseManifests(text), report);
  return findings.map(({ message }) => message);
}

describe("an object's place", () => {
  it("is one of the overlay's own namespaces", () => {
    expect(messages(["Namespace", "n"], ["ConfigMap", "c", "n"])).toEqual([]);
    expect(messages(["Namespace", "n"], ["ConfigMap", "c", "tenant-globex"])).toEqual([
      "ConfigMap tenant-globex/c is in none of the overlay's namespaces",
    ]);
  });

  it("is not the namespace that Argo CD would choose for an object without one", () => {
    expect(messages(["Namespace", "n"], ["Service", "s"])).toHaveLength(1);
  });

  it("is nowhere for a kind that has a tenant's kind's name in another group", () => {
    expect(messages(["Namespace", "n"], ["RoleBinding", "r", "n"])).toEqual([
      "RoleBinding n/r is of a kind that no tenant may have",
    ]);
  });

  it("is held by one object alone", () => {
    expect(messages(["Namespace", "n"], ["ConfigMap", "c", "n"], ["ConfigMap", "c", "n"])).toEqual([
      "ConfigMap n/c is there twice",
    ]);
  });
});
