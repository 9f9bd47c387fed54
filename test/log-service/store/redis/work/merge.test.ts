import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { LogStore } from "../../../../../apps/log-service/src/store/port.ts";
import { startRedis, type TestRedis } from "../../../../support/redis.ts";
import { sampleRecord, wholeRecord } from "../../../record/sample.ts";
import {
  appendSingles,
  lengths,
  mergeAll,
  numbered,
  openStore,
  shown,
  withClient,
} from "./support.ts";

let redis: TestRedis;
let store: LogStore;
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(async () => {
  await withClient(redis.url, (client) => client.flushall());
  store = await openStore(redis.url);
  return () => store.close();
});
afterAll(() => redis.stop());

describe("merging", () => {
  it("makes one large block of many small ones and keeps every record under its id", async () => {
    const texts = numbered(40);
    const ids = await appendSingles(store, texts);
    const merged = await mergeAll(store, { eager: true });
    expect(merged).toMatchObject({ blocks: 40, into: 1, records: 40, cleared: 0 });
    expect(await lengths(redis.url)).toMatchObject({ small: 0, large: 1 });
    const found = new Map((await shown(store)).map(([id, { message }]) => [id, message]));
    expect(ids.map((id) => found.get(id))).toEqual(texts);
    expect(found.size).toBe(40);
  });

  it("puts no more text together than can be read again, however little it takes as it lies", async () => {
    const message = "x".repeat(8_400);
    const ids: string[] = [];
    for (let batch = 0; batch < 6; batch += 1) {
      const records = Array.from({ length: 499 }, () => sampleRecord({ message }));
      ids.push(...(await store.append(records)));
    }
    // The same text many times is stored once.
    const merged = await mergeAll(store, { eager: true });
    expect(merged.records).toBe(ids.length);
    expect(merged.into).toBeGreaterThan(4);
    const found = await shown(store);
    expect(found.map(([id]) => id).toSorted()).toEqual(ids.toSorted());
    expect(found.every(([, record]) => record.message === message)).toBe(true);
    // And what cannot be put together is not tried again.
    expect(await mergeAll(store, { eager: true })).toMatchObject({ blocks: 0 });
  });

  it("leaves alone what is not worth a large block yet", async () => {
    await appendSingles(store, numbered(5));
    expect(await store.merge()).toMatchObject({ blocks: 0, more: false });
    expect(await lengths(redis.url)).toMatchObject({ small: 5, large: 0 });
  });

  it("merges as soon as the small blocks fill a large one", async () => {
    for (let batch = 0; batch < 12; batch += 1) {
      await store.append(
        numbered(400, `batch ${batch}`).map((message) => sampleRecord({ message })),
      );
    }
    const merged = await mergeAll(store);
    expect(merged).toMatchObject({ blocks: 10, into: 1, records: 4_000 });
    expect(await lengths(redis.url)).toMatchObject({ small: 2, large: 1 });
    expect(await shown(store)).toHaveLength(4_800);
  });

  it("keeps whole records: every field comes back as it was sent", async () => {
    const record = wholeRecord();
    const [id] = await store.append([record]);
    await appendSingles(store, ["another"]);
    await mergeAll(store, { eager: true });
    expect(new Map(await shown(store)).get(String(id))).toEqual(record);
  });

  it("puts little large blocks together, and their records keep their ids", async () => {
    const ids: string[] = [];
    for (let round = 0; round < 16; round += 1) {
      ids.push(...(await appendSingles(store, numbered(3, `round ${round}`))));
      await store.merge({ eager: true });
    }
    await mergeAll(store, { eager: true });
    expect(await lengths(redis.url)).toMatchObject({ small: 0, large: 1 });
    const found = await shown(store);
    expect(found.map(([id]) => id)).toEqual(ids);
  });

  it("goes on past a damaged block, which is kept as it is", async () => {
    const ids = await appendSingles(store, numbered(3));
    await withClient(redis.url, async (client) => {
      const entries = await client.xrangeBuffer("{nl:default:0}:b", "-", "+");
      const headers = await client.xrangeBuffer("{nl:default:0}:h", "-", "+");
      await client.del("{nl:default:0}:b", "{nl:default:0}:h");
      for (const [index, [id]] of entries.entries()) {
        const body = index === 1 ? "nonsense" : (entries[index]?.[1][1] ?? "");
        await client.xadd("{nl:default:0}:b", id.toString(), "b", body);
        await client.xadd("{nl:default:0}:h", id.toString(), ...(headers[index]?.[1] ?? []));
      }
    });
    await store.close();
    store = await openStore(redis.url);
    await mergeAll(store, { eager: true });
    expect(await lengths(redis.url)).toMatchObject({ small: 0, large: 3 });
    const bodies = await withClient(redis.url, (client) =>
      client.xrange("{nl:default:0}:B", "-", "+"),
    );
    expect(bodies.filter(([, fields]) => fields[1] === "nonsense")).toHaveLength(1);
    expect(ids).toHaveLength(3);
  });

  it("tells what waits, and nothing once all is merged", async () => {
    await appendSingles(store, numbered(20));
    await store.merge();
    expect(store.stats().work?.mergeDebt).toEqual({ records: 20, blocks: 20 });
    await mergeAll(store, { eager: true });
    expect(store.stats().work?.mergeDebt).toEqual({ records: 0, blocks: 0 });
  });
});
