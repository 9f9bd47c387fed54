import { existsSync, readFileSync, statSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { failure } from "../errors.ts";
import { CREDENTIALS_MILLISECONDS, MAX_KUBECONFIG_BYTES } from "../limits.ts";

/** Where a kubeconfig is looked for, in this order: the flag, the environment, the home folder, a pod's own. */
export type AccessOptions = {
  /** A file, or several in the way of KUBECONFIG. */
  kubeconfig?: string;
  context?: string;
  /** Act as somebody else, whom the user may impersonate; kubectl's --as and --as-group. */
  as?: { user: string; group?: string };
  environment?: Readonly<Record<string, string | undefined>>;
};

/** The way to one API server as one user. */
export type Access = {
  /** Like https://192.0.2.1:6443, without a slash at its end. */
  server: string;
  context: string;
  user: string;
  /** The credentials of this moment: exec plugins and token files renew theirs. */
  credentials(): Promise<RequestOptions>;
};

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** Reads the kubeconfig. Nothing is asked of the cluster yet. */
export async function findAccess(options: AccessOptions = {}): Promise<Access> {
  const environment = options.environment ?? process.env;
  const files = findFiles(options.kubeconfig, environment);
  // The library's 60 MiB of types and calls take a third of a second to load: --help does without.
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  if (files === "pod") config.loadFromCluster();
  else files.forEach((file, index) => load(file, index, config, KubeConfig));
  return impersonating(accessOf(choose(config, options.context)), options.as);
}

/** The library takes a kubeconfig's `as`, and knows no groups. */
function impersonating(access: Access, as: AccessOptions["as"]): Access {
  if (as === undefined) return access;
  return {
    ...access,
    user: as.user,
    credentials: async () => {
      const options = await access.credentials();
      const group = as.group === undefined ? {} : { "Impersonate-Group": as.group };
      const headers = { ...options.headers, "Impersonate-User": as.user, ...group };
      return { ...options, headers };
    },
  };
}

function findFiles(
  flag: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] | "pod" {
  const named = flag ?? environment["KUBECONFIG"] ?? "";
  const list = named.split(delimiter).filter((file) => file !== "");
  if (list.length > 0) {
    // As kubectl does: of several files some may be missing.
    const there = list.filter((file) => existsSync(file));
    if (there.length > 0) return there;
    throw failure("no-kubeconfig", { tried: `there is no ${list.join(" nor ")}` });
  }
  const home = join(environment["HOME"] ?? homedir(), ".kube", "config");
  if (existsSync(home)) return [home];
  if (environment["KUBERNETES_SERVICE_HOST"] !== undefined && existsSync(SERVICE_ACCOUNT)) {
    return "pod";
  }
  throw failure("no-kubeconfig", { tried: `KUBECONFIG is not set and there is no ${home}` });
}

function load(file: string, index: number, into: KubeConfig, Make: new () => KubeConfig): void {
  try {
    if (statSync(file).size > MAX_KUBECONFIG_BYTES) throw new Error("it is too large");
    const text = readFileSync(file, "utf8");
    const one = index === 0 ? into : new Make();
    one.loadFromString(text);
    one.makePathsAbsolute(dirname(file));
    if (one === into) return;
    // As kubectl does: of two by the same name the first counts. The library would refuse both files.
    one.clusters = one.clusters.filter(({ name }) => into.getCluster(name) === null);
    one.users = one.users.filter(({ name }) => into.getUser(name) === null);
    one.contexts = one.contexts.filter(({ name }) => into.getContextObject(name) === null);
    into.mergeConfig(one, into.currentContext !== undefined);
  } catch (error) {
    // The parser's own message may quote the file, and the file holds tokens: its first line alone.
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw failure("kubeconfig-unreadable", { file, reason }, error);
  }
}

function choose(config: KubeConfig, wanted: string | undefined): KubeConfig {
  const contexts = config.contexts.map(({ name }) => name).join(", ") || "none";
  const context = wanted ?? config.currentContext;
  if (context === undefined || context === "") throw failure("no-context", { contexts });
  if (config.getContextObject(context) === null) {
    throw failure("unknown-context", { context, contexts });
  }
  config.setCurrentContext(context);
  return config;
}

function accessOf(config: KubeConfig): Access {
  const context = config.getCurrentContext();
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  if (cluster === null) {
    throw failure("context-incomplete", { context, reason: "names a cluster that is not there" });
  }
  if (user === null) {
    throw failure("context-incomplete", { context, reason: "names a user that is not there" });
  }
  if (!URL.canParse(cluster.server)) {
    throw failure("context-incomplete", { context, reason: "has a server that is no address" });
  }
  return {
    server: cluster.server,
    context,
    user: user.name,
    credentials: () => credentials(config, user.name),
  };
}

async function credentials(config: KubeConfig, user: string): Promise<RequestOptions> {
  const options: RequestOptions = {};
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${CREDENTIALS_MILLISECONDS / 1000} s`)),
      CREDENTIALS_MILLISECONDS,
    );
  });
  try {
    await Promise.race([config.applyToHTTPSOptions(options), late]);
    return options;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw failure("credentials-failed", { user, reason: firstLine(reason) }, error);
  } finally {
    clearTimeout(timer);
  }
}

const firstLine = (text: string): string =>
  text
    .split("\n")
    .find((line) => line.trim() !== "")
    ?.trim() ?? "it failed without a word";
