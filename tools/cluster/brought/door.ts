import { writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";

import { ToolError } from "../../say.ts";
import { Api } from "../api/api.ts";
import { type Connection, kubeconfigText, readKubeconfig } from "../api/kubeconfig.ts";
import { factsOf } from "./facts.ts";
import { refusals } from "./refusal.ts";
import { relay } from "./relay.ts";

/** The socket file, in the folder that both sides of the enclosure see. */
export const SOCKET = "api.sock";

/** Where the API server is seen inside. */
export const INSIDE = { host: "127.0.0.1", port: 6443 };

/** The kubeconfig for inside: the brought cluster's, at that address. */
export const KUBECONFIG = "brought.json";

/**
 * Looks at the cluster that was brought, and opens a way to it from inside the enclosure.
 * @throws ToolError with every reason not to touch it
 */
export async function openDoor(file: string, disposable: boolean, folder: string): Promise<Server> {
  const connection = readKubeconfig(file);
  const api = new Api(connection);
  const { context, server } = connection;
  let reasons: string[];
  try {
    reasons = refusals(await factsOf(api, context, server), disposable);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ToolError(`the cluster of ${file} cannot be looked at: ${why}`);
  } finally {
    api.close();
  }
  if (reasons.length > 0) {
    throw new ToolError(
      `${file}: this suite does not touch the cluster "${context}" at ${server}:\n` +
        reasons.map((reason) => `  ${reason}`).join("\n"),
    );
  }
  writeFileSync(join(folder, KUBECONFIG), kubeconfigInside(connection), { mode: 0o600 });
  return await relay(
    { path: join(folder, SOCKET) },
    { host: nameOf(server), port: Number(new URL(server).port || 443) },
  );
}

/** The way in, as a kubeconfig. With `as`, whoever uses it is that user, by impersonation. */
export function kubeconfigInside(
  connection: Connection,
  as?: { user: string; groups: readonly string[] },
): string {
  const base64 = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : Buffer.from(text).toString("base64");
  return kubeconfigText(
    "brought",
    {
      server: `https://${INSIDE.host}:${INSIDE.port}`,
      "certificate-authority-data": base64(connection.ca),
      ...(connection.insecure
        ? { "insecure-skip-tls-verify": true }
        : { "tls-server-name": connection.serverName ?? nameOf(connection.server) }),
    },
    {
      token: connection.token,
      "client-certificate-data": base64(connection.clientCertificate),
      "client-key-data": base64(connection.clientKey),
      ...(as === undefined ? {} : { as: as.user, "as-groups": as.groups }),
    },
  );
}

function nameOf(server: string): string {
  return new URL(server).hostname.replace(/^\[(.*)\]$/, "$1");
}
