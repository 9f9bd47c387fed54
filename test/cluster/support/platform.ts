import { join } from "node:path";

import { root as project } from "../../../tools/root.ts";
import { type Api, expectOk, type Manifest, refusalOf, textAt, titleOf } from "./api.ts";
import { eventually } from "./eventually.ts";
import { build, nodeLabels, surroundings } from "./overlays.ts";

interface Options {
  /** What Argo CD reads instead of the cluster's own repository. */
  repository?: string;
  /** Another work tree than this one. */
  root?: string;
}

const LAST = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];

/** The platform overlay of a cluster, with the repository's address replaced. */
export async function platformObjects(cluster: string, options: Options = {}): Promise<Manifest[]> {
  const { repository, root = project } = options;
  const objects = await build(join(root, "overlays", cluster, "platform"));
  const set = objects.find(({ kind }) => kind === "ApplicationSet");
  const address = textAt(set, "spec", "generators", 0, "git", "repoURL");
  if (repository === undefined || address === undefined) return objects;
  return objects.map((object) =>
    ["ApplicationSet", "AppProject"].includes(object.kind)
      ? replaced(object, address, repository)
      : object,
  );
}

/** The same object with each string that is `from` become `to`. */
function replaced(object: Manifest, from: string, to: string): Manifest {
  return JSON.parse(JSON.stringify(object), (_, value: unknown) => (value === from ? to : value));
}

/**
 * Applies `overlays/<cluster>/platform` as its bootstrap does, and waits until its admission policies
 * are in force. May be called again, with another repository. Without a `repository` the ApplicationSet
 * is left out: nothing outside can be read.
 */
export async function installPlatform(
  api: Api,
  cluster: string,
  options: Options = {},
): Promise<Manifest[]> {
  const objects = (await platformObjects(cluster, options)).filter(
    ({ kind }) => options.repository !== undefined || kind !== "ApplicationSet",
  );
  for (const each of surroundings(cluster, options.root)) await applied(api, each);
  await labelNodes(api, nodeLabels(options.root));
  const policies = objects.filter(({ kind }) => LAST.includes(kind));
  for (const each of objects.filter((object) => !policies.includes(object))) {
    await applied(api, each);
  }
  for (const each of policies) await applied(api, each);
  if (policies.length > 0) await policiesInForce(api);
  return objects;
}

/** Gives the fake nodes what tenants select nodes by. */
async function labelNodes(api: Api, labels: Record<string, string>): Promise<void> {
  const kind = { apiVersion: "v1", kind: "Node" };
  for (const node of await api.items(kind, undefined, "labelSelector=type%3Dkwok")) {
    const metadata = { name: textAt(node, "metadata", "name") ?? "" };
    expectOk("label a node", await api.patch({ ...kind, metadata }, { metadata: { labels } }));
  }
}

async function applied(api: Api, manifest: Manifest): Promise<void> {
  const answer = await api.apply(manifest, { fieldManager: "neurallog-bootstrap" });
  expectOk(`apply ${titleOf(manifest)}`, answer);
}

const PROBE = "neurallog-test-probe";

/**
 * The API server takes new policies into use all together, some 0.3 s after the last: once one of our
 * own, made after them, refuses, they are in force too. Tests call it after each change of a policy.
 */
export async function policiesInForce(api: Api): Promise<void> {
  const name = `${PROBE}-${Math.random().toString(36).slice(2, 10)}`;
  const kinds = { apiVersion: "admissionregistration.k8s.io/v1" };
  const policy: Manifest = {
    ...kinds,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: [""],
            apiVersions: ["v1"],
            operations: ["CREATE"],
            resources: ["configmaps"],
            resourceNames: [name],
          },
        ],
      },
      validations: [{ expression: "false", message: "in force" }],
    },
  };
  const binding: Manifest = {
    ...kinds,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name },
    spec: { policyName: name, validationActions: ["Deny"] },
  };
  const probe: Manifest = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default" },
  };
  await applied(api, policy);
  await applied(api, binding);
  try {
    await eventually("policies are in force", async () => {
      const answer = await api.create(probe, { dryRun: true });
      return refusalOf(answer).includes("in force");
    });
  } finally {
    await api.delete(binding);
    await api.delete(policy);
  }
}

/** Why a policy refused: its name in the server's words. */
export function refusedBy(answer: { status: number; body: object }): string | undefined {
  return /ValidatingAdmissionPolicy '([^']+)'/.exec(refusalOf(answer))?.[1];
}
