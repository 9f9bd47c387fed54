import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";

import { Api } from "./api/api.ts";
import { readKubeconfig } from "./api/kubeconfig.ts";
import { textAt } from "./api/object.ts";
import { type UserName, writeCredentials } from "./credentials.ts";
import { Part } from "./part.ts";
import type { Stopwatch } from "./stopwatch.ts";

export interface PlaneOptions {
  /** Where the programs are. */
  bin: string;
  /** Gets all that this plane writes; the caller removes it. */
  folder: string;
  /** Planes beside each other differ in it, from 0 on: it moves every port. */
  index?: number;
  watch: Stopwatch;
  /** etcd's data to begin with, as seed.ts makes it. */
  seed?: string;
  /** More flags of a part, after its own: for measurements. */
  flags?: Partial<Record<"etcd" | "kube-apiserver" | "kube-controller-manager", string[]>>;
}

/** etcd, an API server, the controllers and the scheduler, on loopback. */
export interface Plane {
  /** Of the administrator. */
  api: Api;
  kubeconfigs: Record<UserName, string>;
  parts: Part[];
  logs: string;
}

const LOCAL = "127.0.0.1";

/** Starts a control plane. Whoever calls stops the parts that are pushed into `parts`, also when this throws. */
export async function startPlane(options: PlaneOptions, parts: Part[]): Promise<Plane> {
  const { bin, folder, index = 0, watch, flags = {} } = options;
  const logs = join(folder, "logs");
  mkdirSync(logs, { recursive: true });
  const port = (base: number): number => base + index * 100;
  const server = `https://${LOCAL}:${port(6443)}`;
  const etcd = `http://${LOCAL}:${port(2379)}`;
  const peers = `http://${LOCAL}:${port(2380)}`;
  const { credentials, finish } = writeCredentials(join(folder, "credentials"));
  const start = (name: string, args: string[]): Part => {
    const part = new Part({ name, program: join(bin, name), args, logs });
    parts.push(part);
    return part;
  };

  const data = join(folder, "etcd");
  if (options.seed !== undefined) await cp(options.seed, data, { recursive: true });
  const store = start("etcd", [
    `--data-dir=${data}`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
    "--log-level=warn",
    // Nothing here outlives the machine's memory.
    "--unsafe-no-fsync",
    ...(flags.etcd ?? []),
  ]);
  await watch.time("etcd", () =>
    store.ready(async () => (await fetch(`${etcd}/readyz`)).status === 200),
  );

  const certificates = join(folder, "certificates");
  const apiserver = start("kube-apiserver", [
    `--etcd-servers=${etcd}`,
    `--bind-address=${LOCAL}`,
    `--advertise-address=${LOCAL}`,
    "--endpoint-reconciler-type=none",
    `--secure-port=${port(6443)}`,
    `--cert-dir=${certificates}`,
    "--service-cluster-ip-range=10.96.0.0/16",
    `--token-auth-file=${credentials.tokens}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-signing-key-file=${credentials.serviceAccountKey}`,
    `--service-account-key-file=${credentials.serviceAccountPublicKey}`,
    ...(flags["kube-apiserver"] ?? []),
  ]);
  const certificate = join(certificates, "apiserver.crt");
  let api: Api | undefined;
  await watch.time("kube-apiserver", () =>
    apiserver.ready(async () => {
      if (!existsSync(certificate)) return false;
      if (api === undefined) {
        finish(server, certificate);
        api = new Api(readKubeconfig(credentials.kubeconfigs.admin));
      }
      return (await api.get("/readyz")).status === 200;
    }),
  );
  if (api === undefined) throw new Error("the API server is ready and has no certificate");

  // The usual rates hold the first service account back for eight seconds.
  const fast = ["--kube-api-qps=300", "--kube-api-burst=600", "--leader-elect=false"];
  const local = (base: number): string[] => [
    `--bind-address=${LOCAL}`,
    `--secure-port=${port(base)}`,
    ...fast,
  ];
  start("kube-controller-manager", [
    `--kubeconfig=${credentials.kubeconfigs["kube-controller-manager"]}`,
    "--use-service-account-credentials",
    `--service-account-private-key-file=${credentials.serviceAccountKey}`,
    `--root-ca-file=${certificate}`,
    ...local(10257),
    ...(flags["kube-controller-manager"] ?? []),
  ]);
  start("kube-scheduler", [
    `--kubeconfig=${credentials.kubeconfigs["kube-scheduler"]}`,
    ...local(10259),
  ]);
  const ready = api;
  const ca = readFileSync(certificate, "utf8");
  await watch.time("controllers", () =>
    apiserver.ready(async () => {
      // What one of the controllers wrote, in this run: from now on namespaces get service accounts.
      const { body } = await ready.get("/api/v1/namespaces/default/configmaps/kube-root-ca.crt");
      return textAt(body, "data", "ca.crt") === ca;
    }),
  );
  return { api: ready, kubeconfigs: credentials.kubeconfigs, parts, logs };
}
