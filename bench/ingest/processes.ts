import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A child process whose standard output is read line by line. */
export interface Child {
  readonly pid: number;
  readonly process: ChildProcess;
  readonly exited: Promise<void>;
  /** The next line; rejects if the process ends before. */
  line(): Promise<string>;
  end(): Promise<void>;
}

export function start(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  stderr: "inherit" | "ignore" = "inherit",
): Child {
  const child = spawn(command, args, {
    env: { ...process.env, ...environment },
    stdio: ["pipe", "pipe", stderr],
  });
  const { pid, stdout } = child;
  if (pid === undefined || stdout === null) throw new Error(`${command} does not start`);
  // A benchmark that fails leaves no server behind.
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => {
      process.off("exit", kill);
      resolve();
    });
  });
  let lines: AsyncIterator<string, undefined> | undefined;
  return {
    pid,
    process: child,
    exited,
    line: async () => {
      // Not before it is asked for: lines that nobody takes would stop the process after some thousand.
      lines ??= createInterface({ input: stdout })[Symbol.asyncIterator]();
      const next = await lines.next();
      if (next.done === true) throw new Error(`${command} ${args[0]} ended early`);
      return next.value;
    },
    end: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

const TICKS_A_SECOND = 100;

/** User and system time of a process so far; Linux only. */
export function cpuSeconds(pid: number): number {
  return secondsIn(`/proc/${pid}/stat`);
}

/** The same of its main thread alone. */
export function mainThreadSeconds(pid: number): number {
  return secondsIn(`/proc/${pid}/task/${pid}/stat`);
}

function secondsIn(file: string): number {
  const stat = readFileSync(file, "utf8");
  // The command's name is in brackets and may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** Resident bytes of a process; Linux only. */
export function residentBytes(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1]) * 1024;
}

/** Calls until it answers. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    await sleep(20);
  }
  throw new Error(`${what} does not come`);
}
