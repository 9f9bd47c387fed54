import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { Server } from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { isatty } from "node:tty";
import { fileURLToPath } from "node:url";

import { watchdog } from "../watchdog.ts";
import type { Binaries } from "./binaries.ts";
import { enclosed } from "./enclosure.ts";
import { openDoor } from "./brought/door.ts";
import { LEAVE_MS } from "./limits.ts";
import { parseOptions } from "./options.ts";

const inside = fileURLToPath(new URL("inside.ts", import.meta.url));

/** Whoever still writes while it is removed puts files back: until nobody does. */
const REMOVE = `for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do rm -rf "$1" && exit; sleep 0.2; done`;

interface Options {
  cwd: string;
  env?: NodeJS.ProcessEnv;
  /** Gets the streams, which are this process' own otherwise. */
  attach?: (child: ChildProcessByStdio<Writable, Readable, Readable>) => void;
}

/**
 * Starts the control plane in an enclosure, runs the command in it, and clears everything away, also
 * when this process is killed.
 * @param args as parseOptions reads them
 * @returns the command's exit code
 */
export async function runEnclosed(
  { bin, assets }: Binaries,
  args: readonly string[],
  options: Options = { cwd: process.cwd() },
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-cluster-"));
  const callOff = watchdog(REMOVE, [folder]);
  const { kubeconfig, disposable } = parseOptions(args);
  let door: Server | undefined;
  try {
    if (kubeconfig !== undefined) door = await openDoor(kubeconfig, disposable, folder);
    const [command, words] = enclosed(process.execPath, [inside, folder, bin, assets, ...args]);
    return await inForeground(command, words, options);
  } finally {
    door?.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    callOff();
  }
}

/** `unshare` itself ignores the signals that ask to leave: they go to what it runs. */
async function inForeground(
  command: string,
  args: readonly string[],
  { attach, ...options }: Options,
): Promise<number> {
  const child = started(command, args, options, attach);
  let impatient: NodeJS.Timeout | undefined;
  const leave = (signal: NodeJS.Signals): void => {
    for (const pid of childrenOf(child.pid)) process.kill(pid, signal);
    impatient ??= setTimeout(() => child.kill("SIGKILL"), LEAVE_MS);
  };
  const terminate = (): void => leave("SIGTERM");
  // A terminal's Ctrl-C reaches it by itself.
  const interrupt = (): void => void (isatty(0) || leave("SIGINT"));
  process.on("SIGTERM", terminate);
  process.on("SIGHUP", terminate);
  process.on("SIGINT", interrupt);
  try {
    return await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) =>
        resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]),
      );
    });
  } finally {
    clearTimeout(impatient);
    process.off("SIGTERM", terminate);
    process.off("SIGHUP", terminate);
    process.off("SIGINT", interrupt);
  }
}

function started(
  command: string,
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
  attach: Options["attach"],
): ChildProcess {
  if (attach === undefined) return spawn(command, args, { ...options, stdio: "inherit" });
  const child = spawn(command, args, { ...options, stdio: ["pipe", "pipe", "pipe"] });
  attach(child);
  return child;
}

function childrenOf(pid: number | undefined): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text
      .split(" ")
      .filter((each) => each !== "")
      .map(Number);
  } catch {
    return [];
  }
}
