import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { runProgram } from "../process.ts";
import { ToolError } from "../say.ts";
import { accountForServer } from "./account.ts";
import { dataFolder } from "./cluster.ts";
import type { Postgres } from "./find.ts";
import { serverEnvironment } from "./run-as.ts";

export interface ServerOptions {
  /** As it was given to `createCluster`. */
  readonly folder: string;
  /** On 127.0.0.1 only. */
  readonly port: number;
  /** Settings as in postgresql.conf, for this start. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface PostgresServer {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Settled when the server has ended. */
  readonly ended: Promise<unknown>;
  /** Ends it in good order: connections are closed, transactions rolled back. */
  stop(): Promise<void>;
  /** Ends it at once, for data that nobody needs any more: it lets go of its shared memory, which a killed one does not. */
  abandon(): Promise<void>;
  /** kill -9 of the server and all of its processes: what a crash of the machine's memory leaves. */
  kill(): Promise<void>;
}

/** What the server writes, across restarts. */
export function serverLog(folder: string): string {
  return join(folder, "postgres.log");
}

/**
 * Starts a server and waits until it takes connections, recovery included.
 * @throws ToolError with what the server wrote
 */
export async function startServer(
  postgres: Postgres,
  options: ServerOptions,
): Promise<PostgresServer> {
  const { folder, port, settings = {} } = options;
  const account = accountForServer();
  const log = openSync(serverLog(folder), "a", 0o600);
  if (account) chownSync(serverLog(folder), account.uid, account.gid);
  const before = readFileSync(serverLog(folder), "utf8").length;
  const all = { listen_addresses: "127.0.0.1", unix_socket_directories: "", ...settings };
  const child = spawn(
    join(postgres.bin, "postgres"),
    [
      `-D${dataFolder(folder)}`,
      `-p${port}`,
      ...Object.entries(all).map(([name, value]) => `--${name}=${value}`),
    ],
    { ...account, cwd: folder, env: serverEnvironment(), stdio: ["ignore", log, log] },
  );
  closeSync(log);
  const ended = once(child, "exit");
  await once(child, "spawn");
  const pid = child.pid;
  if (pid === undefined) throw new ToolError("PostgreSQL has no process id");
  while (!isReady(folder, pid)) {
    if (child.exitCode !== null || child.signalCode !== null) {
      const said = readFileSync(serverLog(folder), "utf8").slice(before).trim();
      throw new ToolError(`PostgreSQL did not start:\n${said}`);
    }
    await sleep(20);
  }
  return {
    process: child,
    pid,
    ended,
    stop: async () => {
      // Fast shutdown; SIGTERM would wait for every connection to close by itself.
      child.kill("SIGINT");
      await ended;
    },
    abandon: async () => {
      child.kill("SIGQUIT");
      await ended;
    },
    kill: async () => {
      // Stopped first, so that it starts no process that the list lacks.
      child.kill("SIGSTOP");
      const children = await childrenOf(pid);
      child.kill("SIGKILL");
      for (const each of children) killIfThere(each);
      await ended;
      // The last of them lets go of the memory that they share: no server starts on the folder before.
      while (await isAnyRunning(children)) await sleep(20);
    },
  };
}

/** Whether the server on a cluster's folder says so in its lock file: the way that pg_ctl waits. */
export function isReady(folder: string, pid: number): boolean {
  try {
    const lines = readFileSync(join(dataFolder(folder), "postmaster.pid"), "utf8").split("\n");
    return lines[0] === String(pid) && lines[7]?.trim() === "ready";
  } catch {
    return false;
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await runProgram("ps", ["-A", "-o", "pid=", "-o", "ppid="]);
  return stdout
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []));
}

/** One that has ended may stay on the list until somebody asks how. */
async function isAnyRunning(pids: readonly number[]): Promise<boolean> {
  if (pids.length === 0) return false;
  const { stdout } = await runProgram("ps", ["-o", "stat=", "-p", pids.join(",")]);
  return stdout.split("\n").some((line) => /^[^Z\s]/.test(line.trim()));
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
