import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { ToolError } from "../../say.ts";

/** Where control groups are mounted: one tree (v2), or one for each controller (v1). */
export interface Hierarchies {
  readonly version: 1 | 2;
  /** Beside v1 there may be a v2 tree without controllers, for systemd: runc makes groups in it too. */
  readonly folders: readonly string[];
}

/** What the kubelet counts pods by; it starts on no machine that lacks one. */
const needed = ["cpu", "cpuacct", "cpuset", "memory", "pids"];
const unified = ["cpu", "cpuset", "memory", "pids"];

/**
 * @param mounts /proc/self/mounts
 * @throws ToolError where none are mounted
 */
export function hierarchiesOf(mounts: string): Hierarchies {
  const lines = mounts.split("\n").map((line) => line.split(" "));
  const of = (type: string) =>
    lines.filter(([, , each]) => each === type).flatMap(([, folder]) => folder ?? []);
  const [first, second] = [of("cgroup"), of("cgroup2")];
  if (first.length > 0) {
    const options = new Set(
      lines.filter(([, , each]) => each === "cgroup").flatMap((each) => each[3]?.split(",") ?? []),
    );
    const missing = needed.filter((name) => !options.has(name));
    if (missing.length > 0) throw new ToolError(`no cgroup controller ${missing.join(", ")}`);
    return { version: 1, folders: [...new Set([...first, ...second])] };
  }
  if (second.length === 0) throw new ToolError("no control groups are mounted (/sys/fs/cgroup)");
  return { version: 2, folders: second.slice(0, 1) };
}

export function thisMachinesHierarchies(): Hierarchies {
  return hierarchiesOf(readFileSync("/proc/self/mounts", "utf8"));
}

/**
 * Makes a control group of this name in each tree: all pods are put below it, so that what is left of
 * a run is found by its name.
 * @returns its folders, to be removed by whoever asked
 * @throws ToolError where this machine lets nobody make one
 */
export function makeCgroups({ version, folders }: Hierarchies, name: string): string[] {
  const made: string[] = [];
  try {
    for (const folder of folders) {
      if (version === 2) delegate(folder);
      mkdirSync(join(folder, name));
      made.push(join(folder, name));
      if (version === 2) delegate(join(folder, name));
      else inheritCpus(folder, join(folder, name));
    }
  } catch (error) {
    for (const folder of made) rmdirSync(folder);
    const why = error instanceof Error ? error.message : String(error);
    throw new ToolError(`no control group can be made: ${why}`);
  }
  return made;
}

/** @throws ToolError where this machine lets nobody make a control group */
export function tryCgroup(hierarchies: Hierarchies): void {
  for (const folder of makeCgroups(hierarchies, `neurallog-try-${process.pid}`)) rmdirSync(folder);
}

/** v2: a group has no controllers but those that the group above it hands on. */
function delegate(folder: string): void {
  const here = readFileSync(join(folder, "cgroup.controllers"), "utf8").trim().split(" ");
  const missing = unified.filter((name) => !here.includes(name));
  if (missing.length > 0) throw new ToolError(`${folder} has no controller ${missing.join(", ")}`);
  const wanted = unified.map((name) => `+${name}`).join(" ");
  writeFileSync(join(folder, "cgroup.subtree_control"), wanted);
}

/** v1: a new cpuset has no processors, and takes no process until it has. */
function inheritCpus(above: string, folder: string): void {
  for (const name of ["cpuset.cpus", "cpuset.mems"]) {
    if (!existsSync(join(folder, name))) continue;
    writeFileSync(join(folder, name), readFileSync(join(above, name), "utf8"));
  }
}
