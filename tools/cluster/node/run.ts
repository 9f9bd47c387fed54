import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { isatty } from "node:tty";
import { fileURLToPath } from "node:url";

import { thisMachine } from "../../machine.ts";
import { root } from "../../root.ts";
import { watchdog } from "../../watchdog.ts";
import type { Binaries } from "../binaries.ts";
import { enclosed } from "../enclosure.ts";
import { type Hierarchies, makeCgroups } from "./cgroups.ts";
import { CLEAR, clear, clearing } from "./clear.ts";
import { localImages, type LocalImages } from "./images.ts";
import { makeMountPoints } from "./mounts.ts";
import { findRuntime, type Runtime } from "./packages.ts";

/** What a node is made of; getting it may take minutes, once. */
export interface Kit {
  readonly bin: string;
  readonly assets: string;
  readonly runtime: Runtime;
  readonly images: LocalImages;
}

/** @throws ToolError with what cannot be had */
export async function findKit(binaries: Binaries): Promise<Kit> {
  const machine = thisMachine();
  const runtime = await findRuntime(machine);
  return { ...binaries, runtime, images: await localImages(machine) };
}

/** What `inside.ts` is told; also where the tests read it, by NEURALLOG_NODE. */
export interface Enclosed extends Kit, Pick<RunOptions, "command" | "logs" | "engine"> {
  /** The run's own, removed with it. */
  readonly folder: string;
  readonly cgroup: string;
}

export interface RunOptions {
  readonly command: readonly string[];
  /** Where logs are kept after the run. */
  readonly logs?: string | undefined;
  readonly engine?: { readonly program: string; readonly args: readonly string[] } | undefined;
  /** Of the command; this process' own when left out. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Another node's control group, to have this one's in it. */
  readonly within?: string | undefined;
}

const inside = fileURLToPath(new URL("inside.ts", import.meta.url));

/** Adopts and buries what containers leave behind, which Node would not: so it goes first. */
const INIT = ["/bin/sh", "-c", '"$@"; exit $?', "init"];

/**
 * Starts a node in namespaces of its own, runs a command beside it, and clears everything away; a
 * watchdog does so when this process is killed.
 * @returns the command's exit code, and what could not be cleared away
 */
export async function runOnNode(
  kit: Kit,
  hierarchies: Hierarchies,
  { command, logs, engine, env = process.env, within }: RunOptions,
): Promise<{ code: number; left: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-node-"));
  const cgroup = within === undefined ? basename(folder) : join(within, basename(folder));
  // Named before they are made: whatever comes between, the watchdog knows of them.
  const traces = {
    folders: [folder],
    mountPoints: makeMountPoints(),
    cgroups: hierarchies.folders.map((each) => join(each, cgroup)),
  };
  const callOff = watchdog(CLEAR, clearing(traces));
  try {
    const code = await run();
    return { code, left: await clear(traces) };
  } catch (error) {
    await clear(traces);
    throw error;
  } finally {
    callOff();
  }

  function run(): Promise<number> {
    makeCgroups(hierarchies, cgroup);
    mkdirSync(join(folder, "tmp"));
    const told: Enclosed = { ...kit, folder, cgroup, command, logs, engine };
    const note = join(folder, "node.json");
    writeFileSync(note, JSON.stringify(told));
    const [first = "", ...rest] = [...INIT, process.execPath, inside, note];
    const [program, words] = enclosed(first, rest);
    return inForeground(program, words, env);
  }
}

/**
 * `unshare` itself ignores the signals that ask to leave, and nothing in the enclosure is worth
 * waiting for: it is killed with all that is in it.
 * @returns its exit code, 128 and the signal's number when we were asked to leave
 */
function inForeground(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const child = spawn(command, args, { cwd: root, env, stdio: "inherit" });
  let asked: NodeJS.Signals | undefined;
  const leave = (signal: NodeJS.Signals): void => {
    // A terminal's Ctrl-C reaches what runs inside by itself.
    if (signal === "SIGINT" && isatty(0)) return;
    asked = signal;
    child.kill("SIGKILL");
  };
  const signals = ["SIGTERM", "SIGHUP", "SIGINT"] as const;
  for (const signal of signals) process.on(signal, leave);
  return new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      resolve(asked === undefined ? (code ?? 1) : 128 + constants.signals[asked]),
    );
  }).finally(() => {
    for (const signal of signals) process.off(signal, leave);
  });
}
