import { randomUUID } from "node:crypto";
import { spawn, type ChildProcess } from "node:child_process";
import { fstatSync } from "node:fs";
import { Socket } from "node:net";
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";

import { TapError } from "../errors.ts";
import type { Channel } from "../observe/events.ts";
import type { Observer } from "../observe/observer.ts";

export interface StdioOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly observer: Observer;
}

/** How the server ended: the tap ends the same way. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a client or a terminal sends to end a server, or to tell it something. */
const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2", "SIGCONT"] as const;

/**
 * Runs the server and stands between it and this process' own standard streams until it ends.
 * @throws TapError when it cannot be started.
 */
export async function relayStdio(options: StdioOptions): Promise<Ended> {
  const child = spawn(options.command, [...options.args], {
    env: options.env,
    // Standard error is the server's own: it gets ours itself, and nobody stands between.
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = endOf(child, options.command);
  const stopSignals = forwardSignals(child);
  const output = standardOutput();
  // Records of a source may be of several taps: each run is a connection of its own.
  const connection = randomUUID().slice(0, 13);
  const { observer } = options;
  try {
    tap(process.stdin, child.stdin, { connection, direction: "to-server" }, observer);
    tap(child.stdout, output, { connection, direction: "to-client" }, observer);
    return await ended;
  } finally {
    stopSignals();
    process.stdin.destroy();
    await flushed(output);
  }
}

/** Forwards first, then tells: what the observer does delays nothing that is on its way. */
function tap(
  from: Readable,
  to: Writable,
  way: Pick<Channel, "connection" | "direction">,
  observer: Observer,
): void {
  const stream = observer.open({ ...way, transport: "stdio", framing: "lines" });
  // Whoever no longer reads has its writer told, as without us: its pipe closes.
  to.on("error", () => from.destroy());
  from.on("error", () => to.end());
  from.pipe(to);
  from.on("data", (chunk: Buffer) => observer.data(stream, chunk));
  from.once("close", () => observer.close(stream));
}

/**
 * Standard output that never blocks: as Node opens it, a client that does not read what it is sent would keep us
 * from reading what it sends. A file or a terminal stays as it is.
 */
function standardOutput(): Writable {
  const stat = fstatSync(1);
  if (!stat.isFIFO() && !stat.isSocket()) return process.stdout;
  return new Socket({ fd: 1, readable: false, writable: true });
}

async function flushed(output: Writable): Promise<void> {
  if (output.destroyed || output.writableLength === 0) return;
  await new Promise<void>((done) => {
    output.once("drain", done);
    output.once("close", done);
    output.once("error", () => done());
  });
}

function endOf(child: ChildProcess, command: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === "ENOENT";
      reject(
        isMissing
          ? new TapError("TAP_COMMAND_MISSING", `there is no command ${command}`, error)
          : new TapError(
              "TAP_COMMAND_REFUSED",
              `${command} cannot be run: ${error.message}`,
              error,
            ),
      );
    });
    // `close` comes when all that it wrote was read too.
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}

function forwardSignals(child: ChildProcess): () => void {
  const forward = (signal: NodeJS.Signals) => {
    // In a terminal Ctrl-C reaches the server by itself; twice means 'at once' to many.
    if (signal === "SIGINT" && process.stdin.isTTY) return;
    child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  return () => {
    for (const signal of FORWARDED) process.off(signal, forward);
  };
}

/** Ends this process as the server ended. */
export function endAs({ code, signal }: Ended): void {
  if (signal === null) {
    process.exit(code ?? 0);
  }
  process.kill(process.pid, signal);
  // For a signal that does not end us.
  setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 100);
}
