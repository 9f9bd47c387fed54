import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { ToolError } from "../say.ts";
import { ASK_MS, LOG_TAIL, READY_MS, STOP_MS } from "./limits.ts";

/** Go's collector runs a third as often, for twice the memory: an eighth of all CPU that a suite takes. */
const GOGC = "300";

export interface PartOptions {
  /** What it is called in messages, and its log file. */
  name: string;
  program: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** Where its log goes. */
  logs: string;
}

/** One program of the control plane. */
export class Part {
  readonly name: string;
  readonly log: string;
  readonly #child: ChildProcess;
  #ended: string | undefined;
  #stopping = false;

  constructor({ name, program, args, env, logs }: PartOptions) {
    this.name = name;
    this.log = join(logs, `${name}.log`);
    const out = openSync(this.log, "a");
    this.#child = spawn(program, args, {
      stdio: ["ignore", out, out],
      // In a session of its own: a terminal's Ctrl-C is for the command, which parts have to outlive.
      detached: true,
      env: { GOGC, ...(env ?? process.env) },
    });
    closeSync(out);
    this.#child.on("error", (error) => (this.#ended = error.message));
    this.#child.on("exit", (code, signal) => (this.#ended = `ended by ${signal ?? code}`));
  }

  /**
   * Waits until `isReady`, which may throw for as long as nobody listens.
   * @throws ToolError when the program ends first, or takes too long, with the end of its log
   */
  async ready(isReady: () => Promise<boolean>, patienceMs: number = READY_MS): Promise<void> {
    const until = Date.now() + patienceMs;
    for (;;) {
      if (this.#ended !== undefined) throw this.#failure(this.#ended);
      try {
        if (await isReady()) return;
      } catch {
        // Nobody listens yet.
      }
      if (Date.now() > until) throw this.#failure(`was not ready after ${patienceMs} ms`);
      await sleep(ASK_MS);
    }
  }

  /** Tells of an end that nobody asked for. */
  onDeath(tell: (message: string) => void): void {
    this.#child.on("exit", () => {
      if (!this.#stopping) tell(this.#failure(this.#ended ?? "ended").message);
    });
  }

  /** As a power cut would: at once, and nothing is told of it. */
  kill(): void {
    this.#stopping = true;
    this.#child.kill("SIGKILL");
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#ended !== undefined) return;
    const ended = new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(timer);
  }

  #failure(why: string): ToolError {
    return new ToolError(`${this.name} ${why}; the end of its log:\n${tailOf(this.log)}`);
  }
}

function tailOf(file: string): string {
  try {
    return readFileSync(file, "utf8").slice(-LOG_TAIL);
  } catch {
    return "";
  }
}
