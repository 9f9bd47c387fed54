import { Redis } from "ioredis";

import { createRedisStore } from "../../../../apps/log-service/src/store/redis/redis-store.ts";
import { startRedis, type TestRedis } from "../../../support/redis.ts";
import { describeStore } from "../conformance.ts";
import { readyStore } from "./ready.ts";

let redis: TestRedis;

describeStore("the Redis store", {
  start: async () => {
    redis = await startRedis({ config: ["appendonly yes", "appendfsync always"] });
  },
  empty: async () => {
    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
    return readyStore(createRedisStore({ url: redis.url }));
  },
  stop: () => redis.stop(),
});
