import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Api, expectOk } from "../api/api.ts";
import { readKubeconfig } from "../api/kubeconfig.ts";
import { at, textAt } from "../api/object.ts";
import { type UserName, USERS } from "../credentials.ts";
import type { Part } from "../part.ts";
import type { Plane } from "../plane.ts";
import { installInto } from "../seed.ts";
import { INSIDE, KUBECONFIG, kubeconfigInside, SOCKET } from "./door.ts";
import { relay } from "./relay.ts";

const NODE = { apiVersion: "v1", kind: "Node" };

interface Options {
  folder: string;
  assets: string;
  parts: Part[];
}

/** The brought cluster in the place of a plane of our own: with what a platform needs, and a kubeconfig for each part. */
export async function preparePlane({ folder, assets, parts }: Options): Promise<Plane> {
  await relay(INSIDE, { path: join(folder, SOCKET) });
  const admin = join(folder, KUBECONFIG);
  const connection = readKubeconfig(admin);
  const api = new Api(connection);
  // What it has already is left as it is.
  await installInto(api, assets, { missingOnly: true });
  const credentials = join(folder, "credentials");
  const logs = join(folder, "logs");
  mkdirSync(credentials, { mode: 0o700 });
  mkdirSync(logs);
  const write = (name: Exclude<UserName, "admin">): string => {
    const file = join(credentials, `${name}.kubeconfig`);
    const { user, groups } = USERS[name];
    const as = { user, groups: [...groups, "system:authenticated"] };
    writeFileSync(file, kubeconfigInside(connection, as), { mode: 0o600 });
    return file;
  };
  const kubeconfigs = {
    admin,
    "kube-controller-manager": write("kube-controller-manager"),
    "kube-scheduler": write("kube-scheduler"),
    kwok: write("kwok"),
    "argocd-application-controller": write("argocd-application-controller"),
    "argocd-applicationset-controller": write("argocd-applicationset-controller"),
    "argocd-repo-server": write("argocd-repo-server"),
  };
  return { api, kubeconfigs, parts, logs };
}

/**
 * Keeps the suite's pods off the nodes that are really there.
 * @returns lets pods on them again, and takes the fake ones away
 */
export async function takeOver(
  api: Api,
  say: (message: string) => void,
): Promise<() => Promise<void>> {
  const real = (await api.items(NODE))
    .filter((each) => at(each, "spec", "unschedulable") !== true)
    .map((each) => ({ ...NODE, metadata: { name: textAt(each, "metadata", "name") ?? "" } }));
  for (const node of real) {
    expectOk("cordon a node", await api.patch(node, { spec: { unschedulable: true } }));
  }
  say(`cordoned ${real.length} nodes; definitions and Argo CD's objects stay on the cluster`);
  return async () => {
    for (const node of real) await api.patch(node, { spec: { unschedulable: null } });
    for (const each of await api.items(NODE, undefined, "labelSelector=type%3Dkwok")) {
      await api.delete({ ...NODE, metadata: { name: textAt(each, "metadata", "name") ?? "" } });
    }
  };
}
