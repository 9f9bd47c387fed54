import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Watchdogs end servers a moment after the test process is gone. */
const usualPatienceMs = 5_000;

/**
 * Finds processes that carry the mark ("NAME=value") in their environment and ends them. Where
 * there is no /proc, none is found.
 * @returns a line for each that did not end by itself
 */
export async function endLeftovers(
  mark: string,
  patienceMs: number = usualPatienceMs,
): Promise<string[]> {
  const until = Date.now() + patienceMs;
  let left = marked(mark);
  while (left.length > 0 && Date.now() < until) {
    await sleep(100);
    left = marked(mark);
  }
  for (const { pid } of left) endProcess(pid);
  return left.map(({ pid, command }) => `process ${pid}: ${command}`);
}

function marked(mark: string): { pid: number; command: string }[] {
  if (!existsSync("/proc/self/environ")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => read(`/proc/${pid}/environ`).split("\0").includes(mark))
    .map((pid) => ({
      pid: Number(pid),
      command: read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim(),
    }));
}

/** Empty for a process that ended meanwhile or belongs to somebody else. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself at last.
  }
}
