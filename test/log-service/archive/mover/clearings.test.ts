import { describe, expect, onTestFinished, test, vi } from "vitest";

import { createMemoryClearings } from "../../../../apps/log-service/src/archive/clearings/memory.ts";
import type { ArchiveHold } from "../../../../apps/log-service/src/archive/port.ts";
import { ServiceError } from "../../../../apps/log-service/src/errors.ts";
import { tombstoneMask } from "../../../../apps/log-service/src/query/engine/tombstones.ts";
import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import { readingBy } from "../../query/engine/support.ts";
import { archivable, NOW } from "../samples.ts";
import { levelFilter, Rig } from "./rig.ts";

const INFO = 2;
const ERROR = 4;

const said = (message: string, level = INFO) => archivable({ message, level });

describe("what is cleared", () => {
  test("goes from the archive, and is no longer pending then", async () => {
    const rig = new Rig();
    await rig.store.append([said("kept"), said("gone", ERROR)]);
    await rig.store.append([
      archivable({ namespace: "other", message: "elsewhere", level: ERROR }),
    ]);
    await rig.moveAll();
    await rig.clear("default", ERROR);
    await rig.store.append([said("later", ERROR)]);
    await rig.moveAll();
    expect(await rig.messages()).toEqual(["elsewhere", "kept", "later"]);
    expect(await rig.clearings.list()).toEqual([]);
    expect(rig.counters.read()).toMatchObject({ cleared: 1 });
  });

  test("does not come to the archive from the hot store", async () => {
    for (const isMerged of [false, true]) {
      const rig = new Rig();
      await rig.store.append([said("kept"), said("gone", ERROR)]);
      await rig.clear("default", ERROR);
      await rig.store.append([said("later", ERROR)]);
      if (isMerged) await rig.store.merge();
      await rig.moveAll();
      expect(await rig.messages()).toEqual(["kept", "later"]);
      expect(rig.counters.read().skipped).toEqual({ overflow: 0, retention: 0, damaged: 0 });
    }
  });

  test("does not come back from a batch in flight", async () => {
    let isPaused = true;
    const { promise: paused, resolve: reachedPause } = Promise.withResolvers<void>();
    const { promise: goOn, resolve: resume } = Promise.withResolvers<void>();
    const rig = new Rig({
      wrap: (hold): ArchiveHold => ({
        ...hold,
        move: async (parts) => {
          if (isPaused) {
            isPaused = false;
            reachedPause();
            await goOn;
          }
          return hold.move(parts);
        },
      }),
    });
    await rig.store.append([said("kept"), said("gone", ERROR)]);
    const moving = rig.moveAll();
    await paused;
    // The batch was read before; by the time it is copied nothing of the clearing is in the hot store.
    await rig.clear("default", ERROR);
    await rig.store.merge();
    resume();
    await moving;
    expect(await rig.messages()).toEqual(["gone", "kept"]);
    expect(await rig.clearings.list()).toHaveLength(1);
    await rig.moveAll();
    expect(await rig.messages()).toEqual(["kept"]);
    expect(await rig.clearings.list()).toEqual([]);
  });

  test("does not come back from a batch in flight where the hot store failed meanwhile", async () => {
    const { promise: failed, resolve: fail } = Promise.withResolvers<void>();
    const { promise: goOn, resolve: resume } = Promise.withResolvers<void>();
    const plain = createMemoryStore({ lanes: 1, compileTombstone: tombstoneMask });
    let isAway = true;
    const store = readingBy(plain, (block, index) => {
      if (!isAway || index === 0) return block.read();
      isAway = false;
      fail();
      return Promise.reject(new ServiceError("NL_STORE_UNAVAILABLE"));
    });
    const rig = new Rig({
      store,
      size: { records: 2, units: 1_000_000 },
      wrap: (hold): ArchiveHold => ({
        ...hold,
        move: async (parts) => {
          await goOn;
          return hold.move(parts);
        },
        clear: async (...asked) => {
          const cleared = await hold.clear(...asked);
          resume();
          return cleared;
        },
      }),
    });
    await plain.append([said("kept"), said("gone", ERROR)]);
    await plain.append([said("next"), said("after it")]);
    const session = await rig.open();
    const round = rig.moveAll(session).catch((error: unknown) => error);
    await failed;
    await rig.clear("default", ERROR);
    // In case nothing is cleared while the batch is in flight.
    setTimeout(resume, 50);
    expect(await round).toMatchObject({ code: "NL_STORE_UNAVAILABLE" });
    await rig.moveAll(session);
    expect(await rig.messages()).toEqual(["after it", "kept", "next"]);
  });

  test("stays pending while the archive is away, and goes when it is back", async () => {
    const rig = new Rig();
    await rig.store.append([said("gone", ERROR), said("kept")]);
    await rig.moveAll();
    rig.archive.goAway();
    await rig.clear("default", ERROR);
    await expect(rig.moveAll()).rejects.toMatchObject({ code: "NL_ARCHIVE_UNAVAILABLE" });
    expect(await rig.clearings.list()).toHaveLength(1);
    rig.archive.comeBack();
    await rig.moveAll();
    expect(await rig.messages()).toEqual(["kept"]);
  });

  test("by times goes by them alone", async () => {
    const rig = new Rig();
    for (const ms of [NOW - 2, NOW - 1, NOW, NOW + 1]) {
      await rig.store.append([archivable({ ms, message: String(ms - NOW) })]);
    }
    await rig.moveAll();
    const request = { namespace: "default", filter: "", by: "test" };
    const tombstone = await rig.store.clear({ ...request, fromMs: NOW - 1, toMs: NOW + 1 });
    await rig.clearings.add(tombstone);
    await rig.moveAll();
    expect(await rig.messages()).toEqual(["-2", "1"]);
  });

  test("goes from lanes that the hot store has lost, by when it was received", async () => {
    const old = new Rig();
    await old.store.append([said("old")]);
    await old.moveAll();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const rig = new Rig({ archive: old.archive });
    await rig.store.append([said("new")]);
    await rig.moveAll();
    expect(await rig.messages()).toEqual(["new", "old"]);
    await rig.clear("default");
    await rig.store.append([archivable({ message: "later", received: Date.now() + 1_000 })]);
    await rig.moveAll();
    expect(await rig.messages()).toEqual(["later"]);
  });

  test("goes from the archive beside the moving where that takes long, and is marked once it is over", async () => {
    const { promise: over, resolve: finish } = Promise.withResolvers<void>();
    const rig = new Rig({
      wrap: (hold): ArchiveHold => ({
        ...hold,
        clear: async (...asked) => {
          await over;
          return hold.clear(...asked);
        },
      }),
    });
    await rig.store.append([said("gone", ERROR), said("kept")]);
    const session = await rig.open();
    await rig.moveAll(session);
    await rig.clear("default", ERROR);
    await rig.store.append([said("later", ERROR)]);
    await rig.moveAll(session);
    expect(await rig.messages()).toEqual(["gone", "kept", "later"]);
    expect(await rig.clearings.list()).toHaveLength(1);
    finish();
    await rig.moveAll(session);
    expect(await rig.messages()).toEqual(["kept", "later"]);
    expect(await rig.clearings.list()).toEqual([]);
  });

  test("goes although another clearing fails, which is told and tried again", async () => {
    let isRefused = true;
    const rig = new Rig({
      wrap: (hold): ArchiveHold => ({
        ...hold,
        clear: (asked, covers) =>
          isRefused && "only" in asked.namespaces && asked.namespaces.only.includes("bad")
            ? Promise.reject(new Error("a lock timed out"))
            : hold.clear(asked, covers),
      }),
    });
    await rig.store.append([archivable({ namespace: "bad", message: "stays" })]);
    await rig.store.append([said("gone")]);
    const session = await rig.open();
    await rig.moveAll(session);
    await rig.clear("bad");
    await rig.clear("default");
    await rig.store.append([said("later")]);
    await rig.moveAll(session);
    expect(await rig.messages()).toEqual(["later", "stays"]);
    expect(await rig.clearings.list()).toMatchObject([{ namespace: "bad" }]);
    expect(rig.troubles.all).toEqual([{ kind: "clearing", reason: "a lock timed out" }]);
    isRefused = false;
    await expect
      .poll(async () => {
        await rig.moveAll(session);
        return rig.clearings.list();
      })
      .toEqual([]);
    expect(await rig.messages()).toEqual(["later"]);
    expect(rig.troubles.all).toEqual([]);
  });

  test("is still to be done where marking it failed", async () => {
    const plain = createMemoryClearings();
    let fails = 1;
    const rig = new Rig({
      clearings: {
        ...plain,
        done: async (ids) => {
          if (ids.length > 0 && fails-- > 0) throw new Error("killed");
          await plain.done(ids);
        },
      },
    });
    await rig.store.append([said("gone", ERROR), said("kept")]);
    const session = await rig.open();
    await rig.moveAll(session);
    await rig.clear("default", ERROR);
    await expect(rig.moveAll(session)).rejects.toThrow("killed");
    await rig.moveAll(session);
    expect(await rig.messages()).toEqual(["kept"]);
    expect(await rig.clearings.list()).toEqual([]);
  });

  test("is finished where it was cut off before or behind the hot store, up to when it was asked for", async () => {
    for (const isCleared of [false, true]) {
      const rig = new Rig({ clock: Date.now });
      const asked = Date.now() - 120_000;
      const at = (message: string, received: number, level = ERROR) =>
        rig.store.append([archivable({ message, received, level })]);
      await at("archived", asked);
      await at("kept", asked, INFO);
      await rig.moveAll();
      await at("hot", asked);
      const filter = levelFilter(ERROR);
      const request = { namespace: "default", filter, by: "test" };
      await rig.clearings.begin({ ...request, id: "begun", upTo: [], createdMs: asked });
      if (isCleared) await rig.store.clear(request);
      await at("later", asked + 1);
      await rig.moveAll();
      await rig.moveAll();
      expect(await rig.messages()).toEqual(["kept", "later"]);
      expect(await rig.clearings.begun()).toEqual([]);
      expect(await rig.clearings.list()).toEqual([]);
    }
  });

  test("is left to who asks for it as long as that may be under way", async () => {
    const rig = new Rig({ clock: Date.now });
    await rig.store.append([said("kept")]);
    const intended = { namespace: "default", filter: "", by: "test", upTo: [] };
    await rig.clearings.begin({ ...intended, id: "begun", createdMs: Date.now() });
    await rig.moveAll();
    expect(await rig.messages()).toEqual(["kept"]);
    expect(await rig.clearings.begun()).toHaveLength(1);
  });
});
