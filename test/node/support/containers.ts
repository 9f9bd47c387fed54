import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { listAt, textAt } from "../../../tools/cluster/api/object.ts";
import { thisMachinesHierarchies } from "../../../tools/cluster/node/cgroups.ts";
import { here } from "./here.ts";
import type { PodSeen } from "./tenant.ts";

/** A container of a pod, as this machine's kernel sees it. */
export interface Container {
  readonly name: string;
  readonly id: string;
  readonly pod: PodSeen;
}

export function containersOf(pod: PodSeen): Container[] {
  return listAt(pod.pod, "status", "containerStatuses").flatMap((status) => {
    const id = textAt(status, "containerID")?.replace("containerd://", "");
    return id === undefined ? [] : [{ name: textAt(status, "name") ?? "", id, pod }];
  });
}

const { version, folders } = thisMachinesHierarchies();

/** The control group of a controller, by the last part of its path; undefined when it is gone. */
export function groupOf(controller: string, last: string): string | undefined {
  const above =
    version === 2
      ? folders[0]
      : folders.find((each) => existsSync(join(each, probes[controller] ?? "")));
  if (above === undefined) throw new Error(`no controller ${controller}`);
  return find(join(above, here.cgroup), last);
}

/** A file that only this controller's groups have, at the root of its tree too. */
const probes: Record<string, string> = {
  memory: "memory.usage_in_bytes",
  cpuacct: "cpuacct.usage",
};

function find(folder: string, last: string): string | undefined {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    const found = entry.name === last ? path : find(path, last);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function processesOf(last: string): number[] {
  const group = groupOf("memory", last);
  return group === undefined ? [] : processesIn(group);
}

function processesIn(folder: string): number[] {
  const own = readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n").filter(Boolean);
  const below = readdirSync(folder, { withFileTypes: true }).filter((each) => each.isDirectory());
  return [...own.map(Number), ...below.flatMap(({ name }) => processesIn(join(folder, name)))];
}

export interface Usage {
  /** What the kubelet would call its working set, in bytes: memory that is not file pages at rest. */
  readonly workingSet: number;
  /** Resident memory of its processes, shared pages counted in each, in bytes. */
  readonly resident: number;
  /** CPU time of everything that ever ran in it, in ns. */
  readonly cpu: number;
  /** CPU time of the processes that run in it now, in ns: without what probes started and ended. */
  readonly own: number;
}

export function usageOf(last: string): Usage {
  const memory = groupOf("memory", last);
  const cpu = groupOf("cpuacct", last);
  if (memory === undefined || cpu === undefined) throw new Error(`${last} is gone`);
  const pids = processesIn(memory);
  return {
    workingSet: Math.max(
      0,
      number(memory, ["memory.usage_in_bytes", "memory.current"]) - inactive(memory),
    ),
    resident: pids.reduce((sum, pid) => sum + residentOf(pid), 0),
    cpu:
      version === 2
        ? 1000 * stat(join(cpu, "cpu.stat"), "usage_usec")
        : number(cpu, ["cpuacct.usage"]),
    own: pids.reduce((sum, pid) => sum + cpuOf(pid), 0),
  };
}

/** What of containerd stays with a pod: resident memory, and CPU time of it and of every runc that it started, in ns. */
export function shimOf(pod: PodSeen): { resident: number; cpu: number } {
  const [container] = containersOf(pod);
  const [first] = container === undefined ? [] : processesOf(container.id);
  const parent = /^PPid:\s+(\d+)/m.exec(read(`/proc/${first}/status`))?.[1];
  const stat = read(`/proc/${parent}/stat`);
  // Fields are counted after the name, which may hold blanks; its children's time is in two of them.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
  return { resident: residentOf(Number(parent)), cpu: ticks * 1e7 };
}

/** Its limit on memory, in bytes. */
export function memoryLimitOf(id: string): number {
  const group = groupOf("memory", id);
  if (group === undefined) throw new Error(`${id} is gone`);
  return number(group, ["memory.limit_in_bytes", "memory.max"]);
}

function inactive(folder: string): number {
  const file = join(folder, "memory.stat");
  return stat(file, version === 2 ? "inactive_file" : "total_inactive_file");
}

function number(folder: string, names: string[]): number {
  const name = names.find((each) => existsSync(join(folder, each)));
  if (name === undefined) throw new Error(`${folder} has no ${names.join(" or ")}`);
  return Number(readFileSync(join(folder, name), "utf8"));
}

function stat(file: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(readFileSync(file, "utf8"))?.[1] ?? NaN);
}

function residentOf(pid: number): number {
  const status = read(`/proc/${pid}/status`);
  return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
}

/** All threads' time on a processor: `schedstat` counts ns, where `stat` counts hundredths of a second. */
function cpuOf(pid: number): number {
  const folder = `/proc/${pid}/task`;
  if (!existsSync(folder)) return 0;
  return readdirSync(folder).reduce(
    (sum, thread) => sum + Number(read(`${folder}/${thread}/schedstat`).split(" ")[0] ?? 0),
    0,
  );
}

/** Empty for a process that ended meanwhile. */
export function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
