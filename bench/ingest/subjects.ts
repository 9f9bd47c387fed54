import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";

import { freePort } from "../../tools/port.ts";
import { findRedis } from "../../tools/redis/find.ts";
import { start, until, type Child } from "./processes.ts";

/** A service under load and the Redis that it writes to. */
export interface Subject {
  readonly url: string;
  /** Another one after `restart`. */
  readonly service: Child;
  readonly redis: Child;
  readonly client: Redis;
  /** Stops the service and starts it again; resolves when it is ready. */
  restart(): Promise<void>;
  end(): Promise<void>;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The key that the benchmark's access file knows. */
export const BENCH_KEY = `nlk_${"b".repeat(43)}`;

/** Our log service as a tenant runs it. */
export async function startLogService(
  folder: string,
  cores?: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<Subject> {
  writeAccess(folder);
  const { redis, client, url: redisUrl } = await startRedis(folder, cores);
  const port = await freePort();
  const main = join(root, "apps/log-service/src/main.ts");
  const serve = async (): Promise<Child> => {
    const service = start(...onCores(cores, process.execPath, [main, "serve"]), {
      ...serviceEnvironment(folder, port, redisUrl),
      ...settings,
    });
    service.process.stdout?.resume();
    await until("the log service", async () => {
      const reply = await fetch(`http://127.0.0.1:${port}/health/ready`);
      return reply.ok ? true : undefined;
    });
    return service;
  };
  return subject(`http://127.0.0.1:${port}/api/logs`, serve, redis, client);
}

/** An access file that knows the benchmark's key. */
export function writeAccess(folder: string): void {
  const keys = join(folder, "keys");
  mkdirSync(keys);
  const hash = createHash("sha256").update(BENCH_KEY).digest("hex");
  writeFileSync(join(keys, "bench"), `sha256:${hash}`);
  const access = { name: "bench", roles: ["admin"], namespaces: ["*"], hash_file: "bench" };
  writeFileSync(join(folder, "access.json"), JSON.stringify({ keys: [access] }));
}

export function serviceEnvironment(
  folder: string,
  port: number,
  redisUrl: string,
): Record<string, string> {
  return {
    NEURALLOG_TENANT: "bench",
    NEURALLOG_PORT: String(port),
    NEURALLOG_OPS_PORT: "",
    NEURALLOG_REDIS_URL: redisUrl,
    NEURALLOG_REDIS_USERNAME: "",
    NEURALLOG_ACCESS_FILE: join(folder, "access.json"),
    NEURALLOG_KEYS_DIR: join(folder, "keys"),
    NEURALLOG_DRAIN_SECONDS: "0",
  };
}

export async function startSeedsService(folder: string, cores?: number): Promise<Subject> {
  const { redis, client, url: redisUrl } = await startRedis(folder, cores);
  const script = fileURLToPath(new URL("seeds-service.ts", import.meta.url));
  const port = await freePort();
  const serve = async (): Promise<Child> => {
    const service = start(...onCores(cores, process.execPath, [script, redisUrl, String(port)]));
    await service.line();
    return service;
  };
  return subject(`http://127.0.0.1:${port}/`, serve, redis, client);
}

async function subject(
  url: string,
  serve: () => Promise<Child>,
  redis: Child,
  client: Redis,
): Promise<Subject> {
  let service = await serve();
  return {
    url,
    get service() {
      return service;
    },
    redis,
    client,
    restart: async () => {
      await service.end();
      service = await serve();
    },
    end: async () => {
      client.disconnect();
      await service.end();
      await redis.end();
    },
  };
}

/** The durability that an acknowledgement promises: each commit is on the disk. */
export const REDIS_SETTINGS = [
  "--appendonly yes",
  "--appendfsync always",
  "--maxmemory-policy noeviction",
  "--rdbcompression no",
  "--logfile /dev/null",
].flatMap((setting) => setting.split(" "));

async function startRedis(
  folder: string,
  cores?: number,
): Promise<{ redis: Child; client: Redis; url: string }> {
  const port = await freePort();
  const { path } = await findRedis();
  const settings = ["--port", String(port), "--dir", folder, "--save", "", ...REDIS_SETTINGS];
  const redis = start(...onCores(cores, path, settings));
  const url = `redis://127.0.0.1:${port}`;
  const client = new Redis(url, { protocol: 2 });
  client.on("error", () => undefined);
  await client.ping();
  return { redis, client, url };
}

/** The command on the machine's first cores alone, where that was asked for. */
function onCores(
  cores: number | undefined,
  command: string,
  args: readonly string[],
): [string, readonly string[]] {
  return cores === undefined
    ? [command, args]
    : ["taskset", ["-c", `0-${cores - 1}`, command, ...args]];
}
