import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterEach, describe, expect, it } from "vitest";

import type { LogStore } from "../../../../apps/log-service/src/store/port.ts";
import { createRedisStore } from "../../../../apps/log-service/src/store/redis/redis-store.ts";
import { pingRedis } from "../../../../tools/redis/ping.ts";
import { startRedis } from "../../../support/redis.ts";
import { sampleRecord } from "../../record/sample.ts";
import { contents } from "../conformance.ts";
import { startProxy } from "./proxy.ts";
import { readyStore } from "./ready.ts";

const DURABLE = ["appendonly yes", "appendfsync always"];

/** A stream id as a commit answers it. */
const COMMIT_REPLY = /^\$\d+\r\n\d{13}-\d+\r\n/;

const stores: LogStore[] = [];

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
});

async function storeOn({ url }: { url: string }): Promise<LogStore> {
  const store = createRedisStore({ url });
  stores.push(store);
  return readyStore(store);
}

/** Writes records of different texts until told to stop; notes what was acknowledged. */
function startWriter(store: LogStore, name: string, size: number) {
  const acknowledged = new Map<string, string>();
  const stop = new AbortController();
  const done = (async () => {
    for (let batch = 0; !stop.signal.aborted; batch += 1) {
      const texts = Array.from({ length: size }, (_, index) => `${name} ${batch}.${index}`);
      try {
        const ids = await store.append(texts.map((message) => sampleRecord({ message })));
        texts.forEach((text, index) => acknowledged.set(String(ids[index]), text));
      } catch {
        await sleep(5);
      }
    }
  })();
  return {
    acknowledged,
    stop: () => {
      stop.abort();
      return done;
    },
  };
}

type Writer = ReturnType<typeof startWriter>;

/** Waits until each of them had something acknowledged: a fault before that proves nothing. */
async function untilAllWrote(writers: readonly Writer[]): Promise<void> {
  const before = writers.map(({ acknowledged }) => acknowledged.size);
  const isIdle = ({ acknowledged }: Writer, at: number) => acknowledged.size === before[at];
  await expect.poll(() => writers.filter(isIdle), { interval: 5 }).toEqual([]);
}

/** Holds what the store has against the writers' own lists of acknowledged ids. */
async function audit(store: LogStore, writers: readonly Writer[]) {
  const found = await contents(store, ["default"]);
  const byId = new Map(found.map(([id, { message }]) => [id, message]));
  const acknowledged = writers.flatMap((writer) => [...writer.acknowledged]);
  return {
    lost: acknowledged.filter(([id, text]) => byId.get(id) !== text).length,
    repeatedIds: found.length - byId.size,
    repeatedRecords: found.length - new Set(byId.values()).size,
  };
}

const ALL_KEPT_ONCE = { lost: 0, repeatedIds: 0, repeatedRecords: 0 };

describe("the Redis store under faults", () => {
  it("keeps every acknowledged record once over kill -9 of Redis under load", async () => {
    await using redis = await startRedis({ config: DURABLE });
    const store = await storeOn(redis);
    const writers = [
      ...Array.from({ length: 20 }, (_, index) => startWriter(store, `single ${index}`, 1)),
      ...Array.from({ length: 3 }, (_, index) => startWriter(store, `batch ${index}`, 1_000)),
    ];
    for (let round = 0; round < 3; round += 1) {
      await untilAllWrote(writers);
      await redis.kill();
      await redis.restart();
      await readyStore(store);
    }
    await untilAllWrote(writers);
    await Promise.all(writers.map((writer) => writer.stop()));
    expect(await audit(store, writers)).toEqual(ALL_KEPT_ONCE);
  });

  it("stores a block once when its connection is cut after the commit ran and before the answer", async () => {
    await using redis = await startRedis({ config: DURABLE });
    await using proxy = await startProxy(redis.port);
    const store = await storeOn(proxy);
    await store.append([sampleRecord({ message: "before" })]);
    proxy.swallow(1, (chunk) => COMMIT_REPLY.test(chunk.toString("latin1")));
    const [id] = await store.append([sampleRecord({ message: "cut" })]);
    expect(proxy.cuts).toBe(1);
    expect(store.stats().retriedCommits).toBeGreaterThan(0);
    await readyStore(store);
    const found = await contents(store, ["default"]);
    expect(found.map(([, { message }]) => message)).toEqual(["before", "cut"]);
    expect(found[1]?.[0]).toBe(id);
  });

  it("loses and repeats nothing while connections are cut again and again under load", async () => {
    await using redis = await startRedis({ config: DURABLE });
    await using proxy = await startProxy(redis.port);
    const store = await storeOn(proxy);
    const writers = Array.from({ length: 12 }, (_, index) =>
      startWriter(store, `writer ${index}`, index % 3 === 0 ? 700 : 1),
    );
    for (let round = 0; round < 8; round += 1) {
      await untilAllWrote(writers);
      if (round % 2 === 0) {
        proxy.cut();
      } else {
        const before = proxy.cuts;
        proxy.swallow(2, (chunk) => COMMIT_REPLY.test(chunk.toString("latin1")));
        await expect.poll(() => proxy.cuts).toBe(before + 2);
      }
    }
    await untilAllWrote(writers);
    await Promise.all(writers.map((writer) => writer.stop()));
    await readyStore(store);
    expect(await audit(store, writers)).toEqual(ALL_KEPT_ONCE);
  });

  it("recognises a commit that a paused Redis answers after it was sent again", async () => {
    await using redis = await startRedis({ config: DURABLE });
    const store = await storeOn(redis);
    await store.append([sampleRecord({ message: "before" })]);
    redis.pause();
    const appended = store.append([sampleRecord({ message: "late" })]);
    await expect.poll(() => store.stats().retriedCommits).toBeGreaterThan(0);
    redis.resume();
    const [id] = await appended;
    const found = await contents(store, ["default"]);
    expect(found.map(([, { message }]) => message)).toEqual(["before", "late"]);
    expect(found[1]?.[0]).toBe(id);
  });

  it("drops the oldest for a writer that finds memory full, and nothing else", async () => {
    await using redis = await startRedis({ config: [...DURABLE, "maxmemory 8mb"] });
    const store = await storeOn(redis);
    const acknowledged = new Map<string, string>();
    const noise = () => randomBytes(200).toString("base64url");
    for (let batch = 0; batch < 120; batch += 1) {
      const records = Array.from({ length: 500 }, (_, index) =>
        sampleRecord({ message: `${batch}.${index} ${noise()}`, received: batch * 1_000 }),
      );
      const ids = await store.append(records);
      ids.forEach((id, index) => acknowledged.set(id, records[index]?.message ?? ""));
    }
    const found = await contents(store, ["default"]);
    expect(found.length).toBeLessThan(acknowledged.size);
    expect(found.length).toBeGreaterThan(acknowledged.size / 20);
    const newest = [...acknowledged].slice(-found.length);
    expect(found.map(([id, { message }]) => [id, message])).toEqual(newest);
  });

  it("answers 'full' where nothing is left to drop, stores nothing of it, and recovers with room", async () => {
    await using redis = await startRedis({ config: DURABLE });
    const store = await storeOn(redis);
    await store.append([sampleRecord({ message: "before" })]);
    const client = new Redis(redis.url);
    await client.config("SET", "maxmemory", "100kb");
    await expect(store.append([sampleRecord({ message: "refused" })])).rejects.toMatchObject({
      code: "NL_STORE_FULL",
      retryAfterSeconds: 10,
    });
    expect(await store.health()).toMatchObject({ ready: false, code: "NL_STORE_FULL" });
    await client.config("SET", "maxmemory", "0");
    client.disconnect();
    expect(await store.health()).toMatchObject({ ready: true });
    const [id] = await store.append([sampleRecord({ message: "after" })]);
    const found = await contents(store, ["default"]);
    expect(found.at(-1)?.[0]).toBe(id);
    expect(found.map(([, { message }]) => message)).not.toContain("refused");
  });

  it("finds what is acknowledged after somebody emptied Redis under its writers", async () => {
    await using redis = await startRedis({ config: DURABLE });
    const store = await storeOn(redis);
    await store.append([sampleRecord({ message: "emptied" })]);
    const admin = new Redis(redis.url);
    await admin.flushall();
    await admin.quit();
    const kept = Array.from({ length: 5 }, (_, index) => `kept ${index}`);
    await Promise.all(kept.map((message) => store.append([sampleRecord({ message })])));
    const found = await contents(store, ["default"]);
    expect(found.map(([, { message }]) => message).toSorted()).toEqual(kept);
  });

  it("answers 'unavailable' at once while Redis is down, and works again without a restart", async () => {
    await using redis = await startRedis({ config: DURABLE });
    const store = await storeOn(redis);
    await store.append([sampleRecord({ message: "before" })]);
    await redis.kill();
    await expect
      .poll(() => store.health())
      .toMatchObject({ ready: false, code: "NL_STORE_UNAVAILABLE" });
    await expect(store.append([sampleRecord()])).rejects.toMatchObject({
      code: "NL_STORE_UNAVAILABLE",
      retryAfterSeconds: 2,
    });
    await expect(store.snapshot(["default"])).rejects.toMatchObject({
      code: "NL_STORE_UNAVAILABLE",
    });
    await redis.restart();
    await readyStore(store);
    await store.append([sampleRecord({ message: "after" })]);
    const texts = (await contents(store, ["default"])).map(([, { message }]) => message);
    expect(texts).toEqual(["before", "after"]);
  });

  it("waits for a Redis that loads its data, and finds all of it", async () => {
    // Over a second for each key of the base file, and commands answered (LOADING) in between.
    const slow = ["key-load-delay 1500000", "loading-process-events-interval-bytes 1024"];
    await using redis = await startRedis({ config: [...DURABLE, ...slow] });
    const store = await storeOn(redis);
    const ids = await store.append(Array.from({ length: 600 }, () => sampleRecord()));
    const client = new Redis(redis.url);
    await client.bgrewriteaof();
    // A rewrite that has to wait for another child is only scheduled.
    const rewrites = /aof_rewrite_(in_progress|scheduled):1/;
    while (rewrites.test(await client.info("persistence"))) await sleep(10);
    client.disconnect();
    await redis.kill();
    const restarted = redis.restart();
    await expect.poll(() => pingRedis(redis.port)).toBe("loads");
    expect(await store.health()).toMatchObject({ ready: false, code: "NL_STORE_UNAVAILABLE" });
    await expect(store.append([sampleRecord()])).rejects.toMatchObject({
      code: "NL_STORE_UNAVAILABLE",
    });
    await restarted;
    await readyStore(store);
    expect((await contents(store, ["default"])).map(([id]) => id)).toEqual(ids);
  });

  it("starts before Redis does and gets ready once it is there", async () => {
    await using redis = await startRedis({ config: DURABLE });
    await redis.kill();
    const store = createRedisStore({ url: redis.url });
    stores.push(store);
    expect(await store.health()).toMatchObject({ ready: false });
    await redis.restart();
    await readyStore(store);
    expect(await store.append([sampleRecord()])).toHaveLength(1);
  });

  it("tells writers to wait rather than queue without bound", async () => {
    await using redis = await startRedis({ config: DURABLE });
    const store = await storeOn(redis);
    await store.append([sampleRecord()]);
    redis.pause();
    const large = sampleRecord({ message: "x".repeat(200_000) });
    const outcomes = Promise.allSettled(Array.from({ length: 400 }, () => store.append([large])));
    await sleep(100);
    const { waitingUnits } = store.stats();
    redis.resume();
    const refused = (await outcomes).filter(({ status }) => status === "rejected");
    expect(waitingUnits).toBeLessThanOrEqual(32 * 1024 * 1024);
    expect(refused.length).toBeGreaterThan(200);
    expect(refused[0]).toMatchObject({ reason: { code: "NL_STORE_BUSY", retryAfterSeconds: 1 } });
    expect(store.stats()).toMatchObject({ waitingRecords: 0, waitingUnits: 0 });
  });

  it("refuses a Redis that evicts, and says so", async () => {
    await using redis = await startRedis({ config: ["maxmemory-policy allkeys-lru"] });
    const store = createRedisStore({ url: redis.url });
    stores.push(store);
    await expect.poll(() => store.health()).toMatchObject({ ready: false, code: "NL_CONFIG" });
    await expect(store.append([sampleRecord()])).rejects.toThrow("must be noeviction");
  });

  it("goes on when the clock of Redis jumps back: a stream id is a position, not a time", async () => {
    await using redis = await startRedis({ config: DURABLE });
    const store = await storeOn(redis);
    const [first] = await store.append([sampleRecord({ message: "first" })]);
    // A clock that was a year ahead pins the ids of all later blocks.
    const client = new Redis(redis.url);
    await client.hset("{nl:default:0}:w", "last", `${Date.now() + 366 * 86_400_000}-7`);
    client.disconnect();
    const [small] = await store.append([sampleRecord({ message: "small" })]);
    const large = await store.append(Array.from({ length: 600 }, () => sampleRecord()));
    const found = await contents(store, ["default"]);
    expect(found.map(([id]) => id)).toEqual([first, small, ...large]);
  });
});
