import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { NODE } from "./limits.ts";

/** Kubeconfigs of a node's programs. */
export interface NodeUsers {
  readonly kubelet: string;
  readonly proxy: string;
  readonly engine: string;
}

interface Kubeconfig {
  users: { name: string; user: Record<string, unknown> }[];
}

/**
 * Each program is who it would be in a real cluster, for the node authorizer and admission policies:
 * by the administrator's impersonation, as the API server here takes no client certificates.
 */
export function writeNodeUsers(folder: string, administrator: string): NodeUsers {
  const text = readFileSync(administrator, "utf8");
  const write = (name: string, as: string, groups: readonly string[]): string => {
    const config: Kubeconfig = JSON.parse(text);
    for (const { user } of config.users) Object.assign(user, { as, "as-groups": groups });
    const file = join(folder, `${name}.kubeconfig`);
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    return file;
  };
  return {
    kubelet: write("kubelet", `system:node:${NODE}`, ["system:nodes", "system:authenticated"]),
    proxy: write("kube-proxy", "system:kube-proxy", ["system:authenticated"]),
    // What it needs differs from engine to engine.
    engine: write("policy-engine", "policy-engine", ["system:masters"]),
  };
}
