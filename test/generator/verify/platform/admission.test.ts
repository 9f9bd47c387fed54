import { describe, expect, it } from "vitest";
import { type Body, found, set } from "./fixture.ts";

const SETTINGS = "ConfigMap neurallog-system/admission-settings";
const POLICY = "ValidatingAdmissionPolicy neurallog-images";
const BINDING = "ValidatingAdmissionPolicyBinding neurallog-images";

describe("a policy", () => {
  const constraints = "spec.matchConstraints";
  it.each<[string, string, unknown, string]>([
    ["fails open", "spec.failurePolicy", "Ignore", "lets pass what it cannot judge"],
    [
      "exempts objects by a label",
      `${constraints}.objectSelector`,
      { matchLabels: { exempt: "yes" } },
      "exempts somebody by a label that he could write",
    ],
    [
      "exempts namespaces by a label",
      `${constraints}.namespaceSelector.matchExpressions.0.key`,
      "exempt",
      "exempts somebody by a label that he could write",
    ],
    [
      "looks at namespaces of its choice only",
      `${constraints}.namespaceSelector.matchExpressions.0.operator`,
      "In",
      "exempts somebody by a label that he could write",
    ],
    [
      "leaves a tenant out",
      `${constraints}.namespaceSelector.matchExpressions.0.values`,
      ["tenant-acme"],
      "leaves out the tenant's namespace tenant-acme",
    ],
    [
      "exempts a user before it judges",
      "spec.matchConditions.0.expression",
      "!(request.userInfo.username in params.data.deployers)",
      "exempts somebody before it judges",
    ],
  ])("attack: one that %s is found", (_case, path, value, reason) => {
    expect(found("home", POLICY, set(path, value))).toEqual([
      `platform-admission: ${POLICY} ${reason}`,
    ]);
  });

  it("is found without its binding", () => {
    expect(found("home", BINDING, null)).toEqual([
      `platform-admission: ${POLICY} has 0 bindings, not one`,
    ]);
  });

  it("is found missing where its binding is left", () => {
    expect(found("home", POLICY, null)).toEqual([`platform-admission: ${BINDING} binds no policy`]);
  });
});

describe("a binding", () => {
  it.each<[string, string, unknown, string]>([
    ["only warns", "spec.validationActions", ["Warn"], "does not deny"],
    [
      "lets everything pass without settings",
      "spec.paramRef.parameterNotFoundAction",
      "Allow",
      "lets everything pass without its settings",
    ],
    [
      "is for some objects only",
      "spec.matchResources",
      { namespaceSelector: { matchLabels: { a: "b" } } },
      "is bound to some objects only",
    ],
  ])("attack: one that %s is found", (_case, path, value, reason) => {
    expect(found("home", BINDING, set(path, value))).toEqual([
      `platform-admission: ${POLICY} ${reason}`,
    ]);
  });
});

describe("the settings", () => {
  it("are found missing", () => {
    expect(found("home", SETTINGS, null)).toEqual([`platform-admission: ${SETTINGS} is missing`]);
  });

  it.each<[string, string, string]>([
    [
      "hostSuffix",
      "logs.evil.example",
      "has logs.evil.example as hostSuffix, not logs.home.example",
    ],
    ["customHosts", "true", "has true as customHosts, not false"],
    [
      "priorityClasses",
      "tenant-default",
      "has tenant-default as priorityClasses, not tenant-default, tenant-important",
    ],
    [
      "storageClasses",
      "local-retain\nlocal-scratch",
      "has local-retain, local-scratch as storageClasses, not local-retain, nfs-retain",
    ],
    [
      "tolerations",
      "home.example/spot:NoSchedule",
      "has home.example/spot:NoSchedule as tolerations, not home.example/pool=batch:NoSchedule, home.example/spot:NoSchedule",
    ],
    [
      "gateway",
      "neurallog-ingress/other",
      "has neurallog-ingress/other as gateway, not neurallog-ingress/neurallog",
    ],
    ["ingressClass", "public", "has public as ingressClass, not nothing"],
    [
      "vaultServer",
      "https://vault.example",
      "has https://vault.example as vaultServer, not nothing",
    ],
  ])("attack: %s that is not the record's is found", (key, value, reason) => {
    expect(found("home", SETTINGS, set(`data.${key}`, value))).toEqual([
      `platform-admission: ${SETTINGS} ${reason}`,
    ]);
  });

  it.each<[string, string]>([
    ["platformGroups", "system:authenticated"],
    ["controllerGroups", "system:serviceaccounts"],
    ["deployers", "system:serviceaccount:tenant-acme-org-web:default"],
    ["controllers", "system:serviceaccount:tenant-acme:redis"],
    ["backups", "system:serviceaccount:tenant-acme:archive"],
    ["backups", "system:serviceaccounts:velero"],
  ])("attack: a tenant becomes one of %s as %s", (key, name) => {
    expect(found("home", SETTINGS, set(`data.${key}`, name))).toContain(
      `platform-admission: ${SETTINGS} lets ${name} be one of ${key}`,
    );
  });

  it("attack: a registry without its slash, which fits others' names too, is found", () => {
    const loose =
      "ghcr.io/neurallog\ndocker.io/valkey/\ndocker.io/oliver006/\ndocker.io/library/postgres:";
    expect(found("home", SETTINGS, set("data.registries", loose))).toEqual([
      `platform-admission: ${SETTINGS} has the registry ghcr.io/neurallog, which ends neither in a slash nor in a colon: more than it would fit`,
    ]);
  });

  it("attack: a repository without its colon, which fits others' names too, is found", () => {
    const loose =
      "ghcr.io/neurallog/\ndocker.io/valkey/\ndocker.io/oliver006/\ndocker.io/library/postgres";
    expect(found("home", SETTINGS, set("data.registries", loose))).toEqual([
      `platform-admission: ${SETTINGS} has the registry docker.io/library/postgres, which ends neither in a slash nor in a colon: more than it would fit`,
    ]);
  });

  it("lack the registry of an image that tenants run", () => {
    const findings = found("cloud", SETTINGS, set("data.registries", "docker.io/valkey/"));
    expect(findings.filter((each) => each.includes("which tenants run"))).toHaveLength(2);
  });

  it("lack a kind that overlays render", () => {
    const without = (body: Body): void => {
      const data: unknown = body["data"];
      const kinds = String(Reflect.get(Object(data), "kinds"));
      set("data.kinds", kinds.replace("networking.k8s.io/ingresses\n", ""))(body);
    };
    expect(found("cloud", SETTINGS, without)).toEqual([
      `platform-admission: ${SETTINGS} has no networking.k8s.io/ingresses among kinds, which overlays render`,
    ]);
  });

  it("are found to have what no policy asks, and to lack what one does", () => {
    expect(found("home", SETTINGS, set("data.exempt", "x"))).toEqual([
      `platform-admission: ${SETTINGS} has exempt, which no policy asks`,
    ]);
    expect(found("home", SETTINGS, set("data.controllers", undefined))).toEqual([
      `platform-admission: ${SETTINGS} has no controllers`,
    ]);
  });
});
