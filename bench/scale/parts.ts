import { readdirSync, readFileSync } from "node:fs";

/** What one part of the control plane takes. */
export interface Cost {
  /** Resident memory now, and the most it ever was. */
  readonly megabytes: number;
  readonly peak: number;
  readonly cpuSeconds: number;
}

/** Clock ticks a second of /proc, on every Linux that Node runs on. */
const TICKS = 100;

/** The enclosure has a process table of its own: every program in it, by name, is a part. */
const PARTS = new Set([
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kwok",
  "argocd-application-controller",
  "argocd-applicationset-controller",
  "argocd-repo-server",
  "argocd-redis",
]);

/** Every part that runs, by name. Argo CD's are told apart by their ports, as they are one program. */
export function costs(): Map<string, Cost> {
  const found = new Map<string, Cost>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const name = nameOf(readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0"));
      if (!PARTS.has(name)) continue;
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const kilobytes = (field: string): number =>
        Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // After the name in parentheses: the 12th and 13th are the ticks in user and kernel mode.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      found.set(name, {
        megabytes: kilobytes("VmRSS") / 1024,
        peak: kilobytes("VmHWM") / 1024,
        cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
      });
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

function nameOf([program = "", ...args]: readonly string[]): string {
  const name = program.slice(program.lastIndexOf("/") + 1);
  if (name === "argocd") {
    if (args.some((each) => each.startsWith("--webhook-addr"))) {
      return "argocd-applicationset-controller";
    }
    return args.some((each) => each.startsWith("--port="))
      ? "argocd-repo-server"
      : "argocd-application-controller";
  }
  return /^(redis|valkey)-server/.test(name) ? "argocd-redis" : name;
}
