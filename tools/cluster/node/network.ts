import { mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";

import { runProgram } from "../../process.ts";
import { ToolError } from "../../say.ts";
import { API_PORT, NODE_ADDRESS, NODE_NETWORK, POD_NETWORK } from "./limits.ts";

/**
 * Gives the enclosure the node's address, on a bridge that leads nowhere: a `dummy` link is not in
 * every kernel. The default route makes Services' addresses routable, so that they get translated.
 */
export async function makeNetwork(): Promise<void> {
  const prefix = NODE_NETWORK.slice(NODE_NETWORK.indexOf("/"));
  await ip("link", "set", "lo", "up");
  await ip("link", "add", "node0", "type", "bridge");
  await ip("address", "add", `${NODE_ADDRESS}${prefix}`, "dev", "node0");
  await ip("link", "set", "node0", "up");
  await ip("route", "add", "default", "dev", "node0");
}

/** @returns the folder that containerd reads the pods' network from */
export function writePodNetwork(folder: string): string {
  const to = join(folder, "cni");
  mkdirSync(to, { recursive: true });
  const network = {
    cniVersion: "0.4.0",
    name: "pods",
    plugins: [
      {
        type: "ptp",
        ipMasq: false,
        ipam: {
          type: "host-local",
          ranges: [[{ subnet: POD_NETWORK }]],
          routes: [{ dst: "0.0.0.0/0" }],
          dataDir: join(folder, "addresses"),
        },
      },
    ],
  };
  writeFileSync(join(to, "10-pods.conflist"), JSON.stringify(network));
  return to;
}

/** Pods reach the API server, which listens on loopback, at the node's address. */
export async function relayApi(): Promise<void> {
  const server = createServer((from) => {
    const to = connect(API_PORT, "127.0.0.1");
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.listen(API_PORT, NODE_ADDRESS, resolve);
  });
}

async function ip(...args: string[]): Promise<void> {
  const { code, stderr } = await runProgram("ip", args);
  if (code !== 0) throw new ToolError(`ip ${args.join(" ")}: ${stderr.trim()}`);
}
