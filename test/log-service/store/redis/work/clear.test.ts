import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { LogStore } from "../../../../../apps/log-service/src/store/port.ts";
import { WORK_LIMITS } from "../../../../../apps/log-service/src/limits.ts";
import { startRedis, type TestRedis } from "../../../../support/redis.ts";
import { sampleRecord } from "../../../record/sample.ts";
import {
  appendSingles,
  lengths,
  mergeAll,
  numbered,
  openStore,
  shown,
  shownTexts,
  withClient,
} from "./support.ts";

const NOW = Date.UTC(2026, 0, 2, 12);
const MINUTE = 60_000;

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

const everything = { namespace: "default", filter: "", by: "a test" };
const secrets = { ...everything, filter: "secret" };

/** What lies in the store, whatever tombstones say. */
async function stored(): Promise<string[]> {
  const { blocks } = await store.snapshot(["default"]);
  const rows = await Promise.all(blocks.map((block) => block.read()));
  return rows.flatMap((each) =>
    Array.from({ length: each?.count ?? 0 }, (_, row) => each?.message(row) ?? ""),
  );
}

describe("clearing", () => {
  it("hides what matches from the moment that it is answered, in every process", async () => {
    const other = await openStore(redis.url);
    await appendSingles(store, ["plain", "a secret"]);
    expect(await shownTexts(other)).toEqual(["plain", "a secret"]);
    await store.clear(secrets);
    expect(await shownTexts(store)).toEqual(["plain"]);
    expect(await shownTexts(other)).toEqual(["plain"]);
    await other.close();
  });

  it("leaves alone what is written afterwards, even with an older timestamp", async () => {
    await appendSingles(store, ["secret before"], { ms: NOW });
    await store.clear(secrets);
    await appendSingles(store, ["secret after"], { ms: NOW - MINUTE });
    expect(await shownTexts(store)).toEqual(["secret after"]);
    await mergeAll(store, { eager: true });
    expect(await shownTexts(store)).toEqual(["secret after"]);
  });

  it("takes small blocks' records out for good, and then needs no tombstone", async () => {
    const ids = await appendSingles(store, ["one", "a secret", "two", "secrets", "three"]);
    await store.clear(secrets);
    const merged = await mergeAll(store);
    expect(merged).toMatchObject({ cleared: 2 });
    expect(await stored()).toEqual(["one", "two", "three"]);
    expect((await shown(store)).map(([id]) => id)).toEqual([ids[0], ids[2], ids[4]]);
    expect(await lengths(redis.url)).toEqual({ small: 0, large: 1, tombstones: 0 });
    expect(await store.tombstones(["default"])).toEqual([]);
  });

  it("takes records out of large blocks, and the others keep their ids", async () => {
    const batch = numbered(900).map((text, index) =>
      sampleRecord({ message: index % 3 === 0 ? `${text} secret` : text }),
    );
    const ids = await store.append(batch);
    await store.clear(secrets);
    await mergeAll(store);
    expect(await stored()).toHaveLength(600);
    expect((await shown(store)).map(([id]) => id)).toEqual(ids.filter((_, at) => at % 3 !== 0));
    expect(await lengths(redis.url)).toMatchObject({ large: 1, tombstones: 0 });
  });

  it("rewrites no large block that has nothing of it", async () => {
    await store.append(numbered(900).map((message) => sampleRecord({ message })));
    const before = (await store.snapshot(["default"])).blocks.map(({ position }) => position);
    await store.clear(secrets);
    await mergeAll(store);
    const after = (await store.snapshot(["default"])).blocks.map(({ position }) => position);
    expect(after).toEqual(before);
    expect(await lengths(redis.url)).toMatchObject({ tombstones: 0 });
  });

  it("drops large blocks that a clearing without a filter covers at once, in every process's view", async () => {
    const other = await openStore(redis.url);
    for (let block = 0; block < 3; block += 1) {
      const ms = NOW + block * MINUTE;
      await store.append(
        numbered(600, `block ${block}`).map((message) => sampleRecord({ message, ms })),
      );
    }
    expect(await shown(other)).toHaveLength(1_800);
    await store.clear({ ...everything, toMs: NOW + MINUTE + 1 });
    expect(await lengths(redis.url)).toMatchObject({ large: 1, tombstones: 1 });
    await mergeAll(store);
    expect(await lengths(redis.url)).toMatchObject({ large: 1, tombstones: 0 });
    const { blocks } = await other.snapshot(["default"]);
    expect(blocks.map(({ header }) => header.first.ms)).toEqual([NOW + 2 * MINUTE]);
    await other.close();
  });

  it("clears by timestamps: the first included, the end not", async () => {
    const times = [NOW - 1, NOW, NOW + 1, NOW + 2];
    for (const ms of times) await appendSingles(store, [`at ${ms - NOW}`], { ms });
    await store.clear({ ...everything, fromMs: NOW, toMs: NOW + 2 });
    expect(await shownTexts(store)).toEqual(["at -1", "at 2"]);
    await mergeAll(store);
    expect((await stored()).toSorted()).toEqual(["at -1", "at 2"]);
  });

  it("leaves nothing of a namespace that is cleared whole", async () => {
    await appendSingles(store, numbered(20));
    await store.append(numbered(700).map((message) => sampleRecord({ message })));
    await store.clear(everything);
    expect(await shown(store)).toEqual([]);
    await mergeAll(store);
    expect(await lengths(redis.url)).toEqual({ small: 0, large: 0, tombstones: 0 });
    expect((await store.namespaces()).map(({ records }) => records)).toEqual([0]);
  });

  it("tells of itself until it is done", async () => {
    await appendSingles(store, ["a secret"]);
    const tombstone = await store.clear({ ...secrets, fromMs: 5 });
    expect(await store.tombstones(["default"])).toEqual([
      {
        id: tombstone.id,
        namespace: "default",
        filter: "secret",
        fromMs: 5,
        toMs: undefined,
        upTo: tombstone.upTo,
        createdMs: tombstone.createdMs,
        by: "a test",
      },
    ]);
  });

  it("needs no tombstone for a namespace that has no record", async () => {
    expect(await store.clear({ ...everything, namespace: "nobody" })).toMatchObject({ upTo: [] });
    expect(await store.tombstones(["nobody"])).toEqual([]);
  });

  it("refuses more clearings than a namespace may have under way", async () => {
    await appendSingles(store, ["a"]);
    for (let count = 0; count < WORK_LIMITS.tombstones; count += 1) await store.clear(secrets);
    await expect(store.clear(secrets)).rejects.toMatchObject({ code: "NL_CLEAR_LIMIT" });
    await mergeAll(store);
    await store.clear(secrets);
  });

  it("outlives a kill of the process that asked and a merger that comes later", async () => {
    await appendSingles(store, ["a secret", "plain"]);
    await store.clear(secrets);
    await store.close();
    store = await openStore(redis.url);
    expect(await shownTexts(store)).toEqual(["plain"]);
    await mergeAll(store);
    expect(await stored()).toEqual(["plain"]);
  });
});
