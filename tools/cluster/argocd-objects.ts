import { randomBytes } from "node:crypto";

import type { Api } from "./api/api.ts";
import type { Manifest } from "./api/object.ts";
import { applied, installDefinitions } from "./install.ts";

export const ARGOCD = "argocd";

/** Objects of the installation that are programs: they run as processes here. */
const PROGRAMS = ["Deployment", "StatefulSet", "NetworkPolicy", "Service"];

/** Definitions, rights and settings of Argo CD's core, as `kubectl apply -n argocd` would install them. */
export async function installArgo(api: Api, manifests: readonly Manifest[]): Promise<void> {
  const isDefinition = ({ kind }: Manifest): boolean => kind === "CustomResourceDefinition";
  await applied(api, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: ARGOCD, labels: { "kubernetes.io/metadata.name": ARGOCD } },
  });
  const objects = manifests.filter(
    (manifest) => !isDefinition(manifest) && !PROGRAMS.includes(manifest.kind),
  );
  await Promise.all([
    installDefinitions(
      api,
      manifests.filter((manifest) => isDefinition(manifest)),
    ),
    ...objects.map((manifest) => applied(api, settled(inNamespace(manifest)))),
  ]);
}

const ANYWHERE = ["ClusterRole", "ClusterRoleBinding"];

/** The installation names no namespace: `kubectl apply -n argocd` gives it. */
function inNamespace(manifest: Manifest): Manifest {
  if (ANYWHERE.includes(manifest.kind)) return manifest;
  return { ...manifest, metadata: { ...manifest.metadata, namespace: ARGOCD } };
}

/** The server that we do not run would write this key into its secret. */
function settled(manifest: Manifest): Manifest {
  if (manifest.metadata.name !== "argocd-secret") return manifest;
  return { ...manifest, stringData: { "server.secretkey": randomBytes(32).toString("hex") } };
}
