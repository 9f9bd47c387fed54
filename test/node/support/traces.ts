import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";

import { thisMachinesHierarchies } from "../../../tools/cluster/node/cgroups.ts";
import { read } from "./containers.ts";
import { here } from "./here.ts";

/** What a run has on this machine. */
export interface Traces {
  readonly processes: number;
  readonly networks: number;
  readonly cgroups: number;
  readonly mounts: number;
  readonly folders: number;
}

const pids = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name));

function networkOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    // The process ended meanwhile.
    return undefined;
  }
}

/**
 * The networks of processes with this mark in their environment, and of all that descends from them:
 * pods have environments of their own.
 */
export function networksOf(mark: string): Set<string> {
  const parents = new Map(
    pids().map((pid) => [pid, /^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? ""]),
  );
  const marked = new Set(
    pids().filter((pid) => read(`/proc/${pid}/environ`).split("\0").includes(mark)),
  );
  const isOurs = (pid: string): boolean =>
    marked.has(pid) || (parents.has(pid) && isOurs(parents.get(pid) ?? ""));
  const own = networkOf("self");
  const found = pids()
    .filter((pid) => isOurs(pid))
    .map((pid) => networkOf(pid));
  return new Set(found.filter((network) => network !== undefined && network !== own).map(String));
}

/**
 * @param mark of its processes' environment
 * @param temporary its TMPDIR
 * @param networks as networksOf gave them while it ran
 */
export function tracesOf(mark: string, temporary: string, networks: ReadonlySet<string>): Traces {
  const inUse = new Set(pids().map((pid) => networkOf(pid)));
  const folders = readdirSync(temporary);
  seen.set(temporary, new Set([...(seen.get(temporary) ?? []), ...folders]));
  const groups = thisMachinesHierarchies().folders.flatMap((each) =>
    [...(seen.get(temporary) ?? [])].filter((name) => existsSync(join(each, here.cgroup, name))),
  );
  return {
    processes: pids().filter((pid) => read(`/proc/${pid}/environ`).split("\0").includes(mark))
      .length,
    networks: [...networks].filter((network) => inUse.has(network)).length,
    cgroups: groups.length,
    mounts: readFileSync("/proc/self/mountinfo", "utf8").split(basename(temporary)).length - 1,
    folders: folders.length,
  };
}

/** Names that runs had for their folder and control groups: the groups are looked for when the folder is gone. */
const seen = new Map<string, Set<string>>();
