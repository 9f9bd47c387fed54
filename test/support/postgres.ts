import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Client } from "pg";

import { createCluster } from "../../tools/postgres/cluster.ts";
import { findPostgres } from "../../tools/postgres/find.ts";
import { serverLog, startServer, type PostgresServer } from "../../tools/postgres/server.ts";
import { runProgram } from "../../tools/process.ts";
import { watchdog } from "../../tools/watchdog.ts";
import { freePort } from "./port.ts";

export interface PostgresOptions {
  /** As in postgresql.conf; they win over the fixture's own. */
  settings?: Readonly<Record<string, string>>;
}

/** A real PostgreSQL on a free loopback port, with a temporary folder of its own. */
export interface TestPostgres extends AsyncDisposable {
  readonly port: number;
  /** The superuser's name and password. */
  readonly user: string;
  readonly password: string;
  /** As `postgres --version` says it. */
  readonly version: string;
  /** Of the running server; another one after each restart. */
  readonly pid: number;
  /** postgres://127.0.0.1:<port>/<database>, without credentials. */
  url(database: string): string;
  /** Makes an empty database with a name of its own. */
  createDatabase(): Promise<string>;
  /** Runs SQL as the superuser; rows of the last statement. */
  query(
    sql: string,
    options?: { readonly database?: string; readonly values?: readonly unknown[] },
  ): Promise<readonly Record<string, unknown>[]>;
  /** What the server logged so far. */
  log(): string;
  /** kill -9 of all of its processes: the data stays as a crash leaves it. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT of the server's first process: no new connection gets an answer. */
  pause(): void;
  resume(): void;
  /** Ends it in good order and leaves its data. */
  shutDown(): Promise<void>;
  /** Starts again on the same port and data; a running server is shut down first. */
  restart(): Promise<void>;
  /** Ends the server and removes its folder; the same as leaving an `await using`. */
  stop(): Promise<void>;
}

/**
 * Shared memory that a killed server leaves to the one that is started after it: a machine has room
 * for 4,096 such segments. The lock file's seventh line names it.
 */
const freeMemory =
  "id=$(awk 'NR == 7 {print $2}' \"$1/cluster/data/postmaster.pid\" 2>/dev/null); " +
  'if [ -n "$id" ]; then ipcrm -m "$id"; fi; rm -rf "$1"';

/** The folder's processes first: a server whose lock file is gone keeps its port for a while. */
const cleanUp =
  'kill -9 "$1" $(ps -A -o pid= -o ppid= | awk -v p="$1" \'$2 == p {print $1}\'); shift; ' +
  freeMemory;

let found: ReturnType<typeof findPostgres> | undefined;

/**
 * Starts a server: `await using postgres = await startPostgres()`, or start in beforeAll and stop in
 * afterAll; it takes about a second. It is gone afterwards also when the test process dies.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<TestPostgres> {
  const program = await (found ??= findPostgres());
  const parent = mkdtempSync(join(tmpdir(), "neurallog-postgres-"));
  // The server's account has to get at its folder in it.
  chmodSync(parent, 0o711);
  const folder = join(parent, "cluster");
  const user = "postgres";
  const password = randomBytes(12).toString("hex");
  const settings = {
    // A test kills processes, never the machine: what was written survives that without fsync.
    fsync: "off",
    full_page_writes: "off",
    shared_buffers: "32MB",
    max_connections: "60",
    huge_pages: "off",
    // In the folder, and gone with it: a killed server leaves what it has in /dev/shm.
    dynamic_shared_memory_type: "mmap",
    ...options.settings,
  };
  let port = 0;
  let running: { server: PostgresServer; callOff: () => void } | undefined;

  async function start(): Promise<void> {
    const server = await startServer(program, { folder, port, settings });
    running = { server, callOff: watchdog(cleanUp, [String(server.pid), parent]) };
  }
  async function end(how: "stop" | "kill"): Promise<void> {
    if (!running) return;
    const { server, callOff } = running;
    running = undefined;
    await server[how]();
    callOff();
  }
  async function stop(): Promise<void> {
    await end("kill");
    await runProgram("sh", ["-c", freeMemory, "sh", parent]);
  }

  try {
    await createCluster(program, { folder, superuser: user, password });
    // The free port may be taken before the server binds it: then another one is tried.
    for (let attempt = 1; running === undefined; attempt++) {
      port = await freePort();
      await start().catch((error: unknown) => {
        const taken = error instanceof Error && error.message.includes("Address already in use");
        if (!taken || attempt === 5) throw error;
      });
    }
  } catch (error) {
    await rm(parent, { recursive: true, force: true });
    throw error;
  }

  let databases = 0;
  const query: TestPostgres["query"] = async (sql, { database = "postgres", values } = {}) => {
    const client = new Client({ host: "127.0.0.1", port, user, password, database });
    await client.connect();
    try {
      const result = await client.query(sql, values === undefined ? undefined : [...values]);
      return Array.isArray(result) ? (result.at(-1)?.rows ?? []) : result.rows;
    } finally {
      await client.end();
    }
  };
  return {
    get port() {
      return port;
    },
    user,
    password,
    version: program.version,
    get pid() {
      if (!running) throw new Error("PostgreSQL is not running");
      return running.server.pid;
    },
    url: (database) => `postgres://127.0.0.1:${port}/${database}`,
    createDatabase: async () => {
      const name = `archive_${(databases += 1)}`;
      await query(`CREATE DATABASE ${name}`);
      return name;
    },
    query,
    log: () => readFileSync(serverLog(folder), "utf8"),
    kill: () => end("kill"),
    pause: () => void running?.server.process.kill("SIGSTOP"),
    resume: () => void running?.server.process.kill("SIGCONT"),
    shutDown: () => end("stop"),
    restart: async () => {
      await end("stop");
      await start();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
