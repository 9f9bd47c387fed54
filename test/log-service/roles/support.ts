import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { NeuralLogClient } from "@neurallog/client";
import { onTestFinished } from "vitest";

import { freePort } from "../../support/port.ts";
import { AccessFolder } from "../access/support.ts";

export const MAIN = fileURLToPath(
  new URL("../../../apps/log-service/src/main.ts", import.meta.url),
);

/** A folder that goes with the test. */
export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-role-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface ServiceProcess extends AsyncDisposable {
  readonly url: string;
  readonly opsUrl: string;
  readonly key: string;
  readonly client: NeuralLogClient;
  /** Everything on standard output and standard error. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  /** The exit code, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals | null>;
}

/** A process of the real program, gone at the end also when the test fails. */
export class TestProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #exit: Promise<unknown[]>;
  #output = "";

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, [MAIN, ...args], {
      // Nothing of the machine's own settings; PATH for whatever Node may look up.
      env: { PATH: process.env["PATH"] ?? "", ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#exit = once(this.child, "exit");
    this.child.stdout?.on("data", (chunk) => (this.#output += String(chunk)));
    this.child.stderr?.on("data", (chunk) => (this.#output += String(chunk)));
  }

  get output(): string {
    return this.#output;
  }

  async ended(): Promise<number | NodeJS.Signals | null> {
    await this.#exit;
    return this.child.exitCode ?? this.child.signalCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGKILL");
    await this.#exit;
  }
}

export interface ServiceSetup {
  readonly access: AccessFolder;
  readonly env: Readonly<Record<string, string>>;
  readonly key: string;
  readonly url: string;
  readonly opsUrl: string;
}

/** Settings for `serve` with one admin key, on ports that were free a moment ago. */
export async function prepareService(redisUrl: string): Promise<ServiceSetup> {
  const access = new AccessFolder();
  const key = access.only("admin", "admin");
  const port = await freePort();
  const opsPort = await freePort();
  return {
    access,
    key,
    url: `http://127.0.0.1:${port}`,
    opsUrl: `http://127.0.0.1:${opsPort}`,
    env: {
      NEURALLOG_TENANT: "acme",
      NEURALLOG_REDIS_URL: redisUrl,
      NEURALLOG_REDIS_USERNAME: "default",
      NEURALLOG_ACCESS_FILE: access.file,
      NEURALLOG_KEYS_DIR: access.keysDir,
      NEURALLOG_PORT: String(port),
      NEURALLOG_OPS_PORT: String(opsPort),
    },
  };
}

/** Waits until a health route answers with the status. */
export async function untilStatus(url: string, status: number): Promise<void> {
  for (let tries = 0; tries < 1_200; tries += 1) {
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.status === status) return;
    await sleep(25);
  }
  throw new Error(`${url} did not come to answer ${status}`);
}

/** Writes batches until told to stop, and remembers the ids that were acknowledged. */
export class Writer {
  readonly acknowledged = new Map<string, string>();
  readonly refused: unknown[] = [];
  readonly #client: NeuralLogClient;
  #stopped = false;
  #running: Promise<unknown> = Promise.resolve();
  #next = 0;

  constructor(url: string, key: string) {
    this.#client = new NeuralLogClient({ url, key, retries: 0, timeoutMs: 20_000 });
  }

  start(connections: number, batch: number): void {
    this.#running = Promise.all(Array.from({ length: connections }, () => this.#write(batch)));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #write(batch: number): Promise<void> {
    while (!this.#stopped) {
      const messages = Array.from({ length: batch }, () => `record ${this.#next++}`);
      try {
        const { ids } = await this.#client.write(messages.map((message) => ({ message })));
        for (const [at, id] of ids.entries()) {
          const message = messages[at];
          if (id !== null && message !== undefined) this.acknowledged.set(id, message);
        }
      } catch (error) {
        this.refused.push(error);
        // As long as nobody answers there is nothing to hurry for.
        await sleep(20);
      }
    }
  }
}

/** The acknowledged records that a search of everything does not find under their id. */
export async function missing(
  client: NeuralLogClient,
  acknowledged: ReadonlyMap<string, string>,
): Promise<string[]> {
  const found = new Map<string, string>();
  for await (const record of client.searchAll({ limit: 1_000, order: "asc" })) {
    found.set(record.id, record.message);
  }
  return [...acknowledged].filter(([id, message]) => found.get(id) !== message).map(([id]) => id);
}
