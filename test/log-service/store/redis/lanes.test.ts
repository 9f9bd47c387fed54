import { Redis } from "ioredis";
import { expect, test } from "vitest";

import {
  FIRST_LANES_MS,
  readPosition,
  readRecordId,
} from "../../../../apps/log-service/src/store/position.ts";
import type { LogStore } from "../../../../apps/log-service/src/store/port.ts";
import { createRedisStore } from "../../../../apps/log-service/src/store/redis/redis-store.ts";
import { startRedis } from "../../../support/redis.ts";
import { sampleRecord } from "../../record/sample.ts";
import { readyStore } from "./ready.ts";

function laneOf(id: string | undefined): number {
  const { position = "" } = readRecordId(id ?? "") ?? {};
  return readPosition(position)?.lane ?? 0;
}

async function idsOf(store: LogStore): Promise<string[]> {
  const { blocks } = await store.snapshot(["default"]);
  return blocks.map((block) => block.idOf(0));
}

test("the first lane of an empty server is numbered by the time, and others follow it", async () => {
  await using redis = await startRedis();
  const store = await readyStore(createRedisStore({ url: redis.url }, { lanes: 2 }));
  try {
    const seconds = Math.floor((Date.now() - FIRST_LANES_MS) / 1_000);
    const [a] = await store.append([sampleRecord({ namespace: "a" })]);
    const [b] = await store.append([sampleRecord({ namespace: "b" })]);
    const first = Math.min(laneOf(a), laneOf(b) - 2);
    expect(first).toBeGreaterThanOrEqual(seconds);
    expect(first).toBeLessThan(seconds + 60);
  } finally {
    await store.close();
  }
});

test("a server with lanes of small numbers keeps them and goes on after the greatest", async () => {
  await using redis = await startRedis();
  const client = new Redis(redis.url);
  await client.hset("nl:lanes", { "default:0": "1", "other:0": "7" });
  client.disconnect();
  const store = await readyStore(createRedisStore({ url: redis.url }));
  try {
    const [kept] = await store.append([sampleRecord()]);
    const [added] = await store.append([sampleRecord({ namespace: "new" })]);
    expect([laneOf(kept), laneOf(added)]).toEqual([1, 8]);
  } finally {
    await store.close();
  }
});

test("a server that lost its data gives no id again, also to those who know the old lanes", async () => {
  await using redis = await startRedis();
  const client = new Redis(redis.url);
  await client.hset("nl:lanes", "default:0", "1");
  const store = await readyStore(createRedisStore({ url: redis.url }));
  const other = await readyStore(createRedisStore({ url: redis.url }));
  try {
    const [before] = await store.append([sampleRecord()]);
    expect(await idsOf(other)).toEqual([before]);
    await client.flushall();
    const [after] = await store.append([sampleRecord()]);
    expect(laneOf(after)).toBeGreaterThan(laneOf(before));
    expect(await idsOf(other)).toEqual([after]);
    expect(await idsOf(store)).toEqual([after]);
  } finally {
    await store.close();
    await other.close();
    client.disconnect();
  }
});
