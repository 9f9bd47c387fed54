import { existsSync } from "node:fs";
import { join } from "node:path";

import { aptOf, releaseName, unpackPackages } from "../../debian.ts";
import { withLock } from "../../lock.mjs";
import { isProgram, onPath, type Machine } from "../../machine.ts";
import { ToolError } from "../../say.ts";

/** What makes a machine a node: each from PATH where it is there, else from the distribution's package. */
export interface Runtime {
  /** Folders with containerd, ctr, containerd-shim-runc-v2, runc, nft and conntrack, in PATH's order. */
  readonly path: readonly string[];
  /** The folder of the CNI plugins. */
  readonly plugins: string;
  /** What the unpacked ones are linked to; undefined when all are the system's own. */
  readonly libraries: string | undefined;
}

const programs = ["containerd", "ctr", "containerd-shim-runc-v2", "runc", "nft"];
const packages = ["containerd", "runc", "containernetworking-plugins", "nftables"];
const systemPlugins = ["/opt/cni/bin", "/usr/lib/cni"];
const neededPlugins = ["ptp", "host-local", "loopback"];

/**
 * Finds a container runtime, or unpacks the distribution's packages of one into the cache.
 * @throws ToolError where neither can be had: no node can be started here
 */
export async function findRuntime(machine: Machine): Promise<Runtime> {
  const plugins = systemPlugins.find((folder) =>
    neededPlugins.every((name) => isProgram(join(folder, name))),
  );
  if (plugins !== undefined && programs.every((name) => onPath(name, machine.path).length > 0)) {
    return { path: [], plugins, libraries: undefined };
  }
  const folder = await unpacked(machine, "runtime", packages);
  return {
    path: ["usr/bin", "usr/sbin"].map((name) => join(folder, name)),
    plugins: join(folder, "usr/lib/cni"),
    libraries: libraryPath(folder),
  };
}

/** Debian's exporter of Redis' figures: its Go module cannot be had from every proxy. */
export async function findExporter(machine: Machine): Promise<string> {
  const name = "prometheus-redis-exporter";
  const [path] = onPath(name, machine.path);
  return path ?? join(await unpacked(machine, "exporter", [name]), "usr/bin", name);
}

/** The distribution's packages, unpacked into the cache once. */
async function unpacked(machine: Machine, what: string, names: string[]): Promise<string> {
  const folder = join(machine.cache, what, releaseName());
  if (existsSync(folder)) return folder;
  const apt = aptOf(machine);
  if (apt === undefined)
    throw new ToolError(`${names.join(", ")}: not on PATH, and there is no apt to get them`);
  await withLock(
    join(machine.cache, `${what}.lock`),
    async () => {
      if (!existsSync(folder)) await unpackPackages(machine, apt, names, folder);
    },
    (pid) => machine.say(`waiting for process ${pid}, which gets ${names.join(", ")} ...`),
  );
  return folder;
}

function libraryPath(folder: string): string {
  const name = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  return ["usr/lib", "lib"].map((above) => join(folder, above, name)).join(":");
}
