import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { load, loadAll } from "js-yaml";

import {
  at,
  isManifest,
  listAt,
  type Manifest,
  textAt,
} from "../../../tools/cluster/api/object.ts";
import { root as project } from "../../../tools/root.ts";

const execute = promisify(execFile);

/** What the suite's own kustomize, which is Argo CD's, makes of a folder, in its order. */
export async function build(folder: string): Promise<Manifest[]> {
  const { stdout } = await execute("kustomize", ["build", folder], {
    maxBuffer: 1 << 26,
    env: { ...process.env, GOGC: "off" },
  });
  return loadAll(stdout).filter((each) => isManifest(each));
}

/** `home`, `cloud`: each folder of overlays/ that has a cluster's record. */
export function clusters(root: string = project): string[] {
  return folders(join(root, "overlays"));
}

/** The tenants of a cluster by their overlays. */
export function tenantsOf(cluster: string, root: string = project): string[] {
  return folders(join(root, "overlays", cluster, "tenants"));
}

/** Those of them that run: neither suspended nor retiring. */
export function activeTenantsOf(cluster: string, root: string = project): string[] {
  return tenantsOf(cluster, root).filter((id) => {
    const record = load(readFileSync(join(root, "tenants", `${id}.yaml`), "utf8"));
    return (textAt(record, "state") ?? "active") === "active";
  });
}

export async function tenantObjects(
  cluster: string,
  id: string,
  root: string = project,
): Promise<Manifest[]> {
  return await build(join(root, "overlays", cluster, "tenants", id));
}

/** What a cluster has that no overlay makes: its record's storage classes and shared namespaces. */
export function surroundings(cluster: string, root: string = project): Manifest[] {
  const record = load(readFileSync(join(root, "overlays", cluster, "cluster.yaml"), "utf8"));
  const classes = listAt(record, "storageClasses").map((each) => ({
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: textAt(each, "name") ?? "" },
    // Nobody is called so: the harness itself gives claims their volumes.
    provisioner: "neurallog.dev/test",
    reclaimPolicy: textAt(each, "reclaimPolicy"),
  }));
  const shared = listAt(record, "network", "sharedNamespaces").map((name) => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: String(name) },
  }));
  return [...classes, ...shared];
}

/** Labels of nodes that tenants' records ask for. */
export function nodeLabels(root: string = project): Record<string, string> {
  const files = readdirSync(join(root, "tenants")).filter((name) => name.endsWith(".yaml"));
  const selectors = files.map((name) => {
    const record: unknown = load(readFileSync(join(root, "tenants", name), "utf8"));
    return Object(at(record, "placement", "nodeSelector"));
  });
  return Object.assign({}, ...selectors);
}

function folders(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}
