import { mkdirSync, mkdtempSync, rmSync, writeFileSync, cpSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { isAtLeast } from "../../../operate/prerequisites/check.ts";
import { root } from "../../../tools/root.ts";
import { fakeServer, json, list, refusal } from "../support/api-server.ts";
import { run } from "../support/run.ts";

const fake = await fakeServer();
const clone = mkdtempSync(join(tmpdir(), "neurallog-prerequisites-"));
const platform = join(clone, "overlays/home/platform");
mkdirSync(platform, { recursive: true });
cpSync(join(root, "overlays/home/cluster.yaml"), join(clone, "overlays/home/cluster.yaml"));
afterAll(async () => {
  rmSync(clone, { recursive: true });
  await fake[Symbol.asyncDispose]();
});

const wanted = `
kubernetes: { minimum: "1.34" }
argocd:
  namespace: argocd
  minimum: "3.4"
  settings:
    - { configMap: argocd-cm, key: exec.enabled, value: "false", why: no shell }
    - { configMap: argocd-cm, key: kustomize.buildOptions, value: "", why: as verified }
kinds:
  - group: gateway.networking.k8s.io
    kind: HTTPRoute
    versions: [v1]
    bundle: { annotation: gateway.networking.k8s.io/bundle-version, minimum: "1.4" }
    why: tenants' hosts
storageClasses:
  - { name: local-retain, reclaimPolicy: Retain }
  - { name: nfs-retain, reclaimPolicy: Retain }
controllers:
  - { namespace: cert-manager, name: cert-manager, why: certificates }
policyEngine:
  name: Calico
  daemonSet: { namespace: calico-system, name: calico-node }
`;

const argo = (image: string, ready = 1) =>
  json(200, {
    spec: { template: { spec: { containers: [{ image }] } } },
    status: { readyReplicas: ready },
  });
const route = (
  more: object = {},
  annotations = { "gateway.networking.k8s.io/bundle-version": "v1.6.3" },
) => ({
  metadata: { name: "httproutes.gateway.networking.k8s.io", annotations },
  spec: {
    group: "gateway.networking.k8s.io",
    names: { kind: "HTTPRoute" },
    versions: [
      { name: "v1", served: true },
      { name: "v1beta1", served: false },
    ],
    ...more,
  },
  status: { conditions: [{ type: "Established", status: "True" }] },
});
const storage = (name: string, reclaimPolicy: string, allowVolumeExpansion?: boolean) => ({
  metadata: { name },
  reclaimPolicy,
  allowVolumeExpansion,
});

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const CLASSES = "/apis/storage.k8s.io/v1/storageclasses";
const ARGO = "/apis/apps/v1/namespaces/argocd";
const IMAGE = "quay.io/argoproj/argocd:v3.5.7";

/** A cluster that has everything. */
function provide(): void {
  fake.paths.clear();
  fake.requests.length = 0;
  const answers: Record<string, ReturnType<typeof json>> = {
    "/version": json(200, { gitVersion: "v1.36.3+k3s1" }),
    "/apis/admissionregistration.k8s.io/v1": json(200, {
      resources: [
        { name: "validatingadmissionpolicies" },
        { name: "validatingadmissionpolicybindings" },
      ],
    }),
    [DEFINITIONS]: list([route()]),
    [CLASSES]: list([storage("local-retain", "Retain"), storage("nfs-retain", "Retain", true)]),
    [`${ARGO}/statefulsets/argocd-application-controller`]: argo(IMAGE),
    [`${ARGO}/deployments/argocd-repo-server`]: argo(`${IMAGE}@sha256:abc`),
    [`${ARGO}/deployments/argocd-applicationset-controller`]: argo(IMAGE),
    "/api/v1/namespaces/argocd/configmaps/argocd-cm": json(200, {
      data: { "exec.enabled": "false" },
    }),
    "/apis/apps/v1/namespaces/cert-manager/deployments/cert-manager": json(200, {
      spec: { replicas: 1 },
      status: { readyReplicas: 1 },
    }),
    "/apis/apps/v1/namespaces/calico-system/daemonsets/calico-node": json(200, {
      status: { numberReady: 3, desiredNumberScheduled: 3 },
    }),
    "/apis/authentication.k8s.io/v1/selfsubjectreviews": json(201, {
      status: { userInfo: { username: "ops", groups: ["admins"] } },
    }),
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": json(201, {
      status: { allowed: true },
    }),
  };
  for (const [path, handler] of Object.entries(answers)) fake.paths.set(path, handler);
  writeFileSync(join(platform, "prerequisites.yaml"), wanted);
}

beforeEach(provide);

const look = async (...args: string[]) => {
  const options = ["--kubeconfig", fake.kubeconfig, "--root", clone];
  return run("prerequisites", ["--cluster", "home", ...options, ...args]);
};

/** Exit code, and what is not ok. */
async function wrong(): Promise<[number | null, ...string[]]> {
  const { code, out } = await look("--json");
  const checks: { verdict: string; subject: string; found: string }[] = JSON.parse(out).checks;
  return [
    code,
    ...checks
      .filter(({ verdict }) => verdict !== "ok")
      .map((each) => `${each.subject}: ${each.found}`),
  ];
}

describe("npm run prerequisites", () => {
  it("finds nothing wrong with a cluster that has everything", async () => {
    const { code, out } = await look();
    expect(code).toBe(0);
    expect(out).toContain("v1.36.3+k3s1");
    expect(out).toMatch(/14 checks: 14 ok, 0 wrong, 0 not known/);
  });

  it("stores nothing: it posts reviews of its own rights, and else only reads", async () => {
    await look();
    const posted = fake.requests.filter(({ method }) => method !== "GET");
    expect(new Set(posted.map(({ method, path }) => `${method} ${path}`))).toEqual(
      new Set([
        "POST /apis/authentication.k8s.io/v1/selfsubjectreviews",
        "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      ]),
    );
  });

  it.each<[string, () => void, string[]]>([
    [
      "an old Kubernetes",
      () => fake.paths.set("/version", json(200, { gitVersion: "v1.33.9" })),
      ["Kubernetes: v1.33.9"],
    ],
    [
      "no admission policies",
      () => fake.paths.set("/apis/admissionregistration.k8s.io/v1", json(200, { resources: [] })),
      ["ValidatingAdmissionPolicy: not served"],
    ],
    [
      "a definition that is missing",
      () => fake.paths.set(DEFINITIONS, list([])),
      ["HTTPRoute.gateway.networking.k8s.io: not there"],
    ],
    [
      "a definition without the version",
      () =>
        fake.paths.set(DEFINITIONS, list([route({ versions: [{ name: "v1", served: false }] })])),
      ["HTTPRoute.gateway.networking.k8s.io: no version"],
    ],
    [
      "an old bundle",
      () =>
        fake.paths.set(
          DEFINITIONS,
          list([route({}, { "gateway.networking.k8s.io/bundle-version": "v1.2.1" })]),
        ),
      ["HTTPRoute.gateway.networking.k8s.io: bundle v1.2.1"],
    ],
    [
      "a class that deletes, and one that cannot expand",
      () =>
        fake.paths.set(
          CLASSES,
          list([storage("local-retain", "Delete"), storage("nfs-retain", "Retain")]),
        ),
      ["StorageClass local-retain: Delete", "StorageClass nfs-retain: Retain"],
    ],
    [
      "an old Argo CD, and one that is not ready",
      () => {
        fake.paths.set(
          `${ARGO}/statefulsets/argocd-application-controller`,
          argo("quay.io:443/argoproj/argocd:v3.3.0"),
        );
        fake.paths.set(`${ARGO}/deployments/argocd-repo-server`, argo(IMAGE, 0));
      },
      [
        "Argo CD's argocd-application-controller: v3.3.0, 1 ready",
        "Argo CD's argocd-repo-server: v3.5.7, 0 ready",
      ],
    ],
    [
      "a setting that opens a shell",
      () =>
        fake.paths.set(
          "/api/v1/namespaces/argocd/configmaps/argocd-cm",
          json(200, { data: { "exec.enabled": "true" } }),
        ),
      ["argocd-cm: exec.enabled: true"],
    ],
    [
      "a policy engine that is not on every node",
      () =>
        fake.paths.set(
          "/apis/apps/v1/namespaces/calico-system/daemonsets/calico-node",
          json(200, { status: { numberReady: 2, desiredNumberScheduled: 3 } }),
        ),
      ["DaemonSet calico-system/calico-node: 2 of 3 ready"],
    ],
  ])("exits with 1 for %s", async (_, change, expected) => {
    change();
    expect(await wrong()).toEqual([1, ...expected]);
  });

  it("exits with 1 for somebody who may not apply the platform, and says what is missing", async () => {
    fake.paths.set(
      "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      json(201, { status: {} }),
    );
    const { code, out } = await look();
    expect(code).toBe(1);
    expect(out).toContain("you, ops (admins)");
    expect(out).toContain("may not create namespaces");
    expect(out).toContain("escalate clusterroles.rbac.authorization.k8s.io");
  });

  it("exits with 2 where it may not look, with the rest shown", async () => {
    fake.paths.set(DEFINITIONS, refusal(403, "forbidden"));
    const [code, ...rest] = await wrong();
    expect(code).toBe(2);
    expect(rest).toEqual([expect.stringContaining("custom resources: you may not list")]);
  });

  it("exits with 2 for a server that is down, in one line", async () => {
    await fake.stop();
    const { code, err, out } = await look();
    await fake.restart();
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(
      /^neurallog: the API server .* cannot be reached: [^\n]*\[server-down\]\n$/,
    );
  });

  it("exits with 2 for a cluster that is not in the repository, or whose name is a path", async () => {
    for (const name of ["nowhere", "../home", "home/../home"]) {
      const { code, err } = await run("prerequisites", ["--cluster", name, "--root", clone]);
      expect([name, code]).toEqual([name, 2]);
      expect(err).toContain("[unknown-cluster]");
    }
  });

  it("exits with 2 for a file that is wrong, and shows where", async () => {
    writeFileSync(join(platform, "prerequisites.yaml"), wanted.replace("minimum:", "maximum:"));
    const { code, err } = await look();
    expect(code).toBe(2);
    expect(err).toContain("overlays/home/platform/prerequisites.yaml:2");
  });
});

describe("a version", () => {
  it("is compared part by part, as numbers", () => {
    expect(isAtLeast("v1.10.0", "1.9")).toBe(true);
    expect(isAtLeast("1.9.9", "1.10")).toBe(false);
    expect(isAtLeast("v1.36.3-gke.100", "1.36.3")).toBe(true);
    expect(isAtLeast("2.0", "1.99.99")).toBe(true);
    expect(isAtLeast("latest", "1.0")).toBeUndefined();
  });

  it("is at least itself, and never less than what is below it", () => {
    const part = fc.nat(200);
    fc.assert(
      fc.property(part, part, part, (major, minor, patch) => {
        const version = `${major}.${minor}.${patch}`;
        expect(isAtLeast(`v${version}`, version)).toBe(true);
        expect(isAtLeast(version, `${major}.${minor + 1}`)).toBe(false);
      }),
    );
  });
});
