import { Redis } from "ioredis";

import {
  createRedisStore,
  type RedisStoreOptions,
} from "../../../../apps/log-service/src/store/redis/redis-store.ts";
import { startRedis, type TestRedis } from "../../../support/redis.ts";
import { describeStore } from "../conformance.ts";
import { compileLevel } from "../model.ts";
import { readyStore } from "./ready.ts";

function describeRedisStore(name: string, options: RedisStoreOptions): void {
  let redis: TestRedis;
  const open = () =>
    readyStore(
      createRedisStore({ url: redis.url }, { compileTombstone: compileLevel, ...options }),
    );
  describeStore(name, {
    start: async () => {
      redis = await startRedis({ config: ["appendonly yes", "appendfsync always"] });
    },
    empty: async () => {
      const client = new Redis(redis.url);
      await client.flushall();
      client.disconnect();
      return open();
    },
    reopen: open,
    stop: () => redis.stop(),
  });
}

describeRedisStore("the Redis store", {});
describeRedisStore("the Redis store with three lanes and no room for headers", {
  lanes: 3,
  headerBytes: 0,
  tokenBytes: 0,
});
