import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { kubeconfigText } from "./api/kubeconfig.ts";

/** A user of the API server by a static token: its kubeconfig is `<name>.kubeconfig`. */
interface User {
  user: string;
  groups: readonly string[];
}

function serviceAccount(namespace: string, name: string): User {
  return {
    user: `system:serviceaccount:${namespace}:${name}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`],
  };
}

/** Admission policies name some of these, so each part is who it would be in a real cluster. */
export const USERS = {
  admin: { user: "kubernetes-admin", groups: ["system:masters"] },
  "kube-controller-manager": { user: "system:kube-controller-manager", groups: [] },
  "kube-scheduler": { user: "system:kube-scheduler", groups: [] },
  // Every kubelet at once, which admission knows by their group; node authorization would ask for one user a node.
  kwok: { user: "system:kwok", groups: ["system:nodes", "system:masters"] },
  "argocd-application-controller": serviceAccount("argocd", "argocd-application-controller"),
  "argocd-applicationset-controller": serviceAccount("argocd", "argocd-applicationset-controller"),
  "argocd-repo-server": serviceAccount("argocd", "argocd-repo-server"),
} as const satisfies Record<string, User>;

export type UserName = keyof typeof USERS;

export interface Credentials {
  /** For the API server: `token,user,uid,"groups"`. */
  tokens: string;
  /** Signs and checks service accounts' tokens. */
  serviceAccountKey: string;
  serviceAccountPublicKey: string;
  kubeconfigs: Record<UserName, string>;
}

/** Makes a key and a token for each user, readable by us alone: none of them is in a process list. */
export function writeCredentials(folder: string): {
  credentials: Credentials;
  /** Writes the kubeconfigs, once the server has made its certificate. */
  finish: (server: string, certificate: string) => void;
} {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const at = (name: string): string => join(folder, name);
  const write = (name: string, text: string): void =>
    writeFileSync(at(name), text, { mode: 0o600 });
  const keys = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "sec1", format: "pem" },
  });
  write("service-account.key", keys.privateKey);
  write("service-account.pub", keys.publicKey);
  const tokens = Object.entries(USERS).map(
    ([name, who]) => [name, who, randomBytes(24).toString("hex")] as const,
  );
  const rows = tokens.map(
    ([name, { user, groups }, token]) => `${token},${user},${name},"${groups.join(",")}"`,
  );
  write("tokens.csv", `${rows.join("\n")}\n`);
  const kubeconfig = (name: UserName): string => at(`${name}.kubeconfig`);
  return {
    credentials: {
      tokens: at("tokens.csv"),
      serviceAccountKey: at("service-account.key"),
      serviceAccountPublicKey: at("service-account.pub"),
      kubeconfigs: {
        admin: kubeconfig("admin"),
        "kube-controller-manager": kubeconfig("kube-controller-manager"),
        "kube-scheduler": kubeconfig("kube-scheduler"),
        kwok: kubeconfig("kwok"),
        "argocd-application-controller": kubeconfig("argocd-application-controller"),
        "argocd-applicationset-controller": kubeconfig("argocd-applicationset-controller"),
        "argocd-repo-server": kubeconfig("argocd-repo-server"),
      },
    },
    finish: (server, certificate) => {
      const ca = readFileSync(certificate).toString("base64");
      const cluster = { server, "certificate-authority-data": ca };
      for (const [name, , token] of tokens) {
        write(`${name}.kubeconfig`, kubeconfigText("neurallog", cluster, { token }));
      }
    },
  };
}
