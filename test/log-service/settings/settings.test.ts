import { expect, test } from "vitest";

import { createMemorySettings } from "../../../apps/log-service/src/settings/memory/memory-settings.ts";
import { createRedisSettings } from "../../../apps/log-service/src/settings/redis/redis-settings.ts";
import { startRedis } from "../../support/redis.ts";
import { settingsConformance } from "./conformance.ts";

settingsConformance("memory", async () => {
  const store = createMemorySettings();
  return { store, [Symbol.asyncDispose]: async () => store.close() };
});

settingsConformance("Redis", async () => {
  const redis = await startRedis();
  const store = createRedisSettings({ url: redis.url });
  await store.read();
  return {
    store,
    [Symbol.asyncDispose]: async () => {
      store.close();
      await redis[Symbol.asyncDispose]();
    },
  };
});

test("a change reaches another replica within two seconds", async () => {
  await using redis = await startRedis();
  const one = createRedisSettings({ url: redis.url });
  const other = createRedisSettings({ url: redis.url });
  try {
    await other.read();
    await one.read();
    const waiting = other.changed(2_000, new AbortController().signal);
    await one.put("a", "1");
    await waiting;
    expect(other.current?.entries.get("a")).toBe("1");
  } finally {
    one.close();
    other.close();
  }
});

test("settings survive a restart of the service", async () => {
  await using redis = await startRedis();
  const before = createRedisSettings({ url: redis.url });
  await before.read();
  await before.put("a", "1");
  before.close();
  const after = createRedisSettings({ url: redis.url });
  try {
    expect((await after.read()).entries).toEqual(new Map([["a", "1"]]));
  } finally {
    after.close();
  }
});

test("settings that cannot be read are unavailable, not empty", async () => {
  const away = createRedisSettings({ url: "redis://127.0.0.1:1" });
  try {
    expect(away.current).toBeUndefined();
    await expect(away.read()).rejects.toMatchObject({ code: "NL_STORE_UNAVAILABLE" });
    await expect(away.put("a", "1")).rejects.toMatchObject({ code: "NL_STORE_UNAVAILABLE" });
  } finally {
    away.close();
  }
});
