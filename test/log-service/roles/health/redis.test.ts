import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { NeuralLogClient } from "@neurallog/client";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { startRedis, type TestRedis } from "../../../support/redis.ts";
import { redisUsers, startService, type TestService } from "../../../support/service.ts";
import { ask } from "../../http/support.ts";
import { prepareService, TestProcess } from "../support.ts";
import { adminOf, liveOf, readyOf, writeTo } from "./support.ts";

interface Fault {
  readonly name: string;
  readonly code: string;
  readonly reason: RegExp;
  /** What writers get meanwhile; 503 when left out. Where they wait for eight seconds, nobody asks. */
  readonly writes?: number | "not asked";
  readonly cause: (redis: TestRedis, admin: Redis) => Promise<unknown>;
  readonly cure: (redis: TestRedis, admin: Redis) => Promise<unknown>;
}

const set = (name: string, value: string) => (_redis: TestRedis, admin: Redis) =>
  admin.config("SET", name, value);
const user =
  (...rules: string[]) =>
  (_redis: TestRedis, admin: Redis) =>
    admin.call("ACL", "SETUSER", "app", ...rules);

const FAULTS: readonly Fault[] = [
  {
    name: "is killed",
    code: "NL_STORE_UNAVAILABLE",
    reason: /ECONNREFUSED|cannot be reached/,
    cause: (redis) => redis.kill(),
    cure: (redis) => redis.restart(),
  },
  {
    name: "hangs without closing a connection",
    code: "NL_STORE_UNAVAILABLE",
    reason: /timed out|cannot be reached/,
    writes: "not asked",
    cause: async (redis) => redis.pause(),
    cure: async (redis) => redis.resume(),
  },
  {
    name: "has no room, and we hold nothing to drop",
    code: "NL_STORE_FULL",
    reason: /no room/,
    cause: set("maxmemory", "100kb"),
    cure: set("maxmemory", "0"),
  },
  {
    name: "evicts",
    code: "NL_CONFIG",
    reason: /allkeys-lru; it must be noeviction/,
    cause: set("maxmemory-policy", "allkeys-lru"),
    cure: set("maxmemory-policy", "noeviction"),
  },
  {
    name: "was made a replica",
    code: "NL_STORE_UNAVAILABLE",
    reason: /replica/,
    writes: "not asked",
    // Of nobody: that it copies is not what matters.
    cause: (_redis, admin) => admin.call("REPLICAOF", "127.0.0.1", "1"),
    cure: (_redis, admin) => admin.call("REPLICAOF", "NO", "ONE"),
  },
  {
    name: "wants replicas that are not there",
    code: "NL_STORE_UNAVAILABLE",
    reason: /NOREPLICAS/,
    cause: set("min-replicas-to-write", "1"),
    cure: set("min-replicas-to-write", "0"),
  },
  {
    name: "no longer lets us write to streams",
    code: "NL_STORE_UNAVAILABLE",
    reason: /can't run|permission/,
    cause: user("-xadd"),
    cure: user("+xadd"),
  },
  {
    name: "no longer lets us read streams",
    code: "NL_STORE_UNAVAILABLE",
    reason: /can't run|permission/,
    // Only who reads is concerned, which is half of the service.
    writes: 200,
    cause: user("-xrange"),
    cure: user("+xrange"),
  },
  {
    name: "no longer lets us run scripts",
    code: "NL_STORE_UNAVAILABLE",
    reason: /no permissions/,
    cause: user("-@scripting"),
    cure: user("+@scripting"),
  },
  {
    name: "takes our password no more",
    code: "NL_STORE_UNAVAILABLE",
    reason: /WRONGPASS/,
    cause: async (_redis, admin) => {
      await admin.call("ACL", "SETUSER", "app", "resetpass", ">other");
      await admin.call("CLIENT", "KILL", "USER", "app");
    },
    cure: user(">a password for tests"),
  },
  {
    name: "loads its data",
    code: "NL_STORE_UNAVAILABLE",
    // The last connection may have been refused, and the next one waits for the data.
    reason: /load|cannot be reached|ECONNREFUSED/i,
    cause: async (redis, admin) => {
      await admin.call("BGREWRITEAOF");
      // A rewrite that has to wait for another child is only scheduled.
      const rewrites = /aof_rewrite_(in_progress|scheduled):1/;
      while (rewrites.test(await admin.info("persistence"))) await sleep(10);
      // Some seconds for each key, and commands answered in between.
      await admin.config("SET", "key-load-delay", "1500000");
      await admin.config("SET", "loading-process-events-interval-bytes", "1024");
      await admin.call("CONFIG", "REWRITE");
      await redis.kill();
      loaded = redis.restart();
    },
    cure: async () => loaded,
  },
];
let loaded: Promise<void> = Promise.resolve();

describe("a service whose Redis", () => {
  let redis: TestRedis;
  let service: TestService;
  let admin: Redis;
  beforeAll(async () => {
    redis = await startRedis({
      users: redisUsers,
      config: ["appendonly yes", "appendfsync always"],
    });
    service = await startService({ redisUrl: redis.url });
    admin = adminOf(redis);
    // Scripts are known, and a lane is there.
    await writeTo(service);
  });
  afterAll(async () => {
    admin.disconnect();
    await service.stop();
    await redis.stop();
  });

  test.each(FAULTS)(
    "$name is not ready, says why, lives on, and is ready once that is over",
    async ({ code, reason, writes, cause, cure }) => {
      await expect
        .poll(() => readyOf(service))
        .toMatchObject({
          status: 200,
          body: { ready: true, durability: "always" },
        });
      await cause(redis, admin);
      await expect
        .poll(() => readyOf(service))
        .toMatchObject({
          status: 503,
          body: { ready: false, code, reason: expect.stringMatching(reason) },
        });
      expect(await liveOf(service)).toMatchObject({ status: 200 });
      // What it says is what happens.
      if (writes !== "not asked") {
        expect(await writeTo(service)).toMatchObject({ status: writes ?? 503 });
      }
      await cure(redis, admin);
      await expect.poll(() => readyOf(service)).toMatchObject({ status: 200 });
      await expect.poll(() => writeTo(service)).toMatchObject({ status: 200 });
    },
  );
});

test("a Redis that evicts is said so in the log, where no probe ever asks", async () => {
  await using redis = await startRedis({ config: ["maxmemory-policy allkeys-lru"] });
  const setup = await prepareService(redis.url);
  await using _access = setup.access;
  await using service = new TestProcess(["serve"], setup.env);
  await expect.poll(() => service.output).toMatch(/NL_CONFIG.*it must be noeviction/);
  const client = new NeuralLogClient({ url: setup.url, key: setup.key, retries: 0 });
  await expect(client.write({ message: "a" })).rejects.toMatchObject({ status: 503 });
});

test("a Redis that cannot write its file is not ready, and a metric says so", async () => {
  await using redis = await startRedis({
    users: redisUsers,
    // Under `always` Redis ends itself rather than go on.
    config: ["appendonly yes", "appendfsync everysec"],
  });
  await using service = await startService({ redisUrl: redis.url });
  const admin = adminOf(redis);
  onTestFinished(() => admin.disconnect());
  expect(await readyOf(service)).toMatchObject({ body: { ready: true, durability: "everysec" } });
  // The file that the next rewrite begins: every write to it finds the disk full.
  const files = join(redis.folder, "appendonlydir");
  mkdirSync(files, { recursive: true });
  symlinkSync("/dev/full", join(files, "appendonly.aof.2.incr.aof"));
  await admin.call("BGREWRITEAOF");
  await writeTo(service);
  await expect
    .poll(() => readyOf(service))
    .toMatchObject({
      status: 503,
      body: { code: "NL_STORE_UNAVAILABLE", reason: expect.stringMatching(/MISCONF|file/) },
    });
  expect(await writeTo(service)).toMatchObject({ status: 503 });
  expect(await liveOf(service)).toMatchObject({ status: 200 });
  expect(await (await fetch(`${service.opsUrl}/metrics`)).text()).toMatch(
    /neurallog_redis_file_ok\{.*\} 0/,
  );
});

test("a Redis at its limit is ready while writers can drop the oldest, and not when they could not", async () => {
  await using redis = await startRedis({ users: redisUsers });
  await using service = await startService({
    redisUrl: redis.url,
    // Trimming by itself would make room: here writers have to.
    env: { NEURALLOG_WORK: "none" },
  });
  const admin = adminOf(redis);
  onTestFinished(() => admin.disconnect());
  const noise = () => Buffer.from(crypto.getRandomValues(new Uint8Array(3_000))).toString("base64");
  const batch = () =>
    ask(`${service.url}/api/logs`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${service.keys.writer}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(Array.from({ length: 600 }, () => ({ message: noise() }))),
    });
  for (let at = 0; at < 6; at += 1) expect(await batch()).toMatchObject({ status: 200 });
  const used = async () => Number(/used_memory:(\d+)/.exec(await admin.info("memory"))?.[1]);
  await admin.config("SET", "maxmemory", String(await used()));
  await sleep(600);
  expect(await readyOf(service)).toMatchObject({ status: 200, body: { ready: true } });
  expect(await batch()).toMatchObject({ status: 200 });
  // Somebody else's data, which we may not drop.
  await admin.config("SET", "maxmemory", "0");
  await admin.set("foreign", Buffer.alloc(30 * 1024 * 1024));
  await admin.config("SET", "maxmemory", String(20 * 1024 * 1024));
  await expect
    .poll(() => readyOf(service))
    .toMatchObject({
      status: 503,
      body: { code: "NL_STORE_FULL" },
    });
  expect(await batch()).toMatchObject({ status: 503, body: { error: { code: "NL_STORE_FULL" } } });
  expect(await liveOf(service)).toMatchObject({ status: 200 });
});
