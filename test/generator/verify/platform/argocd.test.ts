import { describe, expect, it } from "vitest";
import { found, foundWith, set } from "./fixture.ts";

const SET = "ApplicationSet argocd/tenants";
const PROJECT = "AppProject argocd/tenants";

it.each(["home", "cloud"])("nothing is wrong with the committed platform of %s", (cluster) => {
  expect(found(cluster, SET, () => undefined)).toEqual([]);
});

describe("the ApplicationSet", () => {
  it.each<[string, string, unknown]>([
    ["deletes Applications whose folder vanished", "spec.syncPolicy.applicationsSync", "sync"],
    ["deletes objects with it", "spec.syncPolicy.preserveResourcesOnDeletion", false],
    ["takes its Applications along when it is deleted", "metadata.finalizers", undefined],
    ["lets a record choose its project", "spec.template.spec.project", "{{ .path.basename }}"],
    ["follows what nobody verified", "spec.template.spec.source.targetRevision", "refs/heads/main"],
    ["finds folders that nobody verified", "spec.generators.0.git.revision", "HEAD"],
    [
      "renders one tenant after the other",
      "spec.template.spec.source.kustomize",
      { namePrefix: "x" },
    ],
    [
      "reads another cluster's tenants",
      "spec.generators.0.git.directories.0.path",
      "overlays/*/tenants/*",
    ],
    ["heals no drift", "spec.template.spec.syncPolicy.automated.selfHeal", false],
    [
      "makes namespaces without labels",
      "spec.template.spec.syncPolicy.syncOptions.2",
      "CreateNamespace=true",
    ],
    [
      "overwrites what another Application has",
      "spec.template.spec.syncPolicy.syncOptions",
      ["ServerSideApply=true"],
    ],
    [
      "lets a deleted Application take its objects along",
      "spec.template.metadata.finalizers",
      ["resources-finalizer.argocd.argoproj.io"],
    ],
    ["renders an empty name for a missing key", "spec.goTemplateOptions", []],
    ["is patched by its template", "spec.templatePatch", "spec: {}"],
    ["switches self-heal off between steps", "spec.strategy", { type: "RollingSync" }],
    ["goes to another server", "spec.template.spec.destination.server", "https://other.example"],
    [
      "forgets drift of a field",
      "spec.template.spec.ignoreDifferences",
      [{ kind: "NetworkPolicy", jsonPointers: ["/spec"] }],
    ],
  ])("attack: one that %s is found", (_case, path, value) => {
    const findings = found("home", SET, set(path, value));
    expect(findings).not.toEqual([]);
    for (const finding of findings)
      expect(finding).toMatch(/^platform-argocd: .*argocd\/tenants: /);
  });

  it("is found missing", () => {
    expect(found("home", SET, null)).toEqual([
      "platform-argocd: ApplicationSet argocd/tenants: it is missing, not there",
    ]);
  });

  it("attack: a second one beside it is found", () => {
    const other = { apiVersion: "argoproj.io/v1alpha1", kind: "ApplicationSet" };
    const findings = foundWith("home", { ...other, metadata: { name: "x", namespace: "argocd" } });
    expect(findings).toEqual([
      "platform-argocd: ApplicationSet argocd/x: it is there, not the one of each kind called tenants",
    ]);
  });
});

describe("the AppProject", () => {
  it.each<[string, string, unknown]>([
    ["takes any repository", "spec.sourceRepos", ["*"]],
    ["takes a second repository", "spec.sourceRepos.1", "https://evil.example/x.git"],
    ["goes to every namespace", "spec.destinations.0.namespace", "*"],
    ["goes to kube-system too", "spec.destinations.1", { server: "*", namespace: "kube-system" }],
    ["relabels kube-system", "spec.clusterResourceWhitelist", [{ group: "", kind: "Namespace" }]],
    [
      "writes ClusterRoles",
      "spec.clusterResourceWhitelist.1",
      { group: "rbac.authorization.k8s.io", kind: "ClusterRole" },
    ],
    [
      "writes Roles",
      "spec.namespaceResourceWhitelist.0",
      { group: "rbac.authorization.k8s.io", kind: "Role" },
    ],
    ["takes every kind", "spec.namespaceResourceWhitelist", [{ group: "*", kind: "*" }]],
    ["takes Applications of tenants' namespaces", "spec.sourceNamespaces", ["tenant-*"]],
    ["gives tokens", "spec.roles", [{ name: "x", policies: [] }]],
    [
      "acts as another service account",
      "spec.destinationServiceAccounts",
      [{ server: "*", namespace: "*", defaultServiceAccount: "x" }],
    ],
  ])("attack: one that %s is found", (_case, path, value) => {
    const findings = found("home", PROJECT, set(path, value));
    expect(findings).not.toEqual([]);
    for (const finding of findings) expect(finding).toMatch(/^platform-argocd: AppProject /);
  });

  it("names each kind that tenants of its cluster have, and none that only those of another have", () => {
    const ingress = { group: "networking.k8s.io", kind: "Ingress" };
    const route = { group: "gateway.networking.k8s.io", kind: "HTTPRoute" };
    const last = (value: unknown) => set("spec.namespaceResourceWhitelist.13", value);
    expect(found("home", PROJECT, last(route))).toEqual([]);
    expect(found("home", PROJECT, last(ingress))).not.toEqual([]);
    expect(found("home", PROJECT, last(undefined))).not.toEqual([]);
  });

  it("attack: a NetworkPolicy under the empty group, which would match none, is found", () => {
    const wrong = { group: "", kind: "NetworkPolicy" };
    expect(found("home", PROJECT, set("spec.namespaceResourceWhitelist.9", wrong))).not.toEqual([]);
  });
});
