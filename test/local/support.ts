import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { root } from "../../tools/root.ts";

const running = z.object({ children: z.array(z.object({ pid: z.number() })) });

/** One `npm start`, without npm: what it printed, and how it ended. */
export interface LocalStart extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  /** The folder of the tenant's state. */
  readonly folder: string;
  readonly address: string;
  readonly key: string;
  /** Process ids of Redis and the log service, as far as it started them. */
  children(): number[];
  stdout(): string;
  stderr(): string;
  /** Waits for its end; the exit code, or the signal that ended it. */
  ended(): Promise<number | string>;
}

export function temporaryState(): { state: string } & AsyncDisposable {
  const state = mkdtempSync(join(tmpdir(), "neurallog-local-"));
  return {
    state,
    [Symbol.asyncDispose]: () => rm(state, { recursive: true, force: true }),
  };
}

/** Starts and waits until the tenant runs or the process ended. */
export async function startLocal(
  state: string,
  args: string[],
  tenant = "acme",
): Promise<LocalStart> {
  const command = [join(root, "local", "start.ts"), "--state", state, "--tenant", tenant, ...args];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "pipe"] });
  const said = { out: "", err: "" };
  child.stdout.on("data", (part: Buffer) => (said.out += part.toString()));
  child.stderr.on("data", (part: Buffer) => (said.err += part.toString()));
  const closed = once(child, "close");
  const folder = join(state, tenant);
  await Promise.race([until(() => said.out.includes("Ctrl-C stops it")), closed]);
  return {
    child,
    folder,
    pid: child.pid ?? 0,
    address: /address +(\S+)/.exec(said.out)?.[1] ?? "",
    key: /API key +(\S+)/.exec(said.out)?.[1] ?? "",
    children: () =>
      running
        .parse(JSON.parse(readFileSync(join(folder, "running.json"), "utf8")))
        .children.map(({ pid }) => pid),
    stdout: () => said.out,
    stderr: () => said.err,
    ended: async () => {
      await closed;
      return child.exitCode ?? String(child.signalCode);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await closed;
    },
  };
}

/** @returns whether it became true within a minute */
export async function until(holds: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(20)) {
    if (await holds()) return true;
  }
  return false;
}

export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

export async function send(start: LocalStart, message: string): Promise<number> {
  const response = await fetch(`${start.address}/api/logs`, {
    method: "POST",
    headers: { authorization: `Bearer ${start.key}`, "content-type": "application/json" },
    body: JSON.stringify({ level: "INFO", message }),
  });
  await response.body?.cancel();
  return response.status;
}

const found = z.object({ records: z.array(z.object({ message: z.string() })) });

/** The messages of all records that hold the text. */
export async function search(start: LocalStart, text: string): Promise<string[]> {
  const response = await fetch(`${start.address}/api/logs?text=${encodeURIComponent(text)}`, {
    headers: { authorization: `Bearer ${start.key}` },
  });
  return found.parse(await response.json()).records.map(({ message }) => message);
}
