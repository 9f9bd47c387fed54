import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

import { findRedis } from "../redis/find.ts";
import { type Api } from "./api/api.ts";
import { environmentOf, readSettings } from "./argocd-settings.ts";
import { ARGOCD } from "./argocd-objects.ts";
import { applied, readManifests } from "./install.ts";
import { Part } from "./part.ts";
import type { Stopwatch } from "./stopwatch.ts";

interface Options {
  bin: string;
  assets: string;
  folder: string;
  logs: string;
  api: Api;
  kubeconfigs: Record<ArgoUser, string>;
  watch: Stopwatch;
  /** Over what the repository's settings say: for measurements. */
  environment?: Readonly<Record<string, string>>;
}

export type ArgoUser =
  | "argocd-application-controller"
  | "argocd-applicationset-controller"
  | "argocd-repo-server";

const LOCAL = "127.0.0.1";
const PORTS = {
  redis: 6380,
  repoServer: 8081,
  repoMetrics: 8084,
  controllerMetrics: 8082,
  setMetrics: 8085,
  setProbe: 8086,
  setWebhook: 7000,
};

/** Argo CD's programs, beside what argocd-objects.ts installed. */
export async function startArgo(options: Options, parts: Part[]): Promise<void> {
  const { api, watch } = options;
  const manifests = readManifests(join(options.assets, "argocd.json"));
  const settings = readSettings();
  await Promise.all(settings.map((each) => applied(api, each, "neurallog")));
  const redis = await startRedis(options);
  parts.push(redis);
  await redis.ready(() => isListening(PORTS.redis));

  const start = (name: ArgoUser, args: string[]): Part =>
    startPart(options, name, args, environmentOf(name, manifests, settings));
  const repository = start("argocd-repo-server", [
    `--address=${LOCAL}`,
    `--port=${PORTS.repoServer}`,
    `--metrics-address=${LOCAL}`,
    `--metrics-port=${PORTS.repoMetrics}`,
    `--redis=${LOCAL}:${PORTS.redis}`,
    "--disable-tls",
    // It ends at once when the file of its default is not there.
    "--client-ca-path=",
  ]);
  const controller = start("argocd-application-controller", [
    `--namespace=${ARGOCD}`,
    `--redis=${LOCAL}:${PORTS.redis}`,
    `--repo-server=${LOCAL}:${PORTS.repoServer}`,
    "--repo-server-plaintext",
    `--metrics-port=${PORTS.controllerMetrics}`,
  ]);
  const sets = start("argocd-applicationset-controller", [
    `--namespace=${ARGOCD}`,
    `--argocd-repo-server=${LOCAL}:${PORTS.repoServer}`,
    "--repo-server-plaintext",
    `--metrics-addr=${LOCAL}:${PORTS.setMetrics}`,
    `--probe-addr=${LOCAL}:${PORTS.setProbe}`,
    `--webhook-addr=${LOCAL}:${PORTS.setWebhook}`,
  ]);
  parts.push(repository, controller, sets);
  const answers = (port: number, path: string) => async (): Promise<boolean> =>
    (await fetch(`http://${LOCAL}:${port}${path}`)).status === 200;
  await watch.time("Argo CD", () =>
    Promise.all([
      repository.ready(() => isListening(PORTS.repoServer)),
      controller.ready(answers(PORTS.controllerMetrics, "/healthz")),
      sets.ready(() => isListening(PORTS.setProbe)),
    ]),
  );
}

async function startRedis({ folder, logs }: Options): Promise<Part> {
  const { path } = await findRedis();
  const data = join(folder, "argocd-redis");
  mkdirSync(data, { recursive: true });
  const flags = { bind: LOCAL, port: String(PORTS.redis), save: "", appendonly: "no", dir: data };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  return new Part({ name: "argocd-redis", program: path, args, logs });
}

/** One of the programs that the binary is: which, it learns from its environment. */
function startPart(
  options: Options,
  name: ArgoUser,
  args: string[],
  settings: Record<string, string>,
): Part {
  const { bin, folder, logs, kubeconfigs, environment } = options;
  const home = join(folder, name);
  const temp = join(home, "tmp");
  mkdirSync(temp, { recursive: true });
  return new Part({
    name,
    program: join(bin, "argocd"),
    args: [...args, "--logformat=text"],
    env: {
      PATH: `${bin}:${process.env["PATH"]}`,
      HOME: home,
      TMPDIR: temp,
      ARGOCD_BINARY_NAME: name,
      // Makes https://kubernetes.default.svc the API server of the kubeconfig.
      ARGOCD_FAKE_IN_CLUSTER: "true",
      ARGOCD_GPG_ENABLED: "false",
      KUBECONFIG: kubeconfigs[name],
      // The repository is a folder that belongs to whoever runs the tests.
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "safe.directory",
      GIT_CONFIG_VALUE_0: "*",
      ...settings,
      ...environment,
    },
    logs,
  });
}

async function isListening(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, LOCAL);
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
