import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { pythonEnvironment, type Python } from "./pythons.ts";

const program = fileURLToPath(new URL("driven.py", import.meta.url));

export interface Stats {
  readonly level: string;
  readonly queued: number;
  readonly sent: number;
  readonly dropped: number;
  readonly rejected: number;
}

/** A Python program with a logger, which does what it is told and answers. */
export interface Driven extends AsyncDisposable {
  /** `count` records at the level, numbered from `from` in their data. */
  log(level: string, message: string, count?: number, from?: number): Promise<void>;
  flush(seconds: number): Promise<boolean>;
  stats(): Promise<Stats>;
  /** Ends it in good order, by the end of its input: what it had to say on standard error. */
  end(): Promise<string>;
}

/** @param options of `neurallog.Logger` */
export function drive(python: Python, options: Readonly<Record<string, unknown>>): Driven {
  const child = spawn(python.path, ["-W", "error", program, JSON.stringify(options)], {
    env: { ...pythonEnvironment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const errors: string[] = [];
  child.stderr.on("data", (text) => errors.push(String(text)));
  const exited = once(child, "close");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (command: object) => {
    child.stdin.write(`${JSON.stringify(command)}\n`);
    const { done, value } = await lines.next();
    if (done === true) throw new Error(`the program ended:\n${errors.join("")}`);
    return JSON.parse(value);
  };
  const end = async () => {
    child.stdin.end();
    await exited;
    return errors.join("");
  };
  return {
    log: async (level, message, count = 1, from = 0) =>
      ask({ do: "log", level, message, count, from }),
    flush: (seconds) => ask({ do: "flush", seconds }),
    stats: () => ask({ do: "stats" }),
    end,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
