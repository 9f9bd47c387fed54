import { afterEach, describe, expect, it } from "vitest";

import type { LogStore } from "../../../../../apps/log-service/src/store/port.ts";
import { startRedis } from "../../../../support/redis.ts";
import { sampleRecord } from "../../../record/sample.ts";
import { appendSingles, mergeAll, numbered, openStore, shown, withClient } from "./support.ts";

const MIB = 1024 * 1024;

const stores: LogStore[] = [];
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
});

async function open(url: string): Promise<LogStore> {
  const store = await openStore(url);
  stores.push(store);
  return store;
}

/** Text that does not compress. */
function noise(): string {
  return Array.from({ length: 10 }, () => Math.random().toString(36)).join("");
}

function batch(namespace: string, received: number, count = 500) {
  return Array.from({ length: count }, () =>
    sampleRecord({ namespace, received, message: noise() }),
  );
}

async function usedMemory(url: string): Promise<number> {
  const info = await withClient(url, (client) => client.info("memory"));
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1]);
}

describe("a Redis that fills up", () => {
  it("never refuses a writer while there is something old to drop, and leaves a quiet neighbour alone", async () => {
    await using redis = await startRedis({ config: ["maxmemory 16mb"] });
    const store = await open(redis.url);
    const quiet: string[] = [];
    for (let round = 0; round < 400; round += 1) {
      await store.append(batch("loud", round * 1_000));
      if (round % 20 === 0) quiet.push(...(await store.append(batch("quiet", round * 1_000, 20))));
    }
    const found = new Set((await shown(store, ["quiet"])).map(([id]) => id));
    expect(quiet.filter((id) => !found.has(id))).toEqual([]);
    const loud = await shown(store, ["loud"]);
    expect(loud.length).toBeGreaterThan(10_000);
    // What is left is what came last.
    const oldest = loud.reduce((least, [, { received }]) => Math.min(least, received), Infinity);
    expect(loud).toHaveLength((400 - oldest / 1_000) * 500);
    const dropped = store.stats().work?.dropped ?? [];
    expect(dropped.map(({ namespace, reason }) => [namespace, reason])).toEqual([
      ["loud", "memory"],
    ]);
    expect(dropped[0]?.records).toBe(200_000 - loud.length);
  });

  it("takes large batches of many writers at once: one look at memory does not tell of all of them", async () => {
    await using redis = await startRedis({ config: ["maxmemory 16mb"] });
    const store = await open(redis.url);
    for (let round = 0; round < 40; round += 1) await store.append(batch("default", round, 2_000));
    const large = () =>
      Array.from({ length: 600 }, () =>
        sampleRecord({ received: 1_000, message: Array.from({ length: 20 }, noise).join("") }),
      );
    for (let round = 0; round < 3; round += 1) {
      const written = await Promise.allSettled(
        Array.from({ length: 6 }, () => store.append(large())),
      );
      expect(written.map(({ status }) => status)).toEqual(Array(6).fill("fulfilled"));
    }
    expect(store.stats().work?.dropped[0]?.records).toBeGreaterThan(10_000);
  });

  it("takes single writes on and on, too: small blocks are dropped as well", async () => {
    await using redis = await startRedis({ config: ["maxmemory 5mb"] });
    const store = await open(redis.url);
    for (let round = 0; round < 300; round += 1) {
      await Promise.all(
        Array.from({ length: 100 }, () =>
          store.append([sampleRecord({ received: round, message: noise() + noise() + noise() })]),
        ),
      );
    }
    expect((await shown(store)).length).toBeGreaterThan(1_000);
    expect(store.stats().work?.dropped[0]?.records).toBeGreaterThan(1_000);
  });

  it("is trimmed below the watermark before it is full", async () => {
    await using redis = await startRedis({ config: ["maxmemory 16mb"] });
    const store = await open(redis.url);
    for (let round = 0; round < 200; round += 1) await store.append(batch("default", round));
    expect(await usedMemory(redis.url)).toBeGreaterThan(10 * MIB);
    const retained = await store.retain({ watermark: 0.5 }, Date.now());
    expect(retained.by.map(({ reason }) => reason)).toEqual(["memory"]);
    const used = await usedMemory(redis.url);
    expect(used).toBeLessThan(0.52 * 16 * MIB);
    expect(used).toBeGreaterThan(0.4 * 16 * MIB);
  });

  it("is not trimmed without a limit", async () => {
    await using redis = await startRedis();
    const store = await open(redis.url);
    await store.append(batch("default", 0));
    expect(await store.retain({ watermark: 0.000001 }, Date.now())).toMatchObject({ blocks: 0 });
  });

  it("can be merged and cleared when it is full: that makes room", async () => {
    await using redis = await startRedis({ config: ["maxmemory 64mb"] });
    const store = await open(redis.url);
    await appendSingles(store, numbered(400));
    await withClient(redis.url, async (client) => {
      await client.config("SET", "maxmemory", String((await usedMemory(redis.url)) - 1_000));
    });
    expect(await mergeAll(store, { eager: true })).toMatchObject({ blocks: 400 });
    await store.clear({ namespace: "default", filter: "record", by: "a test" });
    expect(await mergeAll(store)).toMatchObject({ cleared: 400 });
    expect(await shown(store)).toEqual([]);
  });
});

describe("retention over a lane's two streams", () => {
  it("drops by age what is old from both, and nothing else", async () => {
    await using redis = await startRedis();
    const store = await open(redis.url);
    await store.append(batch("default", 1_000, 600));
    await appendSingles(store, ["old"], { received: 2_000 });
    await store.append(batch("default", 8_000, 700));
    await appendSingles(store, ["new"], { received: 9_000 });
    const retained = await store.retain({ ageMs: 5_000 }, 10_000);
    expect(retained).toMatchObject({ blocks: 2, records: 601 });
    expect(retained.by).toMatchObject([{ namespace: "default", reason: "age", records: 601 }]);
    expect(await shown(store)).toHaveLength(701);
  });

  it("counts what was dropped once, whichever of two processes dropped it", async () => {
    await using redis = await startRedis();
    const [one, other] = [await open(redis.url), await open(redis.url)];
    await appendSingles(one, numbered(50), { received: 0 });
    const both = await Promise.all([one, other].map((store) => store.retain({ ageMs: 1 }, 1_000)));
    expect(both.reduce((sum, { records }) => sum + records, 0)).toBe(50);
  });

  it("keeps what a swap is about to take the place of from coming back", async () => {
    await using redis = await startRedis();
    const store = await open(redis.url);
    for (let round = 0; round < 30; round += 1) {
      await appendSingles(store, numbered(20, `round ${round}`), { received: 0 });
      await Promise.all([mergeAll(store, { eager: true }), store.retain({ ageMs: 1 }, 1_000)]);
      await store.retain({ ageMs: 1 }, 1_000);
      expect(await shown(store)).toEqual([]);
    }
  });
});
