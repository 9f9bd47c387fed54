import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from "node:fs";

import type { Account } from "../tools/postgres/account.ts";
import { ToolError } from "../tools/say.ts";

/** A child's log that grew beyond this is put aside at the next start, one old one being kept. */
const largestLog = 10 * 1024 * 1024;
/** How long a child may take to end in good order: commits are finished, files are synced. */
const patienceMs = 15_000;
/** Enough of a log's end to see why its process died. */
const tailLines = 15;

export interface Child {
  name: string;
  pid: number;
  log: string;
  process: ChildProcess;
  /** Resolves with how it ended, in words. */
  ended: Promise<string>;
  endSignal: NodeJS.Signals;
}

export interface Program {
  /** For messages: "Redis", "the log service". */
  name: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  /** Whom it runs as, where that is not who we are. */
  account?: Account | undefined;
  /** What ends it in good order; SIGTERM when left out. */
  endSignal?: NodeJS.Signals;
  /** File that gets what it prints. */
  log: string;
}

/** The processes that were started here, in order; they end together, the last one first. */
export class Children {
  readonly #started: Child[] = [];
  readonly #onStart: (pids: number[]) => void;
  #stopping = false;

  /** @param onStart told the process ids of all children whenever one was started */
  constructor(onStart: (pids: number[]) => void) {
    this.#onStart = onStart;
  }

  /** @throws ToolError when it can't be started, or when everything is being stopped already */
  async start(program: Program): Promise<Child> {
    if (this.#stopping) throw new ToolError("stopped before everything was started");
    putAside(program.log);
    const output = openSync(program.log, "a", 0o600);
    const child = spawn(program.command, program.args, {
      ...program.account,
      env: program.env ?? process.env,
      stdio: ["ignore", output, output],
      // In a session of its own: a terminal's Ctrl-C is for us alone, who end the children in order.
      detached: true,
    });
    closeSync(output);
    const ended = new Promise<string>((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (code, signal) => resolve(signal ? `by ${signal}` : `with code ${code}`));
    });
    // A program that can't be started has no process id; the error says why.
    if (child.pid === undefined) await ended;
    const { name, log, endSignal = "SIGTERM" } = program;
    const started: Child = { name, pid: child.pid ?? 0, log, process: child, ended, endSignal };
    this.#started.push(started);
    this.#onStart(this.pids);
    return started;
  }

  /** Resolves with the first child that ends. */
  async firstToEnd(): Promise<{ child: Child; how: string }> {
    return await Promise.race(
      this.#started.map(async (child) => ({ child, how: await child.ended })),
    );
  }

  get pids(): number[] {
    return this.#started.map(({ pid }) => pid);
  }

  /** Ends all of them, the last started first; one that does not end in good order is killed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const child of this.#started.toReversed()) {
      child.process.kill(child.endSignal);
      const killer = setTimeout(() => child.process.kill("SIGKILL"), patienceMs);
      await child.ended;
      clearTimeout(killer);
    }
  }
}

/** What to tell when a child ended that should run. */
export function obituary({ name, log }: Child, how: string): string {
  const lines = existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : [];
  return [`${name} ended ${how}. The end of ${log}:`, ...lines.slice(-tailLines)].join("\n  ");
}

function putAside(log: string): void {
  if (existsSync(log) && statSync(log).size > largestLog) renameSync(log, `${log}.old`);
}
