import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { loadAll } from "js-yaml";

import { type Api, expectOk } from "../../../tools/cluster/api/api.ts";
import {
  at,
  isManifest,
  type Manifest,
  textAt,
  titleOf,
} from "../../../tools/cluster/api/object.ts";
import { NODE } from "../../../tools/cluster/node/limits.ts";
import { runProgram } from "../../../tools/process.ts";
import { root } from "../../../tools/root.ts";
import { installPlatform } from "../../cluster/support/platform.ts";
import { api, deployer, engineer, here } from "./here.ts";
import { copyWithLocalImages, rendered, tenant } from "./overlay.ts";
import { until } from "./until.ts";

export const namespaces = {
  root: `tenant-${tenant}`,
  organization: `tenant-${tenant}-org-web`,
  mcp: `tenant-${tenant}-org-web-mcp`,
};

/** Where the volume of a claim is on this machine. */
export const volumeFolder = (name: string): string => join(here.folder, "volumes", name);

/** Kinds that others need, first: as Argo CD orders them. */
const first = ["Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "ServiceAccount"];

/** The tenant as its repository says, applied once; waits until all of it is Ready. */
export async function tenantUp(): Promise<void> {
  if (!existsSync(join(here.folder, "repository"))) await install();
  await allReady();
}

async function install(): Promise<void> {
  await installPlatform(api, "home");
  const copy = copyWithLocalImages();
  await applyAll(engineer, [
    disk("redis", namespaces.root, "data-redis-0"),
    disk("notes", namespaces.organization, "notes"),
  ]);
  const manifests = await rendered(copy);
  const place = ({ kind }: Manifest) =>
    (first.indexOf(kind) + first.length + 1) % (first.length + 1);
  const ordered = manifests.toSorted((a, b) => place(a) - place(b));
  await applyAll(
    deployer,
    ordered.filter(({ kind }) => kind === "Namespace"),
  );
  await applyAll(engineer, await secrets(copy));
  await applyAll(deployer, ordered);
}

/** What `npm run secrets` prints, which a person would pipe to kubectl. */
async function secrets(repository: string): Promise<Manifest[]> {
  const program = join(root, "generator/cli/secrets.ts");
  const { code, stdout, stderr } = await runProgram(process.execPath, [
    program,
    tenant,
    "--root",
    repository,
  ]);
  if (code !== 0) throw new Error(stderr);
  return loadAll(stdout).filter((each) => isManifest(each));
}

/** A disk of this node for one claim, as a person makes it where no provider does; it is kept when the claim goes. */
function disk(name: string, namespace: string, claim: string): Manifest {
  const path = volumeFolder(name);
  mkdirSync(path, { recursive: true });
  const thisNode = { key: "kubernetes.io/hostname", operator: "In", values: [NODE] };
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `${name}-on-${NODE}` },
    spec: {
      storageClassName: "local-retain",
      persistentVolumeReclaimPolicy: "Retain",
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "2Gi" },
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name: claim },
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [thisNode] }] } },
    },
  };
}

/** @param by who applies: policies ask */
export async function applyAll(by: Api, manifests: readonly Manifest[]): Promise<void> {
  for (const manifest of manifests) expectOk(titleOf(manifest), await by.apply(manifest));
}

/** Every Deployment and StatefulSet of the tenant has as many Ready pods as it wants. */
export async function allReady(): Promise<void> {
  for (const namespace of Object.values(namespaces)) {
    for (const kind of ["Deployment", "StatefulSet"]) {
      await until(`every ${kind} of ${namespace} is ready`, async () => {
        const items = await api.items({ apiVersion: "apps/v1", kind }, namespace);
        return items.every(isReady) ? true : undefined;
      });
    }
  }
}

function isReady(workload: unknown): boolean {
  const number = (...path: string[]) => Number(at(workload, ...path) ?? 0);
  const wanted = number("spec", "replicas");
  return (
    number("status", "observedGeneration") >= number("metadata", "generation") &&
    number("status", "readyReplicas") === wanted &&
    number("status", "updatedReplicas") === wanted &&
    number("status", "replicas") === wanted
  );
}

export interface PodSeen {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly pod: unknown;
}

/** The pods of a namespace that are not on their way out. */
export async function podsOf(namespace: string, app?: string): Promise<PodSeen[]> {
  const query = app === undefined ? "" : `labelSelector=app.kubernetes.io/name=${app}`;
  const items = await api.items({ apiVersion: "v1", kind: "Pod" }, namespace, query);
  return items
    .filter((pod) => at(pod, "metadata", "deletionTimestamp") === undefined)
    .map((pod) => ({
      name: textAt(pod, "metadata", "name") ?? "",
      namespace,
      uid: textAt(pod, "metadata", "uid") ?? "",
      pod,
    }));
}
