import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

import { bareEnvironment } from "../support/environment.ts";

const main = fileURLToPath(new URL("../../apps/cli/src/main.ts", import.meta.url));

export interface Settings {
  readonly url?: string;
  readonly key?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command line as a process that is still running; standard input is open. */
export function start(args: readonly string[], settings: Settings = {}): ChildProcess {
  const child = spawn(process.execPath, [main, ...args], {
    env: {
      ...bareEnvironment,
      TZ: "UTC",
      // Without an address of their own, commands would find a tenant that somebody runs in this checkout.
      NEURALLOG_URL: settings.url ?? "http://127.0.0.1:1",
      ...(settings.key === undefined ? {} : { NEURALLOG_KEY: settings.key }),
      ...settings.env,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // One that a failed test has left running follows for ever.
  onTestFinished(() => void child.kill("SIGKILL"));
  // Characters that two chunks share stay whole.
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8");
  return child;
}

/** How a process ends, with everything that it says from now on. */
export async function end(child: ChildProcess): Promise<Ended> {
  const said = { out: "", err: "" };
  child.stdout?.on("data", (text) => (said.out += String(text)));
  child.stderr?.on("data", (text) => (said.err += String(text)));
  await once(child, "close");
  return { exit: child.exitCode, ...said };
}

/** Runs the command line to its end, `input` on its standard input. */
export async function run(
  args: readonly string[],
  settings: Settings = {},
  input = "",
): Promise<Ended> {
  const child = start(args, settings);
  child.stdin?.end(input);
  return end(child);
}
