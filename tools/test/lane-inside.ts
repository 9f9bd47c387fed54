// Runs in a lane: takes names of files from stdin, a line each, runs each by vitest, and says how it ended on stdout.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { root } from "../root.ts";
import type { Said } from "./lane.ts";
import { runVitest } from "./vitest.ts";

const words = process.argv.slice(2);
const files = createInterface({ input: process.stdin });
const tell = (said: Said): void => void process.stdout.write(`${JSON.stringify(said)}\n`);
let running: ChildProcess | undefined;

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    files.close();
    running?.kill(signal);
  });
}

/** Runs vitest to its end, keeping what it prints in the order in which it came. */
function capture(command: string, args: readonly string[], env: NodeJS.ProcessEnv, file: string) {
  return new Promise<{ code: number; output: string }>((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...env, NEURALLOG_TEST_FILE: file },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running = child;
    const printed: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (part: Buffer) => printed.push(part));
    }
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code: code ?? 1, output: Buffer.concat(printed).toString("utf8") });
    });
  });
}

tell({ ready: true });
for await (const file of files) {
  const printed: string[] = [];
  const counts = await runVitest(
    words,
    async (command, args, env) => {
      const { code, output } = await capture(command, args, env, file);
      printed.push(output.trimEnd());
      return code;
    },
    (line) => void printed.push(line),
  );
  tell({ ended: { counts, output: printed.join("\n") } });
}
