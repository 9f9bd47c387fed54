import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createLogger, type Logger, type LoggerOptions } from "@neurallog/client/logger";
import { expect, onTestFinished } from "vitest";

import { root } from "../../../tools/root.ts";
import { bareEnvironment } from "../../support/environment.ts";
import { json, startServer, type Seen } from "../support.ts";

/** A record as a client sends it. */
export interface SentRecord {
  readonly timestamp: number;
  readonly level: string;
  readonly component: string;
  readonly message: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export function recordsOf({ body }: Seen): SentRecord[] {
  return body
    .split("\n")
    .filter((line) => line !== "")
    .map((line): SentRecord => JSON.parse(line));
}

/** Answers a write as the log service does. */
export function store(seen: Seen, response: ServerResponse): void {
  json(response, 200, { accepted: recordsOf(seen).length, rejected: [], ids: [] });
}

/** A service that keeps what it is sent; `answer` may do otherwise, and what it answers is not kept unless it stores. */
export async function startCollector(
  answer: (seen: Seen, response: ServerResponse, count: number) => void = store,
) {
  const server = await startServer(answer);
  return {
    url: server.url,
    seen: server.seen,
    records: () => server.seen.flatMap(recordsOf),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

export interface TestLogger extends AsyncDisposable {
  readonly logger: Logger;
  readonly errors: Error[];
}

/** A logger that says nothing on standard error and is closed afterwards. */
export function startLogger(options: LoggerOptions): TestLogger {
  const errors: Error[] = [];
  const logger = createLogger({
    component: "checkout",
    levelsUrl: false,
    quiet: true,
    onError: (error) => errors.push(error),
    ...options,
  });
  return {
    logger,
    errors,
    [Symbol.asyncDispose]: async () => {
      await logger.close(0);
    },
  };
}

/** Waits until nothing is left to send; a flush alone gives up after a second, which a busy machine needs to connect. */
export async function sendAll(logger: Logger): Promise<void> {
  await logger.flush();
  await expect.poll(() => logger.stats().queued).toBe(0);
}

/** The only record that a call sent. */
export async function sentBy(
  log: (logger: Logger) => void,
  options: LoggerOptions = {},
): Promise<SentRecord> {
  await using collector = await startCollector();
  await using started = startLogger({ url: collector.url, ...options });
  log(started.logger);
  await sendAll(started.logger);
  const [record, ...others] = collector.records();
  if (record === undefined || others.length > 0)
    throw new Error(`not one record but ${collector.records().length}`);
  return record;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/**
 * Runs an application of its own to its end: a module's text with `createLogger`, `runWithTrace` and
 * `LOGGER`, the address to import them from.
 */
export async function runApplication(
  source: string,
  env: Readonly<Record<string, string>> = {},
  during?: (child: ChildProcess) => Promise<void>,
): Promise<Ended> {
  const logger = import.meta.resolve("@neurallog/client/logger");
  const head = `import { createLogger, runWithTrace } from "@neurallog/client/logger";\nconst LOGGER = "${logger}";\n`;
  return runModule(head + source, env, during);
}

/** Runs a module's text where this repository's packages are found. */
export async function runModule(
  text: string,
  env: Readonly<Record<string, string>>,
  during?: (child: ChildProcess) => Promise<void>,
): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-application-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const file = join(folder, "application.mjs");
  writeFileSync(file, text);
  try {
    return await run(file, env, during);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(
  file: string,
  env: Readonly<Record<string, string>>,
  during?: (child: ChildProcess) => Promise<void>,
): Promise<Ended> {
  const started = performance.now();
  const child = spawn(process.execPath, [file], {
    env: { ...bareEnvironment, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // One that a failed test has left running would hold its ports for ever.
  onTestFinished(() => void child.kill("SIGKILL"));
  // With one to talk to it by, it waits for its end.
  if (during === undefined) child.stdin.end();
  const [stdout, stderr]: [string[], string[]] = [[], []];
  child.stdout.on("data", (chunk) => stdout.push(String(chunk)));
  child.stderr.on("data", (chunk) => stderr.push(String(chunk)));
  const closed = once(child, "close");
  await during?.(child);
  await closed;
  return {
    code: child.exitCode,
    signal: child.signalCode,
    stdout: stdout.join(""),
    stderr: stderr.join(""),
    ms: performance.now() - started,
  };
}

/** Calls a logger with what its types do not allow, as JavaScript does. */
export function callWith(logger: Logger, method: keyof Logger, ...values: unknown[]): unknown {
  return Reflect.apply(logger[method], logger, values);
}
