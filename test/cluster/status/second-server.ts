import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Part } from "../../../tools/cluster/part.ts";
import { freePort } from "../../support/port.ts";

/** A second API server on the plane's own etcd, to be killed while everything else goes on. */
export interface SecondServer {
  /** A kubeconfig for it, as the plane's administrator. */
  kubeconfig: string;
  /** As a power cut would. */
  kill(): Promise<void>;
  /** At the same address as before. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** The command line of the plane's own API server; undefined where the plane is somebody's cluster. */
function commandLine(): string[] | undefined {
  for (const process of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${process}/cmdline`, "utf8").split("\0").filter(Boolean);
      if (words[0]?.endsWith("/kube-apiserver") === true) return words;
    } catch {
      // It has ended since.
    }
  }
  return undefined;
}

export const hasOwnServer = commandLine() !== undefined;

export async function secondServer(
  isReady: (kubeconfig: string) => Promise<boolean>,
): Promise<SecondServer> {
  const [program = "", ...args] = commandLine() ?? [];
  const folder = mkdtempSync(join(tmpdir(), "neurallog-second-"));
  const port = await freePort();
  const kubeconfig = join(folder, "kubeconfig");
  const first = readFileSync(process.env["KUBECONFIG"] ?? "", "utf8");
  // The certificate is for the address, whatever the port.
  writeFileSync(kubeconfig, first.replaceAll(/(https:\/\/[\w.]+):\d+/g, `$1:${port}`), {
    mode: 0o600,
  });
  const own = args.map((arg) => (arg.startsWith("--secure-port=") ? `--secure-port=${port}` : arg));
  let part: Part | undefined;
  const start = async (): Promise<void> => {
    part = new Part({ name: "second-server", program, args: own, logs: folder });
    await part.ready(() => isReady(kubeconfig));
  };
  await start();
  return {
    kubeconfig,
    start,
    kill: async () => {
      part?.kill();
      await part?.stop();
    },
    remove: async () => {
      await part?.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
