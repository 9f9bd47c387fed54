import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { expect, onTestFinished } from "vitest";

import { bareEnvironment } from "../../support/environment.ts";

const main = fileURLToPath(new URL("../../../apps/mcp-tap/src/main.ts", import.meta.url));
export const rawStdio = fileURLToPath(new URL("./raw-stdio.ts", import.meta.url));

export interface Tap {
  readonly process: ChildProcessWithoutNullStreams;
  /** Standard output and error so far. */
  out(): Buffer;
  err(): string;
  /** Resolves with how it ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** The tap as a process of its own, gone when the test is. */
export function startTap(args: readonly string[], env: Readonly<Record<string, string>> = {}): Tap {
  const child = spawn(process.execPath, [main, ...args], { env: { ...bareEnvironment, ...env } });
  onTestFinished(() => void child.kill("SIGKILL"));
  const out: Buffer[] = [];
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk) => (err += String(chunk)));
  // A test that ends it while it is being written to is not about that.
  child.stdin.on("error", () => {});
  return {
    process: child,
    out: () => Buffer.concat(out),
    err: () => err,
    ended: once(child, "close").then(([code, signal]) => ({ code, signal })),
  };
}

/** A tap between the test and an address; `url` has the tap's own port. */
export async function startTapOn(
  target: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Tap & { readonly url: string; readonly health: () => Promise<Health> }> {
  const tap = startTap(["--port", "0", "--health-port", "0", ...args, target], env);
  await expect.poll(() => tap.err()).toMatch(/-> /);
  const url = /mcp-tap: (\S+) -> /.exec(tap.err())?.[1] ?? "";
  return { ...tap, url, health: () => healthOf(tap) };
}

/** What the health endpoint tells, as far as tests look at it. */
export interface Health {
  readonly status: string;
  readonly recording: {
    readonly messages: { readonly to_server: number; readonly to_client: number };
    readonly recorded: number;
    readonly queued: number;
    readonly dropped: number;
    readonly log_service: {
      readonly connected: boolean | null;
      readonly last_error: { readonly reason: string } | null;
    };
  } | null;
}

export async function healthOf(tap: Tap): Promise<Health> {
  await expect.poll(() => tap.err()).toMatch(/health at /);
  const url = /health at (\S+)/.exec(tap.err())?.[1] ?? "";
  const health: Health = JSON.parse(await (await fetch(url)).text());
  return health;
}
