import { describe, expect, test } from "vitest";

import { MemoryArchive } from "../../../../apps/log-service/src/archive/memory/memory-archive.ts";
import type { ArchiveHold, LaneMove } from "../../../../apps/log-service/src/archive/port.ts";
import type { PreparedRecord } from "../../../../apps/log-service/src/record/record.ts";
import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import type { LogStore, Snapshot } from "../../../../apps/log-service/src/store/port.ts";
import { DamagedBlockError } from "../../../../apps/log-service/src/block/bytes.ts";
import { readingBy } from "../../query/engine/support.ts";
import { archivable, NOW } from "../samples.ts";
import { Rig } from "./rig.ts";

function many(count: number, fields: Partial<PreparedRecord> = {}, first = 0): PreparedRecord[] {
  return Array.from({ length: count }, (_, at) =>
    archivable({ message: `m${String(first + at).padStart(6, "0")}`, ...fields }),
  );
}

/** Notes what is moved, and may do something before or after. */
function watched(
  moves: LaneMove[][],
  around: { before?: () => Promise<void>; after?: () => Promise<void> } = {},
) {
  return (hold: ArchiveHold): ArchiveHold => ({
    positions: () => hold.positions(),
    move: async (parts) => {
      await around.before?.();
      const moved = await hold.move(parts);
      moves.push([...parts]);
      await around.after?.();
      return moved;
    },
    clear: (asked, covers) => hold.clear(asked, covers),
    tend: (policy, nowMs) => hold.tend(policy, nowMs),
    release: () => hold.release(),
  });
}

describe("moving", () => {
  test("archives every record with its id, whatever lanes and blocks it lies in", async () => {
    const rig = new Rig({ lanes: 3 });
    const ids = [...(await rig.store.append(many(5)))];
    ids.push(...(await rig.store.append(many(700, { namespace: "other" }, 5))));
    for (let at = 0; at < 20; at += 1) ids.push(...(await rig.store.append(many(1, {}, 705 + at))));
    await rig.store.merge();
    for (let at = 0; at < 20; at += 1) ids.push(...(await rig.store.append(many(1, {}, 725 + at))));
    await rig.moveAll();
    const archived = await rig.archived();
    expect(archived.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect(await rig.messages()).toEqual(many(745).map(({ message }) => message));
  });

  test("goes on where another session stopped, and moves nothing twice", async () => {
    const rig = new Rig({ size: { records: 10, units: 1_000_000 } });
    await rig.store.append(many(25));
    await rig.moveAll();
    await rig.store.append(many(5, {}, 25));
    await rig.store.merge();
    await rig.moveAll();
    await rig.moveAll();
    expect(await rig.messages()).toEqual(many(30).map(({ message }) => message));
    expect(rig.counters.read()).toMatchObject({ moved: 30 });
  });

  test("takes what several lanes have into one transaction", async () => {
    const moves: LaneMove[][] = [];
    const rig = new Rig({ wrap: watched(moves) });
    for (const namespace of ["a", "b", "c"]) await rig.store.append(many(2, { namespace }));
    await rig.moveAll();
    expect(moves.map((parts) => parts.map(({ namespace }) => namespace).toSorted())).toEqual([
      ["a", "b", "c"],
    ]);
  });

  test("bounds a transaction by records and by text, and never divides a commit", async () => {
    const moves: LaneMove[][] = [];
    const rig = new Rig({ wrap: watched(moves), size: { records: 100, units: 3_000 } });
    for (let at = 0; at < 10; at += 1) await rig.store.append(many(30));
    await rig.store.append([archivable({ message: "x".repeat(5_000) })]);
    await rig.store.append(many(450));
    for (let at = 0; at < 5; at += 1)
      await rig.store.append(many(1, { message: "y".repeat(1_500) }));
    await rig.moveAll();
    const sizes = moves.map((parts) => parts.reduce((sum, { records }) => sum + records.length, 0));
    expect(sizes).toEqual([120, 120, 61, 450, 2, 2, 1]);
  });

  test("puts aside what the archive cannot take, and counts it as moved", async () => {
    const archive = new MemoryArchive({
      poison: ({ message }) => (message === "bad" ? "it is bad" : undefined),
    });
    const rig = new Rig({ archive });
    await rig.store.append([...many(1), archivable({ message: "bad" }), ...many(1, {}, 1)]);
    await rig.moveAll();
    await rig.moveAll();
    expect(await rig.messages()).toEqual(["m000000", "m000001"]);
    expect(rig.counters.read()).toMatchObject({ moved: 2, quarantined: 1 });
  });

  test("ends with a round's error and does nothing twice after it, whether or not the move got through", async () => {
    for (const hook of ["before", "after"] as const) {
      let crashes = 1;
      const crash = async () => {
        if (crashes-- > 0) throw new Error("killed");
      };
      const size = { records: 10, units: 1_000_000 };
      const rig = new Rig({ size, wrap: watched([], { [hook]: crash }) });
      for (let at = 0; at < 4; at += 1) await rig.store.append(many(10, {}, at * 10));
      await expect(rig.moveAll()).rejects.toThrow("killed");
      await rig.moveAll();
      expect(await rig.messages()).toEqual(many(40).map(({ message }) => message));
    }
  });

  test("of a process whose hold was taken over is refused", async () => {
    const rig = new Rig();
    await rig.store.append(many(1));
    const old = await rig.open();
    await rig.moveAll();
    await rig.store.append(many(1, {}, 1));
    await expect(rig.moveAll(old)).rejects.toMatchObject({ code: "NL_ARCHIVE_UNAVAILABLE" });
    await rig.moveAll();
    expect(await rig.messages()).toEqual(["m000000", "m000001"]);
  });
});

describe("the buffer", () => {
  test("keeps the newest where too many wait, and counts the others with the move", async () => {
    const buffer = { records: 1_000, bytes: undefined };
    const rig = new Rig({ buffer });
    for (let at = 0; at < 15; at += 1) await rig.store.append(many(100, {}, at * 100));
    await rig.moveAll();
    expect(await rig.messages()).toEqual(many(1_000, {}, 500).map(({ message }) => message));
    const { skipped } = await rig.archive.reader().stats();
    expect(skipped).toEqual({ overflow: 500, retention: 0, damaged: 0 });
    expect(rig.counters.read()).toMatchObject({ moved: 1_000, skipped });
  });

  test("is exact within a commit and within a merged block", async () => {
    for (const isMerged of [false, true]) {
      const rig = new Rig({ buffer: { records: 333, bytes: undefined } });
      await rig.store.append(many(600));
      for (let at = 0; at < 20; at += 1) await rig.store.append(many(10, {}, 600 + at * 10));
      if (isMerged) await rig.store.merge();
      await rig.moveAll();
      expect(await rig.messages()).toEqual(many(333, {}, 467).map(({ message }) => message));
      expect(rig.counters.read().skipped.overflow).toBe(467);
    }
  });

  test("gives up the oldest by when they were received, across lanes", async () => {
    const rig = new Rig({ buffer: { records: 20, bytes: undefined } });
    const at = (namespace: string, received: number) =>
      rig.store.append(many(10, { namespace, received, message: `${namespace}${received}` }));
    await at("a", NOW);
    await at("b", NOW - 3);
    await at("b", NOW - 1);
    await at("a", NOW + 1);
    await rig.moveAll();
    expect(new Set(await rig.messages())).toEqual(new Set([`a${NOW}`, `a${NOW + 1}`]));
    expect(rig.counters.read().skipped.overflow).toBe(20);
  });

  test("is bounded by bytes too", async () => {
    const rig = new Rig({ buffer: { records: undefined, bytes: 20_000 } });
    for (let at = 0; at < 100; at += 1) {
      await rig.store.append(many(1, { metadata: `{"a":"${randomText(1_000)}"}` }, at));
    }
    await rig.moveAll();
    const kept = await rig.messages();
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.length).toBeLessThan(25);
    expect(kept.at(-1)).toBe("m000099");
    expect(rig.counters.read().skipped.overflow).toBe(100 - kept.length);
  });

  test("is left out of nothing while as many wait as may", async () => {
    const rig = new Rig({ buffer: { records: 50, bytes: undefined } });
    await rig.store.append(many(50));
    await rig.moveAll();
    await rig.store.append(many(50, {}, 50));
    await rig.moveAll();
    expect(await rig.messages()).toHaveLength(100);
    expect(rig.counters.read().skipped.overflow).toBe(0);
  });
});

describe("what is not there any more", () => {
  test("is counted where retention dropped it before it was moved", async () => {
    const rig = new Rig();
    await rig.store.append(many(7, { received: 0 }));
    await rig.moveAll();
    for (let at = 0; at < 4; at += 1) await rig.store.append(many(5, { received: 0 }, 7 + at * 5));
    await rig.store.append(many(3, {}, 27));
    await rig.store.retain({ ageMs: 60_000 }, NOW);
    await rig.moveAll();
    expect(await rig.messages()).toHaveLength(10);
    expect(rig.counters.read().skipped).toEqual({ overflow: 0, retention: 20, damaged: 0 });
  });

  test("is counted also if retention left nothing of the lane, and once", async () => {
    const rig = new Rig();
    await rig.store.append(many(7, { received: 0 }));
    await rig.store.retain({ ageMs: 60_000 }, NOW);
    await rig.moveAll();
    await rig.moveAll();
    await rig.store.append(many(1));
    await rig.moveAll();
    expect(rig.counters.read()).toMatchObject({ moved: 1, skipped: { retention: 7 } });
  });

  test("is found in the block that it was merged into between the look and the reading", async () => {
    const plain = createMemoryStore();
    let first = true;
    const store = readingBy(plain, async (block) => {
      if (first) await plain.merge();
      first = false;
      return block.read();
    });
    const rig = new Rig({ store });
    for (let at = 0; at < 20; at += 1) await plain.append(many(1, {}, at));
    await rig.moveAll();
    expect(await rig.messages()).toEqual(many(20).map(({ message }) => message));
  });

  test("ends the batch before it where retention drops it between the look and the reading", async () => {
    const plain = createMemoryStore();
    let reads = 0;
    const store = readingBy(plain, async (block) => {
      reads += 1;
      if (reads === 3) await plain.retain({ ageMs: 60_000 }, NOW);
      return block.read();
    });
    const rig = new Rig({ store, size: { records: 10, units: 1_000_000 } });
    for (let at = 0; at < 5; at += 1) {
      await plain.append(many(10, { received: at < 4 ? 0 : NOW }, at * 10));
    }
    await rig.moveAll();
    const { moved, skipped } = rig.counters.read();
    expect(moved).toBeGreaterThanOrEqual(20);
    expect(moved + skipped.retention).toBe(50);
    expect((await rig.messages()).slice(-10)).toEqual(
      many(10, {}, 40).map(({ message }) => message),
    );
  });

  test("as its block is damaged is passed over and counted, and the rest is moved", async () => {
    const plain = createMemoryStore();
    const store = readingBy(plain, async (block, index) => {
      if (index === 1) throw new DamagedBlockError("damaged");
      return block.read();
    });
    const rig = new Rig({ store });
    for (let at = 0; at < 3; at += 1) await plain.append(many(4, {}, at * 4));
    await rig.moveAll();
    expect(await rig.messages()).toHaveLength(8);
    expect(rig.counters.read().skipped).toEqual({ overflow: 0, retention: 0, damaged: 4 });
  });

  test("as its body is lost is passed over, and holds up nothing for ever", async () => {
    const plain = createMemoryStore();
    const store = readingBy(plain, async (block) =>
      (await block.read())?.message(0) === "m000004" ? undefined : block.read(),
    );
    const rig = new Rig({ store });
    for (let at = 0; at < 3; at += 1) await plain.append(many(4, {}, at * 4));
    await rig.moveAll();
    expect(await rig.messages()).toHaveLength(8);
    expect(rig.counters.read().skipped.damaged).toBe(4);
  });
});

describe("what a newer version of the service wrote", () => {
  test("stops its lane and no other, is told, and is moved once it can be read", async () => {
    const plain = createMemoryStore();
    let isRolledBack = true;
    const store: LogStore = Object.assign(Object.create(plain), {
      names: () => plain.names(),
      snapshot: async (...asked: Parameters<LogStore["snapshot"]>): Promise<Snapshot> => {
        const found = await plain.snapshot(...asked);
        if (!isRolledBack) return found;
        return {
          ...found,
          blocks: found.blocks.filter(
            ({ namespace, before }) => namespace !== "new" || before !== 2,
          ),
          lanes: found.lanes.map((lane) => ({ ...lane, isNewer: lane.namespace === "new" })),
        };
      },
    });
    const rig = new Rig({ store, buffer: { records: 5, bytes: undefined } });
    for (let at = 0; at < 3; at += 1) await plain.append(many(2, { namespace: "new" }, at * 2));
    await plain.append(many(4, { namespace: "old" }, 6));
    const session = await rig.open();
    await rig.moveAll(session);
    expect(await rig.messages()).toEqual(many(4, {}, 6).map(({ message }) => message));
    expect(rig.counters.read()).toMatchObject({
      skipped: { overflow: 0, retention: 0, damaged: 0 },
      backlog: { records: 6 },
    });
    expect(rig.troubles.all).toEqual([
      { kind: "format", reason: expect.stringContaining("namespace new") },
    ]);
    await rig.clear("new");
    await rig.moveAll(session);
    expect(await rig.clearings.list()).toHaveLength(1);
    await plain.append(many(1, { namespace: "new" }, 10));
    isRolledBack = false;
    await rig.moveAll();
    expect(await rig.messages()).toEqual(
      [6, 7, 8, 9, 10].map((at) => `m${String(at).padStart(6, "0")}`),
    );
    expect(await rig.clearings.list()).toEqual([]);
    expect(rig.troubles.all).toEqual([]);
  });
});

function randomText(length: number): string {
  let text = "";
  while (text.length < length) text += Math.random().toString(36).slice(2);
  return text.slice(0, length);
}
