import { expect, test } from "vitest";

import { createMemoryClearings } from "../../../../apps/log-service/src/archive/clearings/memory.ts";
import { createRedisClearings } from "../../../../apps/log-service/src/archive/clearings/redis/redis-clearings.ts";
import { startRedis } from "../../../support/redis.ts";
import { clearing, clearingsConformance } from "./conformance.ts";

clearingsConformance("memory", async () => ({
  clearings: createMemoryClearings(),
  [Symbol.asyncDispose]: async () => undefined,
}));

clearingsConformance("Redis", async () => {
  const redis = await startRedis();
  const clearings = createRedisClearings({ url: redis.url });
  return {
    clearings,
    [Symbol.asyncDispose]: async () => {
      clearings.close();
      await redis[Symbol.asyncDispose]();
    },
  };
});

test("pending clearings survive a kill of Redis, and every process sees them", async () => {
  await using redis = await startRedis({ config: ["appendonly yes", "appendfsync always"] });
  const one = createRedisClearings({ url: redis.url });
  const other = createRedisClearings({ url: redis.url });
  try {
    await one.add(clearing("kept"));
    await redis.kill();
    await redis.restart();
    await expect.poll(() => other.list().catch(() => [])).toEqual([clearing("kept")]);
  } finally {
    one.close();
    other.close();
  }
});

test("pending clearings are taken also while memory is full", async () => {
  await using redis = await startRedis({ config: ["maxmemory 1"] });
  const clearings = createRedisClearings({ url: redis.url });
  try {
    await clearings.add(clearing("kept"));
    expect(await clearings.list()).toEqual([clearing("kept")]);
  } finally {
    clearings.close();
  }
});

test("pending clearings that cannot be read are unavailable, not empty", async () => {
  const away = createRedisClearings({ url: "redis://127.0.0.1:1" });
  try {
    await expect(away.list()).rejects.toMatchObject({ code: "NL_STORE_UNAVAILABLE" });
    await expect(away.add(clearing("lost"))).rejects.toMatchObject({
      code: "NL_STORE_UNAVAILABLE",
    });
    await expect(away.done(["lost"])).rejects.toMatchObject({ code: "NL_STORE_UNAVAILABLE" });
  } finally {
    away.close();
  }
});
