import { readFileSync } from "node:fs";

import { Api } from "../../../tools/cluster/api/api.ts";
import { readKubeconfig } from "../../../tools/cluster/api/kubeconfig.ts";
import type { Enclosed } from "../../../tools/cluster/node/run.ts";

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: start this by npm run test:node`);
  return value;
}

/** What the node under test was started with. */
export const here: Enclosed = JSON.parse(readFileSync(variable("NEURALLOG_NODE"), "utf8"));

/** Its API server, as the administrator. */
export const api = new Api(readKubeconfig(variable("KUBECONFIG")));

/** The platform's people: what admission asks of whoever does more than a tenant may. */
export const engineer = api.as({
  user: "engineer@home.example",
  groups: ["neurallog-platform", "system:masters", "system:authenticated"],
});

/** Argo CD, which alone applies tenants' overlays. */
export const deployer = api.asServiceAccount("argocd", "argocd-application-controller");

/** Somebody of the group that owns the tenant. */
export const developer = api.as({
  user: "developer@acme.example",
  groups: ["acme-platform", "system:authenticated"],
});
