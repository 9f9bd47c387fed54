import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readKubeconfig } from "../../../tools/cluster/api/kubeconfig.ts";
import { type Api, expectOk, textAt } from "../support/api.ts";

const NAMESPACE = "status-readers";

export interface Reader {
  /** Who it is, for a binding's subjects. */
  subject: { kind: "ServiceAccount"; name: string; namespace: string };
  /** Its kubeconfig. */
  file: string;
  remove(): void;
}

/** A user that may do nothing but what a test binds to it: a service account with a token of its own. */
export async function reader(api: Api, name: string): Promise<Reader> {
  const account = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name, namespace: NAMESPACE },
  };
  await api.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
  expectOk("account", await api.apply(account));
  const answer = await api.request({
    method: "POST",
    path: `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${name}/token`,
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
  });
  expectOk("token", answer);
  const { server, ca } = readKubeconfig(process.env["KUBECONFIG"] ?? "");
  const folder = mkdtempSync(join(tmpdir(), "neurallog-status-"));
  const file = join(folder, "kubeconfig");
  const certificate = Buffer.from(ca ?? readFileSync("/dev/null")).toString("base64");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "reader",
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": certificate } }],
    users: [{ name, user: { token: textAt(answer.body, "status", "token") } }],
    contexts: [{ name: "reader", context: { cluster: "test", user: name } }],
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  const subject = { kind: "ServiceAccount", name, namespace: NAMESPACE } as const;
  return { subject, file, remove: () => rmSync(folder, { recursive: true }) };
}

const RBAC = "rbac.authorization.k8s.io";

/** Binds a ClusterRole to a reader; the returned function takes it back. */
export async function bind(api: Api, to: Reader, role: string): Promise<() => Promise<void>> {
  const binding = {
    apiVersion: `${RBAC}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name: `status-test-${to.subject.name}` },
    roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: role },
    subjects: [to.subject],
  };
  expectOk("bind", await api.apply(binding));
  return async () => {
    expectOk("unbind", await api.delete(binding));
  };
}
