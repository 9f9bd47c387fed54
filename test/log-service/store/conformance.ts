import * as fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { encodeBlock } from "../../../apps/log-service/src/block/encode.ts";
import { mayHaveToken } from "../../../apps/log-service/src/block/token-filter.ts";
import type { PreparedRecord } from "../../../apps/log-service/src/record/record.ts";
import type { LogStore, SnapshotBounds } from "../../../apps/log-service/src/store/port.ts";
import { readRecordId } from "../../../apps/log-service/src/store/position.ts";
import { sampleRecord, wholeRecord } from "../record/sample.ts";
import { Model, steps, visible } from "./model.ts";

/** How the suite gets at one kind of store. */
export interface StoreUnderTest {
  /** Once, before everything. */
  start?(): Promise<void>;
  /** A store without records, whose tombstones `compileLevel` reads. */
  empty(): Promise<LogStore>;
  /** Another one on the same data; for a kind that keeps it beyond its process. */
  reopen?(): Promise<LogStore>;
  stop?(): Promise<void>;
}

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 0, 2, 12);

/** What every LogStore does, whatever keeps its records. */
export function describeStore(name: string, subject: StoreUnderTest): void {
  describe(`${name} is a log store`, () => {
    let store: LogStore;
    beforeAll(() => subject.start?.());
    beforeEach(async () => {
      store = await subject.empty();
      return () => store.close();
    });
    afterAll(() => subject.stop?.());

    it("answers one id for each record, all different, in text order of their places", async () => {
      const ids = await store.append(messages("a", "b", "c"));
      expect(ids).toHaveLength(3);
      expect(new Set(ids).size).toBe(3);
      expect([...ids].sort()).toEqual(ids);
    });

    it("gives later records of a namespace later ids", async () => {
      const [first] = await store.append(messages("a"));
      const [second] = await store.append(messages("b"));
      expect(String(first) < String(second)).toBe(true);
    });

    it("tells the last position of each lane without a snapshot", async () => {
      expect(await store.positions()).toEqual([]);
      await store.append(messages("a"));
      await store.append([sampleRecord({ namespace: "other" })]);
      const { positions } = await store.snapshot(() => true);
      expect((await store.positions()).toSorted()).toEqual(positions.toSorted());
    });

    it("finds each record whole under its id", async () => {
      const record = wholeRecord();
      const [id] = await store.append([record]);
      expect(await contents(store, ["default"])).toEqual([[id, record]]);
    });

    it("keeps the order of ids when one batch goes to several namespaces", async () => {
      const batch = ["x", "y", "x", "z", "y"].map((namespace, index) =>
        sampleRecord({ namespace, message: `m${index}` }),
      );
      const ids = await store.append(batch);
      const found = new Map(await contents(store, ["x", "y", "z"]));
      expect(ids.map((id) => found.get(id))).toEqual(batch);
    });

    it("keeps a batch larger than a block whole and in order", async () => {
      const batch = messages(...Array.from({ length: 9_000 }, (_, index) => `message ${index}`));
      const ids = await store.append(batch);
      const found = new Map(await contents(store, ["default"]));
      expect(found.size).toBe(9_000);
      expect(ids.every((id, index) => found.get(id)?.message === `message ${index}`)).toBe(true);
    });

    it("commits concurrent single writes without mixing up their ids", async () => {
      const writes = Array.from({ length: 300 }, (_, index) => `single ${index}`);
      const ids = await Promise.all(writes.map((text) => store.append(messages(text))));
      const found = new Map(await contents(store, ["default"]));
      expect(ids.map(([id]) => found.get(String(id))?.message)).toEqual(writes);
    });

    it("holds nothing for a namespace that nobody wrote to", async () => {
      await store.append(messages("a"));
      expect(await contents(store, ["elsewhere"])).toEqual([]);
    });

    it("takes the namespaces that exist and are wanted, and says which", async () => {
      const spaces = ["b", "a", "other"];
      await store.append(spaces.map((namespace) => sampleRecord({ namespace })));
      expect(await store.names()).toEqual(["a", "b", "other"]);
      const { namespaces, blocks } = await store.snapshot((name) => name !== "other");
      expect(namespaces.toSorted()).toEqual(["a", "b"]);
      expect(blocks.map(({ namespace }) => namespace).toSorted()).toEqual(["a", "b"]);
      await store.append([sampleRecord({ namespace: "new" })]);
      const later = await store.snapshot((name) => name !== "other");
      expect(later.namespaces.toSorted()).toEqual(["a", "b", "new"]);
      expect((await store.snapshot(["nowhere"])).namespaces).toEqual(["nowhere"]);
    });

    it("keeps a snapshot's upper bound whatever is written later", async () => {
      await store.append(messages("before"));
      const { positions } = await store.snapshot(["default"]);
      await store.append(messages("after"));
      expect(await texts(store, ["default"], { upTo: positions })).toEqual(["before"]);
    });

    it("shows only what came after a position", async () => {
      await store.append(messages("before"));
      const { positions } = await store.snapshot(["default"]);
      await store.append(messages("after"));
      await store.append([sampleRecord({ namespace: "new", message: "new lane" })]);
      expect(await texts(store, ["default", "new"], { after: positions })).toEqual([
        "after",
        "new lane",
      ]);
    });

    it("hides namespaces that were born after an upper bound", async () => {
      await store.append(messages("before"));
      const { positions } = await store.snapshot(["default", "new"]);
      await store.append([sampleRecord({ namespace: "new" })]);
      expect(await texts(store, ["default", "new"], { upTo: positions })).toEqual(["before"]);
    });

    it("tells what its headers promise", async () => {
      await store.append([
        sampleRecord({ ms: NOW, level: 4, source: "a", traceId: "t1" }),
        sampleRecord({ ms: NOW - HOUR, nanos: 7, digits: 9, level: 4, source: "b" }),
        sampleRecord({ ms: NOW + HOUR, level: 2, source: "a" }),
      ]);
      const { blocks } = await store.snapshot(["default"]);
      const [block] = blocks;
      expect(block?.header).toMatchObject({
        records: 3,
        first: { ms: NOW - HOUR, nanos: 7 },
        last: { ms: NOW + HOUR, nanos: 0 },
        levels: [0, 0, 1, 0, 2, 0],
        sourcesComplete: true,
      });
      expect([...(block?.header.sources ?? [])]).toEqual([
        ["a", 2],
        ["b", 1],
      ]);
    });

    it("lists its namespaces by name with what they hold", async () => {
      await store.append([
        sampleRecord({ namespace: "web", ms: NOW }),
        sampleRecord({ namespace: "app", ms: NOW - HOUR }),
        sampleRecord({ namespace: "web", ms: NOW + HOUR }),
      ]);
      const listed = await store.namespaces();
      expect(listed.map(({ name, records }) => [name, records])).toEqual([
        ["app", 1],
        ["web", 2],
      ]);
      expect(listed[1]).toMatchObject({
        oldest: "2026-01-02T12:00:00.000Z",
        newest: "2026-01-02T13:00:00.000Z",
      });
      expect(listed[1]?.bytes).toBeGreaterThan(0);
    });

    it("drops by age what was received long ago, whatever its timestamp says", async () => {
      await store.append([sampleRecord({ ms: NOW, received: NOW - 3 * HOUR, message: "old" })]);
      await store.append([sampleRecord({ ms: 0, received: NOW, message: "loaded today" })]);
      const dropped = await store.retain({ ageMs: HOUR }, NOW);
      expect(dropped).toMatchObject({ blocks: 1, records: 1 });
      expect(await texts(store, ["default"])).toEqual(["loaded today"]);
    });

    it("drops by bytes the records received first, across namespaces", async () => {
      for (let hour = 10; hour > 0; hour -= 1) {
        const namespace = hour % 2 === 0 ? "even" : "odd";
        await store.append([
          sampleRecord({ namespace, received: NOW - hour * HOUR, message: `hour ${hour}` }),
        ]);
      }
      const held = (await store.namespaces()).reduce((sum, { bytes }) => sum + bytes, 0);
      await store.retain({ bytes: Math.floor(held / 2) }, NOW);
      const left = await texts(store, ["even", "odd"]);
      expect(left.toSorted()).toEqual(["hour 1", "hour 2", "hour 3", "hour 4", "hour 5"]);
    });

    it("keeps everything under a policy without limits", async () => {
      await store.append([sampleRecord({ received: 0 })]);
      expect(await store.retain({}, NOW)).toMatchObject({ blocks: 0 });
      expect(await texts(store, ["default"])).toHaveLength(1);
    });

    it("reads nothing, and fails nothing, where retention dropped a block after the snapshot", async () => {
      await store.append([sampleRecord({ received: 0 })]);
      const { blocks } = await store.snapshot(["default"]);
      await store.retain({ ageMs: HOUR }, NOW);
      expect(await blocks[0]?.read()).toBeUndefined();
    });

    it("tells of each lane how its positions begin, and of none that it dropped something", async () => {
      const ids = (await store.append(messages("a", "b"))).concat(
        await store.append(messages("c")),
      );
      await store.merge({ eager: true });
      const { lanes } = await store.snapshot(["default", "nobody"], { upTo: [] });
      const prefixes = lanes.map(({ prefix }) => prefix);
      expect(ids.every((id) => prefixes.some((prefix) => id.startsWith(prefix)))).toBe(true);
      expect(new Set(lanes.map(({ namespace }) => namespace))).toEqual(new Set(["default"]));
      expect(lanes.flatMap(({ dropped }) => dropped ?? [])).toEqual([]);
    });

    it("tells of each lane how many were ever committed", async () => {
      await store.append([...messages("a", "b"), sampleRecord({ received: 0 })]);
      await store.append(messages("c"));
      await store.merge({ eager: true });
      await store.retain({ bytes: 0 }, NOW);
      await store.append(messages("d", "e"));
      const { lanes } = await store.snapshot(["default"]);
      expect(lanes.reduce((sum, { committed }) => sum + committed, 0)).toBe(6);
    });

    it("tells up to where retention dropped a lane, and has all that came after it", async () => {
      const old: string[] = [];
      for (let at = 0; at < 6; at += 1) {
        old.push(...(await store.append([sampleRecord({ received: at })])));
      }
      await store.merge({ eager: true });
      const [kept = ""] = await store.append([sampleRecord({ received: NOW })]);
      await store.retain({ ageMs: HOUR }, NOW);
      const { lanes } = await store.snapshot(["default"]);
      for (const { prefix, dropped } of lanes) {
        const last = old.findLast((id) => id.startsWith(prefix)) ?? "";
        expect(dropped).toBe(readRecordId(last)?.position);
      }
      const left = await contents(store, ["default"]);
      expect(left.map(([id]) => id)).toEqual([kept]);
      expect(
        lanes.every(({ prefix, dropped = "" }) => !kept.startsWith(prefix) || kept > dropped),
      ).toBe(true);
    });

    it("never gives the id of a dropped record again", async () => {
      const before = await store.append([sampleRecord({ received: 0 })]);
      await store.retain({ ageMs: HOUR }, NOW);
      const after = await store.append([sampleRecord({ received: NOW })]);
      expect(String(after[0]) > String(before[0])).toBe(true);
    });

    it("answers an empty batch with no ids", async () => {
      expect(await store.append([])).toEqual([]);
    });

    it("says that it is ready", async () => {
      expect(await store.health()).toMatchObject({ ready: true });
    });

    it("counts what it committed", async () => {
      await store.append(messages("a", "b"));
      expect(store.stats()).toMatchObject({
        committedRecords: 2,
        waitingRecords: 0,
        waitingUnits: 0,
      });
    });

    it("keeps a block that was made ready before, under ids in the order of its rows", async () => {
      const records = messages(...Array.from({ length: 700 }, (_, index) => `message ${index}`));
      const ids = (await store.appendBlock("default", encodeBlock(records))).all();
      const found = new Map(await contents(store, ["default"]));
      expect(ids.map((id) => found.get(id))).toEqual(records);
    });

    it("answers a batch that is sent again with its key by the first one's ids, and keeps it once", async () => {
      const batch = [
        ...messages("a", "b"),
        sampleRecord({ namespace: "other", message: "c" }),
        ...messages(...Array.from({ length: 5_000 }, (_, index) => `message ${index}`)),
      ];
      const first = await store.append(batch, { idempotencyKey: "a key \u{1F511}" });
      const again = await store.append(batch, { idempotencyKey: "a key \u{1F511}" });
      expect(again).toEqual(first);
      expect(await contents(store, ["default", "other"])).toHaveLength(batch.length);
    });

    it("keeps a batch once whose tries overlap", async () => {
      const batch = messages("a", "b");
      const tries = await Promise.all(
        Array.from({ length: 5 }, () => store.append(batch, { idempotencyKey: "key" })),
      );
      expect(new Set(tries.flat()).size).toBe(2);
      expect(await contents(store, ["default"])).toHaveLength(2);
    });

    it("keeps the same records under two keys twice", async () => {
      const one = await store.append(messages("a"), { idempotencyKey: "one" });
      const two = await store.append(messages("a"), { idempotencyKey: "two" });
      expect(one).not.toEqual(two);
    });

    it("refuses a key that was used for another number of records", async () => {
      await store.append(messages("a"), { idempotencyKey: "key" });
      await expect(
        store.append(messages("a", "b"), { idempotencyKey: "key" }),
      ).rejects.toMatchObject({ code: "NL_IDEMPOTENCY_MISMATCH" });
      expect(await texts(store, ["default"])).toEqual(["a"]);
    });

    it("keeps ids when blocks are merged, and shows each record once", async () => {
      for (const text of ["a", "b", "c"]) await store.append(messages(text));
      const before = await contents(store, ["default"]);
      const merged = await store.merge({ eager: true });
      expect(merged).toMatchObject({ records: 3, cleared: 0 });
      expect(await contents(store, ["default"])).toEqual(before);
    });

    it("reads a block that was merged away after the snapshot, under the same ids", async () => {
      await store.append(messages("a", "b"));
      await store.append(messages("c"));
      const { blocks } = await store.snapshot(["default"]);
      await store.merge({ eager: true });
      const read: (readonly [string, string | undefined])[] = [];
      for (const block of blocks) {
        const before = block.idOf(0);
        const rows = await block.read();
        expect(block.idOf(0)).toBe(before);
        for (let row = 0; row < (rows?.count ?? 0); row += 1) {
          read.push([block.idOf(row), rows?.message(row)]);
        }
      }
      const found = (await contents(store, ["default"])).map(([id, { message }]) => [id, message]);
      expect(read.toSorted()).toEqual(found.toSorted());
    });

    it("cuts a merged block at positions that lie inside it", async () => {
      await store.append(messages("a"));
      const one = await store.snapshot(["default"]);
      await store.append(messages("b", "c"));
      const two = await store.snapshot(["default"]);
      await store.append(messages("d"));
      await store.merge({ eager: true });
      expect((await texts(store, ["default"], { after: one.positions })).toSorted()).toEqual([
        "b",
        "c",
        "d",
      ]);
      expect((await texts(store, ["default"], { upTo: two.positions })).toSorted()).toEqual([
        "a",
        "b",
        "c",
      ]);
      expect(
        (await texts(store, ["default"], { after: one.positions, upTo: two.positions })).toSorted(),
      ).toEqual(["b", "c"]);
    });

    it("tells which tokens large blocks may hold, and nothing of small ones", async () => {
      await store.append(messages("small"));
      await store.append(messages(...Array.from({ length: 600 }, (_, index) => `needle ${index}`)));
      const { blocks, loadTokens } = await store.snapshot(["default"]);
      const filters = await loadTokens(blocks);
      const known = blocks.map(({ header }, index) => [header.records, filters[index]] as const);
      const [, small] = known.find(([records]) => records === 1) ?? [];
      const [, large] = known.find(([records]) => records === 600) ?? [];
      expect(small).toBeUndefined();
      expect(large).toBeDefined();
      expect(mayHaveToken(large, "needle")).toBe(true);
      expect(mayHaveToken(large, "absent")).toBe(false);
      expect(await loadTokens(blocks)).toEqual(filters);
    });

    it("tells of a clearing until merging has carried it out", async () => {
      await store.append([sampleRecord({ level: 1 }), sampleRecord({ level: 4, message: "kept" })]);
      const request = { namespace: "default", filter: "1", by: "somebody" };
      const tombstone = await store.clear(request);
      expect(tombstone).toMatchObject(request);
      await store.append([sampleRecord({ level: 1, message: "later" })]);
      expect(await store.tombstones(["default"])).toMatchObject([request]);
      const left = async () =>
        [...(await visible(store, {}, ["default"])).values()].map(({ message }) => message);
      expect((await left()).toSorted()).toEqual(["kept", "later"]);
      while ((await store.merge({ eager: true })).more);
      expect((await left()).toSorted()).toEqual(["kept", "later"]);
      expect(await contents(store, ["default"])).toHaveLength(2);
    });

    it("keeps a clearing that comes while blocks are merged", async () => {
      await store.append([sampleRecord({ level: 1 }), sampleRecord({ level: 4, message: "kept" })]);
      const merging = store.merge({ eager: true });
      await store.clear({ namespace: "default", filter: "1", by: "somebody" });
      await merging;
      const left = await visible(store, {}, ["default"]);
      expect([...left.values()].map(({ message }) => message)).toEqual(["kept"]);
    });

    it("holds what a plain list holds after any appends, merging, clearing and retention", async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (all) => {
          const model = new Model(await subject.empty(), async (open) => {
            if (subject.reopen === undefined) return open;
            await open.close();
            return subject.reopen();
          });
          try {
            for (const step of all) await model.run(step);
            await model.run({ kind: "read", after: undefined, upTo: undefined });
          } finally {
            await model.store.close();
          }
        }),
        { numRuns: 40 },
      );
    });

    it("refuses to append once closed", async () => {
      await store.close();
      await expect(store.append(messages("late"))).rejects.toMatchObject({
        code: "NL_STORE_UNAVAILABLE",
      });
    });
  });
}

function messages(...texts: string[]): PreparedRecord[] {
  return texts.map((message) => sampleRecord({ message }));
}

/** Every record of the namespaces with its id, in commit order of each lane; clearing is the reader's. */
export async function contents(
  store: LogStore,
  namespaces: readonly string[],
  bounds: SnapshotBounds = {},
): Promise<[id: string, record: PreparedRecord][]> {
  const { blocks } = await store.snapshot(namespaces, bounds);
  const found: [string, PreparedRecord][] = [];
  for (const block of blocks) {
    const rows = await block.read();
    const within = block.rowsWithin(bounds);
    for (let row = 0; row < (rows?.count ?? 0); row += 1) {
      if (within !== "all" && within[row] !== 1) continue;
      const record = rows?.record(row);
      const id = block.idOf(row);
      expect(block.rowOf(id)).toBe(row);
      expect(readRecordId(id)?.position).toBe(block.positionOf(row));
      if (record !== undefined) found.push([id, record]);
    }
  }
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}

async function texts(
  store: LogStore,
  namespaces: readonly string[],
  bounds: SnapshotBounds = {},
): Promise<string[]> {
  return (await contents(store, namespaces, bounds)).map(([, record]) => record.message);
}
