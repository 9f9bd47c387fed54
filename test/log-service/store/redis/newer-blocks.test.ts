import { expect, onTestFinished, test } from "vitest";

import { laneKeys } from "../../../../apps/log-service/src/store/redis/keys.ts";
import { createRedisStore } from "../../../../apps/log-service/src/store/redis/redis-store.ts";
import type { LogStore } from "../../../../apps/log-service/src/store/port.ts";
import { connect, untilReady } from "../../../../apps/log-service/src/store/redis/connection.ts";
import { sampleRecord } from "../../record/sample.ts";
import { startRedis, type TestRedis } from "../../../support/redis.ts";
import { readyStore } from "./ready.ts";

async function open(redis: TestRedis): Promise<LogStore> {
  const store = await readyStore(createRedisStore({ url: redis.url }, { lanes: 1 }));
  onTestFinished(() => store.close());
  return store;
}

/** Gives the headers of the namespace's small blocks a version, as one who wrote them would. */
async function setVersion(redis: TestRedis, namespace: string, version: number): Promise<void> {
  const client = connect({ url: redis.url }, "test");
  await untilReady(client, 5_000);
  const { smallHeaders } = laneKeys({ namespace, index: 0 });
  const entries = await client.xrangeBuffer(smallHeaders, "-", "+");
  await client.del(smallHeaders);
  for (const [id, fields] of entries) {
    const header = fields[fields.findIndex((field) => String(field) === "h") + 1];
    header?.writeUInt8(version, 0);
    await client.xadd(smallHeaders, id.toString(), ...fields);
  }
  client.disconnect();
}

test("a lane tells of blocks that a newer version wrote, behind the bounds alone and while they are there", async () => {
  await using redis = await startRedis();
  const writer = await open(redis);
  for (const namespace of ["a", "b"]) await writer.append([sampleRecord({ namespace })]);
  await setVersion(redis, "a", 3);
  const store = await open(redis);
  const { blocks, lanes, positions } = await store.snapshot(() => true);
  expect(blocks.map(({ namespace }) => namespace)).toEqual(["b"]);
  expect(lanes.filter(({ isNewer }) => isNewer)).toMatchObject([{ namespace: "a", committed: 1 }]);
  const behind = await store.snapshot(() => true, { after: positions });
  expect(behind.lanes.filter(({ isNewer }) => isNewer)).toEqual([]);
  await store.retain({ bytes: 0 }, Date.now());
  const later = await store.snapshot(() => true);
  expect(later.lanes.filter(({ isNewer }) => isNewer)).toEqual([]);
});

test("a version that no service has is damage", async () => {
  await using redis = await startRedis();
  const writer = await open(redis);
  await writer.append([sampleRecord({ namespace: "a" })]);
  for (const version of [0, 200]) {
    await setVersion(redis, "a", version);
    const { lanes, blocks } = await (await open(redis)).snapshot(() => true);
    expect(blocks).toEqual([]);
    expect(lanes.filter(({ isNewer }) => isNewer)).toEqual([]);
  }
});
