import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { load } from "js-yaml";

import { ToolError } from "../../say.ts";
import { at, isObject, type JsonObject, listAt, textAt } from "../../values.ts";

/** How to reach an API server, and as whom. Certificates and keys are PEM. */
export interface Connection {
  /** `https://host:port`, without a slash at its end. */
  server: string;
  context: string;
  /** The name that the server's certificate has to have, where it is not the server's own. */
  serverName: string | undefined;
  ca: string | undefined;
  insecure: boolean;
  token: string | undefined;
  clientCertificate: string | undefined;
  clientKey: string | undefined;
}

/**
 * The current context of a kubeconfig.
 * @throws ToolError for a file that is none, or that asks for a login program, which tests must not run
 */
export function readKubeconfig(file: string): Connection {
  const text = read(file);
  let config: unknown;
  try {
    config = load(text);
  } catch (error) {
    throw new ToolError(`${file} is no YAML: ${error instanceof Error ? error.message : error}`);
  }
  if (!isObject(config)) throw new ToolError(`${file} is no kubeconfig`);
  const context = textAt(config, "current-context");
  if (context === undefined) throw new ToolError(`${file} has no current-context`);
  const chosen = entry(config, "contexts", context, "context", file);
  const cluster = entry(config, "clusters", textAt(chosen, "cluster"), "cluster", file);
  const user = entry(config, "users", textAt(chosen, "user"), "user", file);
  const server = textAt(cluster, "server");
  if (server === undefined) throw new ToolError(`${file} names no server for ${context}`);
  for (const way of ["exec", "auth-provider", "username"]) {
    if (user[way] !== undefined) {
      throw new ToolError(`${file} logs in by "${way}"; use a token or a client certificate`);
    }
  }
  const pem = (fields: JsonObject, name: string): string | undefined => {
    const data = textAt(fields, `${name}-data`);
    if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
    const path = textAt(fields, name);
    return path === undefined ? undefined : read(resolve(dirname(file), path));
  };
  const tokenFile = textAt(user, "tokenFile");
  return {
    server: server.replace(/\/$/, ""),
    context,
    serverName: textAt(cluster, "tls-server-name"),
    ca: pem(cluster, "certificate-authority"),
    insecure: cluster["insecure-skip-tls-verify"] === true,
    token: textAt(user, "token") ?? (tokenFile && read(resolve(dirname(file), tokenFile)).trim()),
    clientCertificate: pem(user, "client-certificate"),
    clientKey: pem(user, "client-key"),
  };
}

/** A kubeconfig of one context; fields that are undefined are left out. It is JSON, which is YAML. */
export function kubeconfigText(name: string, cluster: object, user: object): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [{ name, cluster }],
    users: [{ name, user }],
  });
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new ToolError(`${file} cannot be read`);
  }
}

/** The named entry of one of a kubeconfig's lists. */
function entry(
  config: JsonObject,
  list: string,
  name: string | undefined,
  inner: string,
  file: string,
): JsonObject {
  const found = listAt(config, list).find((each) => textAt(each, "name") === name);
  const value = at(found, inner);
  if (!isObject(value)) throw new ToolError(`${file} has no ${inner} "${name}"`);
  return value;
}
