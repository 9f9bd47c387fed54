import { spawn } from "node:child_process";
import { join } from "node:path";

import { root } from "../../../tools/root.ts";
import { bareEnvironment } from "../../support/environment.ts";

export type Ended = { code: number | null; out: string; err: string };

export type Running = {
  ended: Promise<Ended>;
  out(): string;
  stop(signal: NodeJS.Signals): void;
};

/** Runs a command of `operate/cli` as a user would, but for what the machine's environment says. */
export function start(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Running {
  const child = spawn(process.execPath, [join(root, "operate/cli", `${command}.ts`), ...args], {
    cwd: root,
    env: { ...bareEnvironment, HOME: "/nowhere", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString("utf8")));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString("utf8")));
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  return {
    out: () => out,
    stop: (signal) => void child.kill(signal),
    ended: new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => {
        process.off("exit", kill);
        resolve({ code, out, err });
      });
    }),
  };
}

export const run = (
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> => start(command, args, env).ended;
