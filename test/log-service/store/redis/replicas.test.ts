import { Redis } from "ioredis";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { EVERYTHING } from "../../../../apps/log-service/src/query/filter.ts";
import { search } from "../../query/engine/support.ts";
import type { LogStore } from "../../../../apps/log-service/src/store/port.ts";
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

const open = (): Promise<LogStore> => readyStore(createRedisStore({ url: redis.url }));

async function empty(): Promise<void> {
  const client = new Redis(redis.url);
  await client.flushall();
  client.disconnect();
}

const REQUEST = { namespaces: ["default"], filter: EVERYTHING, limit: 50 } as const;

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
    const stores = await Promise.all([open(), open()]);
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

  it("page through one while both write, each record of the first page's moment once", async () => {
    await empty();
    const [one, other] = await Promise.all([open(), open()]);
    const time = Date.UTC(2026, 0, 1);
    const before: string[] = [];
    for (let batch = 0; batch < 12; batch += 1) {
      const records = Array.from({ length: 40 }, (_, index) =>
        sampleRecord({ ms: time + ((batch * 7 + index * 13) % 200) }),
      );
      before.push(...(await (batch % 2 === 0 ? one : other).append(records)));
    }
    for (const order of ["asc", "desc"] as const) {
      const found: string[] = [];
      let cursor: string | undefined;
      let reader = one;
      do {
        const page = await search(reader, { ...REQUEST, order, cursor });
        found.push(...page.records.map(({ id }) => id));
        cursor = page.cursor ?? undefined;
        // The next page comes from the other replica, and both have written in between.
        reader = reader === one ? other : one;
        await Promise.all(
          [one, other].map((store) => store.append([sampleRecord({ ms: time + 100 })])),
        );
      } while (cursor !== undefined);
      const mine = new Set(before);
      expect(found.filter((id) => mine.has(id)).toSorted()).toEqual(before.toSorted());
      expect(new Set(found).size).toBe(found.length);
    }
    await Promise.all([one.close(), other.close()]);
  });
});

type Step =
  | { kind: "append"; replica: number; batch: { ms: number; received: number; space: string }[] }
  | { kind: "retain"; replica: number; ageMs: number }
  | { kind: "restart"; replica: number }
  | { kind: "search"; replica: number; order: "asc" | "desc"; limit: number };

const replica = fc.integer({ min: 0, max: 1 });
const batch = fc.array(
  fc.record({
    ms: fc.integer({ min: 1_000, max: 1_020 }),
    received: fc.integer({ min: 0, max: 100 }),
    space: fc.constantFrom("a", "b"),
  }),
  { minLength: 1, maxLength: 6 },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("append" as const), replica, batch }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("retain" as const),
      replica,
      ageMs: fc.integer({ min: 0, max: 100 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), replica }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("search" as const),
      replica,
      order: fc.constantFrom("asc" as const, "desc" as const),
      limit: fc.integer({ min: 1, max: 7 }),
    }),
  },
);

const NOW = 100;

interface Kept {
  readonly id: string;
  readonly ms: number;
  readonly received: number;
  readonly space: string;
  /** Records of one append and namespace share a block. */
  readonly block: number;
}

/** What retention does to a plain list: whole blocks, from each namespace's start, as long as all of it is old. */
function retained(kept: readonly Kept[], before: number): Kept[] {
  return ["a", "b"].flatMap((space) => {
    const mine = kept.filter((record) => record.space === space);
    const first = mine.find(({ block }) =>
      mine.some((record) => record.block === block && record.received >= before),
    );
    return first === undefined ? [] : mine.slice(mine.indexOf(first));
  });
}

describe("the Redis store against a plain list", () => {
  it("finds the same after any appends, searches, retention and restarts, late timestamps included", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        await empty();
        const replicas = [await open(), await open()];
        let kept: Kept[] = [];
        let blocks = 0;
        const found: string[][] = [];
        const expected: string[][] = [];
        for (const next of steps) {
          const store = replicas[next.replica];
          if (store === undefined) throw new RangeError("no such replica");
          if (next.kind === "append") {
            blocks += 1;
            const ids = await store.append(
              next.batch.map(({ ms, received, space }) =>
                sampleRecord({ ms, received, namespace: space }),
              ),
            );
            next.batch.forEach((record, index) =>
              kept.push({ ...record, id: String(ids[index]), block: blocks }),
            );
          } else if (next.kind === "retain") {
            await store.retain({ ageMs: next.ageMs }, NOW);
            kept = retained(kept, NOW - next.ageMs);
          } else if (next.kind === "restart") {
            await store.close();
            replicas[next.replica] = await open();
          } else {
            const { order, limit } = next;
            const request = { namespaces: ["a", "b"], filter: EVERYTHING, order, limit };
            const page = await search(store, request);
            const sorted = kept.toSorted(
              (x, y) =>
                (order === "asc" ? 1 : -1) *
                (x.ms - y.ms || (x.id < y.id ? -1 : Number(x.id > y.id))),
            );
            found.push(page.records.map(({ id }) => id));
            expected.push(sorted.slice(0, limit).map(({ id }) => id));
          }
        }
        await Promise.all(replicas.map((store) => store.close()));
        expect(found).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});
