import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { LogStore } from "../../../../apps/log-service/src/store/port.ts";
import {
  createRedisStore,
  type RedisStoreOptions,
} from "../../../../apps/log-service/src/store/redis/redis-store.ts";
import { startRedis, type TestRedis } from "../../../support/redis.ts";
import { sampleRecord } from "../../record/sample.ts";
import { contents } from "../conformance.ts";
import { readyStore } from "./ready.ts";

const BLOCKS = 600;
const HOUR = 3_600_000;

let redis: TestRedis;
let client: Redis;
let writer: LogStore;

beforeAll(async () => {
  redis = await startRedis();
  client = new Redis(redis.url);
});
beforeEach(async () => {
  await client.flushall();
  writer = await open();
  return () => writer.close();
});
afterAll(async () => {
  client.disconnect();
  await redis.stop();
});

const open = (options: RedisStoreOptions = {}) =>
  readyStore(createRedisStore({ url: redis.url }, options));

/** One small block an hour, in order of time: a key makes each batch a block of its own. */
async function fill(blocks = BLOCKS): Promise<void> {
  for (let block = 0; block < blocks; block += 1) {
    const records = [sampleRecord({ ms: block * HOUR, message: `hour ${block}` })];
    await writer.append(records, { idempotencyKey: `hour ${block}` });
  }
}

/** Commands of a kind that the server has run so far. */
async function calls(command: string): Promise<number> {
  const stats = await client.info("commandstats");
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

describe("headers in a process", () => {
  it("are none in one that only appends", async () => {
    await fill(20);
    expect(writer.stats().headerBytes).toBe(0);
  });

  it("are read once, and then only what was added", async () => {
    await fill(20);
    const reader = await open();
    expect((await reader.snapshot(["default"])).blocks).toHaveLength(20);
    const held = reader.stats().headerBytes;
    await writer.append([sampleRecord()]);
    expect((await reader.snapshot(["default"])).blocks).toHaveLength(21);
    expect(reader.stats().headerBytes).toBeLessThan(held * 1.1);
    await reader.close();
  });

  it("are asked for once a snapshot, whichever namespaces there are", async () => {
    await writer.append(["a", "b"].map((namespace) => sampleRecord({ namespace })));
    const reader = await open();
    const everything = () => true;
    await reader.snapshot(everything);
    const before = [await calls("evalsha"), await calls("hlen")];
    expect((await reader.snapshot(everything)).blocks).toHaveLength(2);
    expect([await calls("evalsha"), await calls("hlen")]).toEqual(
      before.map((count, at) => count + (at === 0 ? 2 : 1)),
    );
    await reader.close();
  });

  it("stay within their budget, and are read again when a search needs them", async () => {
    await fill();
    const headerBytes = 200_000;
    const reader = await open({ headerBytes });
    for (let round = 0; round < 3; round += 1) {
      expect((await reader.snapshot(["default"])).blocks).toHaveLength(BLOCKS);
      expect(reader.stats().headerBytes).toBeLessThanOrEqual(headerBytes);
      expect(reader.stats().headerBytes).toBeGreaterThan(0);
    }
    expect(await contents(reader, ["default"])).toHaveLength(BLOCKS);
    await reader.close();
  });

  it("of other times are not read again for a search that asks for some", async () => {
    await fill();
    const reader = await open({ headerBytes: 0 });
    await reader.snapshot(["default"]);
    const before = await calls("xrange");
    const { blocks } = await reader.snapshot(["default"], { time: { fromMs: 599 * HOUR } });
    const used = (await calls("xrange")) - before;
    expect(blocks.some(({ header }) => header.first.ms === 599 * HOUR)).toBe(true);
    expect(blocks.length).toBeLessThan(BLOCKS / 2);
    // Two for each of two rounds in the script, their first ids, and one page of three.
    expect(used).toBeLessThanOrEqual(9);
    await reader.close();
  });

  it("that were let go do not hide what a namespace holds", async () => {
    await fill();
    const reader = await open({ headerBytes: 0 });
    await reader.snapshot(["default"]);
    expect(await reader.namespaces()).toMatchObject([{ name: "default", records: BLOCKS }]);
    await reader.close();
  });

  it("that were let go are found where a merger has moved them since", async () => {
    await fill();
    const reader = await open({ headerBytes: 0 });
    await reader.snapshot(["default"]);
    while ((await writer.merge({ eager: true })).more);
    const found = await contents(reader, ["default"]);
    expect(found.map(([, { message }]) => message)).toEqual(
      Array.from({ length: BLOCKS }, (_, hour) => `hour ${hour}`),
    );
    await reader.close();
  });
});
