import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { LogStore, SnapshotBounds } from "../../../../apps/log-service/src/store/port.ts";
import { createRedisStore } from "../../../../apps/log-service/src/store/redis/redis-store.ts";
import { startRedis, type TestRedis } from "../../../support/redis.ts";
import { sampleRecord } from "../../record/sample.ts";
import { contents } from "../conformance.ts";
import { readyStore } from "./ready.ts";

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis({ config: ["appendonly yes", "appendfsync everysec"] });
});
afterAll(() => redis.stop());

const open = (lanes = 1, headerBytes?: number): Promise<LogStore> =>
  readyStore(createRedisStore({ url: redis.url }, { lanes, headerBytes }));

async function empty(): Promise<void> {
  const client = new Redis(redis.url);
  await client.flushall();
  client.disconnect();
}

describe("two replicas on one Redis", () => {
  it("find each other's records as soon as they are acknowledged", async () => {
    await empty();
    const [one, other] = await Promise.all([open(), open()]);
    for (let round = 0; round < 20; round += 1) {
      const [writer, reader] = round % 2 === 0 ? [one, other] : [other, one];
      const [id] = await writer.append([sampleRecord({ message: `round ${round}` })]);
      const found = new Map(await contents(reader, ["default"]));
      expect(found.get(String(id))?.message).toBe(`round ${round}`);
    }
    await Promise.all([one.close(), other.close()]);
  });

  it("give every record an id of its own when both write at once", async () => {
    await empty();
    const stores = await Promise.all([open(), open()]);
    const ids = await Promise.all(
      Array.from({ length: 400 }, (_, index) =>
        stores[index % 2]?.append([sampleRecord({ message: `record ${index}` })]),
      ),
    );
    const found = new Map(await contents(stores[0], ["default"]));
    expect(found.size).toBe(400);
    expect(ids.map((id) => found.get(String(id))?.message)).toEqual(
      ids.map((_, index) => `record ${index}`),
    );
    await Promise.all(stores.map((store) => store.close()));
  });

  it("agree on the lanes of namespaces that both create", async () => {
    await empty();
    const stores = await Promise.all([open(2), open(3)]);
    const names = Array.from({ length: 30 }, (_, index) => `space-${index}`);
    await Promise.all(
      names.flatMap((namespace) =>
        stores.map((store) => store.append([sampleRecord({ namespace })])),
      ),
    );
    const ids = (await contents(stores[0], names)).map(([id]) => id);
    expect(new Set(ids).size).toBe(60);
    const listed = await stores[1].namespaces();
    expect(listed.map(({ name, records }) => [name, records])).toEqual(
      names.toSorted().map((name) => [name, 2]),
    );
    await Promise.all(stores.map((store) => store.close()));
  });

  it("read lanes that another one has added or no longer writes to", async () => {
    await empty();
    const [narrow, wide] = await Promise.all([open(1), open(8)]);
    await narrow.append([sampleRecord({ message: "before" })]);
    expect(await contents(narrow, ["default"])).toHaveLength(1);
    const large = Array.from({ length: 600 }, () => sampleRecord());
    await Promise.all(Array.from({ length: 16 }, () => wide.append(large)));
    expect(await contents(narrow, ["default"])).toHaveLength(1 + 16 * 600);
    const { positions } = await narrow.snapshot(["default"]);
    expect(positions).toHaveLength(8);
    await Promise.all([narrow.close(), wide.close()]);
  });

  it("answer a batch that is sent again to the other one by the first one's ids", async () => {
    await empty();
    const [one, other] = await Promise.all([open(4), open(4)]);
    const batch = Array.from({ length: 5 }, () => sampleRecord());
    const keys = Array.from({ length: 20 }, (_, index) => ({ idempotencyKey: `key ${index}` }));
    const first = await Promise.all(keys.map((key) => one.append(batch, key)));
    const again = await Promise.all(keys.map((key) => other.append(batch, key)));
    expect(again).toEqual(first);
    expect(await contents(other, ["default"])).toHaveLength(100);
    await Promise.all([one.close(), other.close()]);
  });

  it("see what the other's retention dropped", async () => {
    await empty();
    const [one, other] = await Promise.all([open(), open()]);
    await one.append([sampleRecord({ received: 0 })]);
    expect(await contents(other, ["default"])).toHaveLength(1);
    await one.retain({ ageMs: 1 }, Date.now());
    expect(await contents(other, ["default"])).toEqual([]);
    await one.append([sampleRecord({ message: "next" })]);
    expect(await contents(other, ["default"])).toHaveLength(1);
    await Promise.all([one.close(), other.close()]);
  });

  it.each([
    ["with all headers at hand", undefined],
    ["with no room for headers", 0],
  ])(
    "miss and repeat nothing between positions while others write and merge, %s",
    async (_, room) => {
      await empty();
      const [one, other, reader] = await Promise.all([open(2), open(2), open(2, room)]);
      const acknowledged: string[] = [];
      const stop = new AbortController();
      const writer = async (store: LogStore, size: number): Promise<void> => {
        const batch = Array.from({ length: size }, () => sampleRecord());
        while (!stop.signal.aborted) {
          acknowledged.push(...(await store.append(batch)));
          await sleep(size / 20);
        }
      };
      const writers = [one, other].flatMap((store) => [
        writer(store, 1),
        writer(store, 3),
        writer(store, 600),
      ]);
      const merger = (async () => {
        while (!stop.signal.aborted) {
          await other.merge({ eager: true });
          await sleep(1);
        }
      })();
      const seen: string[] = [];
      const read = async (bounds: SnapshotBounds): Promise<void> => {
        for (const [id] of await contents(reader, ["default"], bounds)) seen.push(id);
      };
      let after: readonly string[] = [];
      for (let round = 0; round < 60; round += 1) {
        const { positions } = await reader.snapshot(["default"], { after });
        await read({ after, upTo: positions });
        after = positions;
      }
      stop.abort();
      await Promise.all([...writers, merger]);
      await read({ after });
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.toSorted()).toEqual(acknowledged.toSorted());
      await Promise.all([one, other, reader].map((store) => store.close()));
    },
  );

  it("read all again when Redis comes back with less than it had", async () => {
    await empty();
    const store = await open();
    await store.append([sampleRecord({ message: "lost" })]);
    expect(await contents(store, ["default"])).toHaveLength(1);
    await empty();
    expect(await contents(store, ["default"])).toEqual([]);
    await store.close();
  });
});
