import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { PreparedRecord } from "../../../apps/log-service/src/record/record.ts";
import type { LogStore, SnapshotBounds } from "../../../apps/log-service/src/store/port.ts";
import { readRecordId } from "../../../apps/log-service/src/store/position.ts";
import { sampleRecord } from "../record/sample.ts";

/** How the suite gets at one kind of store. */
export interface StoreUnderTest {
  /** Once, before everything. */
  start?(): Promise<void>;
  /** A store without records. */
  empty(): Promise<LogStore>;
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

    it("finds each record whole under its id", async () => {
      const record = sampleRecord({
        nanos: 123_456,
        digits: 9,
        level: 5,
        message: "line one\nline two \u{1F600} \uFFFD",
        source: "checkout",
        traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
        spanId: "00f067aa0ba902b7",
        tags: '["a","b"]',
        metadata: '{"user":{"id":42}}',
      });
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
