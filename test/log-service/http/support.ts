import { Writable } from "node:stream";
import { connect } from "node:net";

import { NeuralLogClient } from "@neurallog/client";

import { createMemoryClearings } from "../../../apps/log-service/src/archive/clearings/memory.ts";
import type { MemoryArchive } from "../../../apps/log-service/src/archive/memory/memory-archive.ts";
import { readServeConfig } from "../../../apps/log-service/src/config/serve.ts";
import { createLogger } from "../../../apps/log-service/src/observe/logger.ts";
import { localEngines } from "../../../apps/log-service/src/roles/local.ts";
import { startServe } from "../../../apps/log-service/src/roles/serve.ts";
import { PROTOCOLS } from "../../../apps/log-service/src/roles/protocols.ts";
import { createLocalEngine } from "../../../apps/log-service/src/query/engine/local.ts";
import type { QueryEngine } from "../../../apps/log-service/src/query/engine/port.ts";
import { tombstoneMask } from "../../../apps/log-service/src/query/engine/tombstones.ts";
import type { RunningWork } from "../../../apps/log-service/src/roles/work.ts";
import type { SettingsStore } from "../../../apps/log-service/src/settings/port.ts";
import { createMemoryStore } from "../../../apps/log-service/src/store/memory/memory-store.ts";
import type { LogStore } from "../../../apps/log-service/src/store/port.ts";
import { AccessFolder, type KeyEntry } from "../access/support.ts";

export interface ServiceOptions {
  /** One key of each role when left out: `writer`, `reader`, `admin`, named as their role. */
  readonly keys?: readonly KeyEntry[];
  readonly store?: LogStore;
  readonly env?: Readonly<Record<string, string>>;
  /** On the store itself, on the main thread, when left out. */
  readonly engine?: QueryEngine;
  readonly work?: RunningWork;
  readonly settings?: SettingsStore;
  /** An archive that lives as long as the test. */
  readonly archive?: MemoryArchive;
  /** Other members of access.json: `certificates`, `oidc`. */
  readonly access?: object;
}

export interface TestService extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly opsUrl: string;
  /** MCP over WebSockets, where `NEURALLOG_MCP_WS_PORT` is set. */
  readonly socketUrl: string;
  readonly store: LogStore;
  readonly access: AccessFolder;
  /** A key's value by its name. */
  key(name: string): string;
  client(name: string): NeuralLogClient;
  /** A request with a key, answered as status, headers and JSON (or text). */
  call(key: string | undefined, path: string, init?: RequestInit): Promise<Answer>;
  /** What the service logged. */
  log(): string;
  stop(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

const ROLES: readonly KeyEntry[] = ["writer", "reader", "admin"].map((role) => ({
  name: role,
  role,
}));

/** The log service of `serve` on free ports, by default on a store in memory. */
export async function startTestService(options: ServiceOptions = {}): Promise<TestService> {
  const access = new AccessFolder();
  const entries = options.keys ?? ROLES;
  access.list(entries, options.access);
  const values = new Map(entries.map(({ name }) => [name, access.issue(name)]));
  const config = readServeConfig({
    NEURALLOG_TENANT: "acme",
    // The store is given; the address is never used.
    NEURALLOG_REDIS_URL: "redis://127.0.0.1:1",
    NEURALLOG_ACCESS_FILE: access.file,
    NEURALLOG_KEYS_DIR: access.keysDir,
    NEURALLOG_PORT: "0",
    NEURALLOG_OPS_PORT: "0",
    NEURALLOG_LOG_LEVEL: "debug",
    ...options.env,
  });
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const store = options.store ?? createMemoryStore({ compileTombstone: tombstoneMask });
  const logger = createLogger(config.logLevel, {}, sink);
  const { archive, work, settings } = options;
  const clearings = createMemoryClearings();
  const sources = archive && { reader: archive.reader(), clearings };
  const engine = options.engine ?? (sources && createLocalEngine(store, {}, PROTOCOLS, sources));
  const engines = localEngines(config, store, logger, {
    ...(engine === undefined ? {} : { engine }),
    ...(work === undefined ? {} : { work }),
    ...(settings === undefined ? {} : { settings }),
  });
  const role = await startServe(config, store, logger, {
    ...engines,
    archive: archive && {
      writer: archive.writer(),
      reader: archive.reader(),
      clearings,
      close: async () => undefined,
    },
  });
  const url = `http://127.0.0.1:${role.port}`;
  const key = (name: string) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`the test has no key ${name}`);
    return value;
  };
  const stop = async () => {
    await role.stop();
    await access[Symbol.asyncDispose]();
  };
  return {
    url,
    port: role.port,
    opsUrl: `http://127.0.0.1:${role.opsPort}`,
    socketUrl: `ws://127.0.0.1:${role.mcpSocketPort}`,
    store,
    access,
    key,
    client: (name) => new NeuralLogClient({ url, key: key(name), retries: 0 }),
    call: (name, path, init = {}) =>
      ask(`${url}${path}`, {
        ...init,
        headers: {
          ...(name === undefined ? {} : { authorization: `Bearer ${key(name)}` }),
          ...Object.fromEntries(new Headers(init.headers)),
        },
      }),
    log: () => lines.join(""),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

export async function ask(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const json = response.headers.get("content-type")?.includes("json") === true;
  return {
    status: response.status,
    headers: response.headers,
    body: json ? JSON.parse(text) : text,
  };
}

/** POSTs a body to /api/logs. */
export function post(
  service: TestService,
  key: string | undefined,
  body: NonNullable<RequestInit["body"]>,
  headers: Readonly<Record<string, string>> = { "content-type": "application/json" },
  query = "",
): Promise<Answer> {
  return service.call(key, `/api/logs${query}`, { method: "POST", body, headers });
}

/** Sends bytes as they are, piece by piece, and answers what came back until the other end closed. */
export function rawRequest(
  port: number,
  pieces: Iterable<string | Buffer> | AsyncIterable<string | Buffer>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const socket = connect(port, "127.0.0.1");
    socket.on("data", (chunk) => received.push(chunk));
    // A server that refuses may reset the connection while we still send.
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(Buffer.concat(received).toString()));
    const send = async () => {
      for await (const piece of pieces) {
        if (!socket.writable) return;
        socket.write(piece);
      }
    };
    send().catch(reject);
  });
}
