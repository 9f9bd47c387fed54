import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, closeSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { findRedis } from "../../tools/redis/find.ts";
import { pingRedis } from "../../tools/redis/ping.ts";
import { watchdog } from "../../tools/watchdog.ts";
import { freePort } from "./port.ts";

export interface RedisOptions {
  /** Lines for redis.conf, such as `appendonly yes`, `maxmemory 32mb`; they win over the fixture's own. */
  config?: readonly string[];
  /** Text of an ACL file; without it the default user may do everything. */
  users?: string;
  /** The server to start, such as another version; without it the one that is found first. */
  program?: string;
}

/** A real Redis server on a free loopback port, with a temporary folder of its own. */
export interface TestRedis extends AsyncDisposable {
  readonly port: number;
  /** redis://127.0.0.1:<port>, without credentials. */
  readonly url: string;
  /** The running process; another one after each restart. */
  readonly pid: number;
  /** Holds redis.conf, users.acl, redis.log and the data. */
  readonly folder: string;
  /** What the server logged so far. */
  log(): string;
  /** kill -9: the data stays as a crash leaves it. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT: a server that hangs without closing a connection. */
  pause(): void;
  resume(): void;
  /** Starts again on the same port and data; a running server is shut down in good order first. */
  restart(): Promise<void>;
  /** Ends the server and removes its folder; the same as leaving an `await using`. */
  stop(): Promise<void>;
}

let server: ReturnType<typeof findRedis> | undefined;

/**
 * Starts a server: `await using redis = await startRedis({ config: ["appendonly yes"] })`, or
 * start in beforeAll and stop in afterAll. It is gone afterwards also when the test process dies.
 */
export async function startRedis(options: RedisOptions = {}): Promise<TestRedis> {
  const program = options.program ?? (await (server ??= findRedis())).path;
  const folder = mkdtempSync(join(tmpdir(), "neurallog-redis-"));
  // The free port may be taken before Redis binds it: then another one is tried.
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    writeConfiguration(folder, port, options);
    try {
      return testRedis(program, folder, port, await run(program, folder, port));
    } catch (error) {
      const taken = error instanceof Error && error.message.includes("Address already in use");
      if (taken && attempt < 5) continue;
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

function writeConfiguration(folder: string, port: number, options: RedisOptions): void {
  const lines = [
    "bind 127.0.0.1",
    `port ${port}`,
    `dir ${folder}`,
    `logfile ${join(folder, "redis.log")}`,
    // No snapshots of its own accord: a test that wants them says so.
    'save ""',
    "maxmemory-policy noeviction",
  ];
  if (options.users !== undefined) {
    writeFileSync(join(folder, "users.acl"), options.users);
    lines.push(`aclfile ${join(folder, "users.acl")}`);
  }
  writeFileSync(join(folder, "redis.log"), "");
  writeFileSync(join(folder, "redis.conf"), [...lines, ...(options.config ?? []), ""].join("\n"));
}

const cleanUp = 'kill -9 "$1"; rm -rf "$2"';

interface Running {
  child: ChildProcess;
  pid: number;
  exited: Promise<unknown>;
  callOff: () => void;
}

/** Starts the server and waits until it answers commands, the loading of its data included. */
async function run(program: string, folder: string, port: number): Promise<Running> {
  const output = openSync(join(folder, "redis.log"), "a");
  const child = spawn(program, [join(folder, "redis.conf")], { stdio: ["ignore", output, output] });
  closeSync(output);
  const exited = once(child, "exit");
  await once(child, "spawn");
  const pid = child.pid;
  if (pid === undefined) throw new Error("the Redis server has no process id");
  const running = { child, pid, exited, callOff: watchdog(cleanUp, [String(pid), folder]) };
  while ((await pingRedis(port)) !== "serves") {
    if (child.exitCode !== null || child.signalCode !== null) {
      running.callOff();
      throw new Error(`Redis did not start:\n${readFileSync(join(folder, "redis.log"), "utf8")}`);
    }
    await sleep(10);
  }
  return running;
}

function testRedis(program: string, folder: string, port: number, first: Running): TestRedis {
  let running: Running | undefined = first;
  async function end(signal: NodeJS.Signals): Promise<void> {
    if (!running) return;
    const { child, exited, callOff } = running;
    running = undefined;
    child.kill(signal);
    await exited;
    callOff();
  }
  async function stop(): Promise<void> {
    // Nothing of it is kept, so there is nothing to shut down in order for.
    await end("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
  return {
    port,
    folder,
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      if (!running) throw new Error("the Redis server is not running");
      return running.pid;
    },
    log: () => readFileSync(join(folder, "redis.log"), "utf8"),
    kill: () => end("SIGKILL"),
    pause: () => void running?.child.kill("SIGSTOP"),
    resume: () => void running?.child.kill("SIGCONT"),
    restart: async () => {
      await end("SIGTERM");
      running = await run(program, folder, port);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
