import * as fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type {
  BlockRef,
  LogStore,
  SnapshotBounds,
} from "../../../../apps/log-service/src/store/port.ts";
import { createRedisStore } from "../../../../apps/log-service/src/store/redis/redis-store.ts";
import { startRedis, type TestRedis } from "../../../support/redis.ts";
import { sampleRecord } from "../../record/sample.ts";
import { compileWord, openStore } from "./work/support.ts";
import { readyStore } from "./ready.ts";

let redis: TestRedis;
let client: Redis;
beforeAll(async () => {
  redis = await startRedis();
  client = new Redis(redis.url);
});
afterAll(async () => {
  client.disconnect();
  await redis.stop();
});

const MINUTE = 60_000;

type Step =
  | { readonly kind: "append"; readonly blocks: number; readonly size: number }
  | { readonly kind: "merge" | "clear" | "look" }
  | { readonly kind: "retain"; readonly minute: number }
  | { readonly kind: "times"; readonly from: number; readonly length: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      blocks: fc.integer({ min: 1, max: 60 }),
      size: fc.constantFrom(1, 1, 1, 500),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("merge" as const, "look" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("retain" as const),
      minute: fc.integer({ min: 0, max: 300 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("times" as const),
      from: fc.integer({ min: 0, max: 300 }),
      length: fc.integer({ min: 0, max: 100 }),
    }),
  },
);

/** What a snapshot tells of records within times: the ids, in order, and the clearings. */
async function told(store: LogStore, bounds: SnapshotBounds): Promise<unknown> {
  const { blocks, positions, tombstones } = await store.snapshot(["default"], bounds);
  const { fromMs = -Infinity, toMs = Infinity } = bounds.time ?? {};
  const read = await Promise.all(
    blocks.map(async (block) => {
      const rows = await block.read();
      if (rows === undefined) return [];
      return Array.from({ length: rows.count }, (_, row) => row)
        .filter((row) => (rows.ms[row] ?? 0) >= fromMs && (rows.ms[row] ?? 0) <= toMs)
        .map((row) => block.idOf(row));
    }),
  );
  return { ids: read.flat().toSorted(), positions, tombstones: tombstones.map(({ id }) => id) };
}

describe("a store with next to no room for headers", () => {
  it("answers as one with room for all, whatever was written, merged, cleared and dropped", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        await client.flushall();
        const writer = await openStore(redis.url);
        const [tiny, large] = [
          await openStore(redis.url, { headerBytes: 0, tokenBytes: 0 }),
          await openStore(redis.url),
        ];
        try {
          let minute = 0;
          for (const next of steps) {
            if (next.kind === "append") {
              const { size } = next;
              for (let block = 0; block < next.blocks; block += 1, minute += 1) {
                const at = { ms: minute * MINUTE, received: minute * MINUTE };
                const records = Array.from({ length: size }, (_, row) =>
                  sampleRecord({ ...at, message: row % 3 === 0 ? "gone" : "kept" }),
                );
                // A key makes each a block of its own.
                await writer.append(records, { idempotencyKey: `${minute}` });
              }
            } else if (next.kind === "merge") {
              while ((await writer.merge({ eager: true })).more);
            } else if (next.kind === "clear") {
              await writer.clear({ namespace: "default", filter: "gone", by: "a test" });
            } else if (next.kind === "retain") {
              await writer.retain({ ageMs: 1 }, next.minute * MINUTE);
            }
            const time =
              next.kind === "times"
                ? { fromMs: next.from * MINUTE, toMs: (next.from + next.length) * MINUTE }
                : undefined;
            const bounds = time === undefined ? {} : { time };
            expect(await told(tiny, bounds)).toEqual(await told(large, bounds));
            expect(await tiny.namespaces()).toEqual(await large.namespaces());
            expect(tiny.stats().headerBytes).toBe(0);
          }
        } finally {
          await Promise.all([writer.close(), tiny.close(), large.close()]);
        }
      }),
      { numRuns: 12 },
    );
  });

  it("gives the same token filters as one with room, which reads each once", async () => {
    await client.flushall();
    const writer = await openStore(redis.url);
    for (let batch = 0; batch < 5; batch += 1) {
      await writer.append(
        Array.from({ length: 600 }, (_, row) => sampleRecord({ message: `w${row}` })),
      );
    }
    const [tiny, large] = [
      await openStore(redis.url, { tokenBytes: 0 }),
      await openStore(redis.url),
    ];
    const load = async (store: LogStore) => {
      const snapshot = await store.snapshot(["default"]);
      const blocks: BlockRef[] = snapshot.blocks.toSorted((a, b) =>
        a.position < b.position ? -1 : 1,
      );
      return snapshot.loadTokens(blocks);
    };
    const filters = await load(large);
    expect(filters).toHaveLength(5);
    expect(filters.every((filter) => (filter?.length ?? 0) > 100)).toBe(true);
    expect(await load(tiny)).toEqual(filters);
    const reads = async () =>
      Number(/cmdstat_xrange:calls=(\d+)/.exec(await client.info("commandstats"))?.[1] ?? 0);
    const cost = async (store: LogStore) => {
      const before = await reads();
      await load(store);
      return (await reads()) - before;
    };
    // A look at the lane runs some as well, the same for both.
    expect(await cost(tiny)).toBe((await cost(large)) + 5);
    expect(tiny.stats().tokenBytes).toBe(0);
    await Promise.all([writer.close(), tiny.close(), large.close()]);
  });
});

describe("a namespace with lanes", () => {
  it("is written to all of them, large batches in equal shares", async () => {
    await client.flushall();
    const store = await readyStore(
      createRedisStore({ url: redis.url }, { lanes: 4, compileTombstone: compileWord }),
    );
    for (let batch = 0; batch < 20; batch += 1) {
      await store.append(Array.from({ length: 500 }, () => sampleRecord()));
    }
    const counts = await Promise.all(
      Array.from({ length: 4 }, (_, lane) => client.xlen(`{nl:default:${lane}}:H`)),
    );
    expect(counts).toEqual([5, 5, 5, 5]);
    expect((await store.namespaces())[0]).toMatchObject({ records: 10_000, large: { blocks: 20 } });
    await store.close();
  });
});
