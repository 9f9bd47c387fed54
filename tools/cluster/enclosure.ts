import { runProgram } from "../process.ts";

/**
 * A network, a process table and mounts of its own for everything that a control plane starts. The
 * first process is the table's init: when the runner dies, kill -9 included, the kernel ends them all.
 */
const UNSHARE = [
  "--pdeathsig",
  "KILL",
  "unshare",
  "--net",
  "--pid",
  "--mount",
  "--fork",
  "--kill-child=KILL",
  "--mount-proc",
];

/** The command that runs another one enclosed. */
export function enclosed(command: string, args: readonly string[]): [string, string[]] {
  return ["setpriv", [...UNSHARE, command, ...args]];
}

/** Why this machine cannot do it; undefined where it can. */
export async function whyNoEnclosure(): Promise<string | undefined> {
  if (process.platform !== "linux") return "it needs Linux";
  const [command, args] = enclosed("true", []);
  const { code, stderr } = await runProgram(command, args);
  if (code === 0) return undefined;
  if (code === 127) return "setpriv or unshare (util-linux) is not installed";
  if (process.getuid?.() !== 0) return "only root may make network namespaces";
  return `this machine makes no network namespaces: ${stderr.trim()}`;
}
