import { basename } from "node:path";
import { Redis } from "ioredis";
import { expect, it } from "vitest";

import {
  createRedisStore,
  type RedisStoreOptions,
} from "../../../../apps/log-service/src/store/redis/redis-store.ts";
import { findRedis, serversOnPath } from "../../../../tools/redis/find.ts";
import { findValkey } from "../../../../tools/redis/valkey.ts";
import { startRedis, type TestRedis } from "../../../support/redis.ts";
import { describeStore } from "../conformance.ts";
import { compileLevel } from "../model.ts";
import { readyStore } from "./ready.ts";

function describeRedisStore(name: string, options: RedisStoreOptions, program?: string): void {
  let redis: TestRedis;
  const open = () =>
    readyStore(
      createRedisStore({ url: redis.url }, { compileTombstone: compileLevel, ...options }),
    );
  describeStore(name, {
    start: async () => {
      redis = await startRedis({
        config: ["appendonly yes", "appendfsync always"],
        ...(program !== undefined && { program }),
      });
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

// The oldest that is supported is the one that tests find first; here is every other one there is.
const first = await findRedis();
const valkey = await findValkey().catch((error: unknown) => String(error));
const others = (await serversOnPath()).filter(({ path }) => path !== first.path);
for (const { path, version } of typeof valkey === "string" ? others : [...others, valkey]) {
  if (path === first.path) continue;
  describeRedisStore(`the Redis store on ${basename(path)} ${version}`, { lanes: 2 }, path);
}
it("has a Valkey to run on", ({ skip }) => {
  skip(typeof valkey === "string", String(valkey));
  expect(valkey).toMatchObject({ version: expect.any(String) });
});
