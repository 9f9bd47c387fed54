import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

import { thisMachinesHierarchies } from "../../../tools/cluster/node/cgroups.ts";
import { read } from "./containers.ts";
import { here } from "./here.ts";

/** What a run has on this machine, by the mark in its processes' environment and its folder's name. */
export interface Traces {
  readonly processes: number;
  readonly networks: number;
  readonly cgroups: number;
  readonly mounts: number;
  readonly folders: number;
}

const pids = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name));

/** The network namespaces that any process is in. */
export function networksInUse(): Set<string> {
  return new Set(pids().flatMap((pid) => link(`/proc/${pid}/ns/net`)));
}

function link(path: string): string[] {
  try {
    return [readlinkSync(path)];
  } catch {
    // The process ended meanwhile.
    return [];
  }
}

/**
 * @param temporary the run's TMPDIR
 * @param before the networks that were in use before it
 */
export function tracesOf(mark: string, temporary: string, before: ReadonlySet<string>): Traces {
  const folders = readdirSync(temporary);
  const groups = thisMachinesHierarchies().folders.flatMap((each) => {
    const above = join(each, here.cgroup);
    return existsSync(above)
      ? readdirSync(above).filter((name) => name.startsWith("neurallog"))
      : [];
  });
  return {
    processes: pids().filter((pid) => read(`/proc/${pid}/environ`).split("\0").includes(mark))
      .length,
    networks: [...networksInUse()].filter((network) => !before.has(network)).length,
    cgroups: groups.length,
    mounts: readFileSync("/proc/self/mountinfo", "utf8").split(temporary).length - 1,
    folders: folders.length,
  };
}
