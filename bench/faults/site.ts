import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

import { freePort } from "../../tools/port.ts";
import { findRedis } from "../../tools/redis/find.ts";
import { pingRedis } from "../../tools/redis/ping.ts";
import { BENCH_KEY, REDIS_SETTINGS, serviceEnvironment, writeAccess } from "../ingest/subjects.ts";
import { startVictim, type Victim } from "./victims.ts";

/** One tenant under attack: two replicas of the service on one Redis. */
export interface Site {
  readonly redis: Victim;
  readonly replicas: readonly Victim[];
  readonly urls: readonly string[];
  /** The message of every record that is stored now. */
  messages(): AsyncIterable<string>;
  end(): Promise<void>;
}

const MAIN = fileURLToPath(new URL("../../apps/log-service/src/main.ts", import.meta.url));

export async function startSite(folder: string): Promise<Site> {
  writeAccess(folder);
  const redisPort = await freePort();
  const { path } = await findRedis();
  const settings = ["--port", String(redisPort), "--dir", folder, "--save", "", ...REDIS_SETTINGS];
  const redis = await startVictim(
    "Redis",
    path,
    settings,
    {},
    async () => (await pingRedis(redisPort)) === "serves",
  );
  const ports = [await freePort(), await freePort()];
  const replicas: Victim[] = [];
  for (const [index, port] of ports.entries()) {
    const environment = serviceEnvironment(folder, port, `redis://127.0.0.1:${redisPort}`);
    const ready = async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok;
    const args = [MAIN, "serve"];
    replicas.push(
      await startVictim(`replica ${index + 1}`, process.execPath, args, environment, ready),
    );
  }
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  return {
    redis,
    replicas,
    urls,
    messages: () => messagesOf(`${urls[0]}/api/logs/export?order=asc`),
    end: async () => {
      for (const replica of replicas) await replica.end();
      await redis.end();
    },
  };
}

async function* messagesOf(url: string): AsyncGenerator<string> {
  const reply = await fetch(url, { headers: { authorization: `Bearer ${BENCH_KEY}` } });
  if (!reply.ok || reply.body === null) throw new Error(`${url} answered ${reply.status}`);
  let complete = false;
  for await (const line of createInterface({ input: Readable.fromWeb(reply.body) })) {
    const value: { message?: string; end?: { cursor: string | null } } = JSON.parse(line);
    if (value.message !== undefined) yield value.message;
    else if (value.end?.cursor === null) complete = true;
  }
  if (!complete) throw new Error("The export ended before its end");
}
