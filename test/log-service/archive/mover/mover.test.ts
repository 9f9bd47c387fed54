import { expect, onTestFinished, test } from "vitest";

import { createMemoryClearings } from "../../../../apps/log-service/src/archive/clearings/memory.ts";
import { MemoryArchive } from "../../../../apps/log-service/src/archive/memory/memory-archive.ts";
import {
  startMover,
  type MoverOptions,
  type MoverReport,
  type RunningMover,
} from "../../../../apps/log-service/src/archive/mover/mover.ts";
import type { ArchiveBuffer } from "../../../../apps/log-service/src/archive/moving.ts";
import type { ArchiveHold } from "../../../../apps/log-service/src/archive/port.ts";
import { ServiceError } from "../../../../apps/log-service/src/errors.ts";
import { tombstoneMask } from "../../../../apps/log-service/src/query/engine/tombstones.ts";
import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import type { LogStore } from "../../../../apps/log-service/src/store/port.ts";
import { archivable, DAY, HOUR } from "../samples.ts";
import { NO_LIMIT } from "./rig.ts";

/** What a mover told, in one list. */
function listening(): { readonly told: unknown[][]; readonly report: MoverReport } {
  const told: unknown[][] = [];
  const note =
    (kind: string) =>
    (...what: unknown[]): void =>
      void told.push([kind, ...what]);
  return {
    told,
    report: {
      failed: () => note("failed")(),
      recovered: note("recovered"),
      troubled: note("troubled"),
      eased: note("eased"),
      skipped: note("skipped"),
      quarantined: note("quarantined"),
      dropped: note("dropped"),
    },
  };
}

interface Setup extends MoverOptions {
  readonly archive?: MemoryArchive;
  readonly store?: LogStore;
  readonly buffer?: ArchiveBuffer;
  readonly writer?: ReturnType<MemoryArchive["writer"]>;
}

function start({ archive = new MemoryArchive(), store, buffer, writer, ...options }: Setup = {}) {
  const hot = store ?? createMemoryStore({ compileTombstone: tombstoneMask });
  const { told, report } = listening();
  const mover: RunningMover = startMover(
    {
      store: hot,
      writer: writer ?? archive.writer(),
      clearings: createMemoryClearings(),
      compileTombstone: tombstoneMask,
      policy: { ageMs: 7 * DAY },
      buffer: buffer ?? NO_LIMIT,
    },
    report,
    { gatherMs: 5, retryMs: 5, retryMostMs: 20, standbyMs: 5, ...options },
  );
  onTestFinished(() => mover.stop());
  return { archive, store: hot, mover, told };
}

test("moves what comes, and rests when nothing does", async () => {
  const { store, mover } = start();
  await store.append([archivable()]);
  await expect.poll(() => mover.stats().moved).toBe(1);
  await store.append([archivable(), archivable()]);
  await expect.poll(() => mover.stats().moved).toBe(3);
  await expect.poll(() => mover.restedMs()).toBeGreaterThan(50);
  expect(mover.seen()).toBe((await store.positions()).join(" "));
  expect(mover.stats()).toMatchObject({
    state: "moving",
    backlog: { records: 0, oldestMs: undefined },
  });
});

test("tells once that the archive is away, counts what waits, and catches up when it is back", async () => {
  const { archive, store, mover, told } = start();
  await store.append([archivable()]);
  await expect.poll(() => mover.stats().moved).toBe(1);
  archive.goAway();
  await store.append([archivable(), archivable()]);
  await expect.poll(() => mover.trouble()).toContain("the archive is away");
  await expect.poll(() => mover.stats()).toMatchObject({ state: "away", backlog: { records: 2 } });
  expect(mover.restedMs()).toBe(0);
  archive.comeBack();
  await expect.poll(() => mover.stats()).toMatchObject({ state: "moving", moved: 3 });
  expect(mover.trouble()).toBeUndefined();
  expect(told).toEqual([["failed"], ["recovered"]]);
});

test("notices that the archive is away also while nothing comes", async () => {
  const { archive, store, mover, told } = start({ checkMs: 10 });
  await store.append([archivable()]);
  await expect.poll(() => mover.stats().moved).toBe(1);
  archive.goAway();
  await expect.poll(() => mover.stats().state).toBe("away");
  await expect.poll(() => mover.trouble()).toContain("the archive is away");
  archive.comeBack();
  await expect.poll(() => mover.stats().state).toBe("moving");
  expect(told).toEqual([["failed"], ["recovered"]]);
});

test("says nothing of a connection that comes back at once", async () => {
  const { archive, store, mover, told } = start();
  await store.append([archivable()]);
  await expect.poll(() => mover.stats().moved).toBe(1);
  archive.breakHold();
  await store.append([archivable()]);
  await expect.poll(() => mover.stats().moved).toBe(2);
  expect(told).toEqual([]);
});

test("does not blame the archive for a hot store that is away", async () => {
  const plain = createMemoryStore();
  let isAway = false;
  const store: LogStore = Object.assign(Object.create(plain), {
    positions: async () => {
      if (isAway) throw new ServiceError("NL_STORE_UNAVAILABLE");
      return plain.positions();
    },
  });
  const { mover, told } = start({ store });
  await plain.append([archivable()]);
  await expect.poll(() => mover.stats().moved).toBe(1);
  isAway = true;
  await expect.poll(() => mover.stats().state).toBe("away");
  expect(mover.trouble()).toBeUndefined();
  isAway = false;
  await plain.append([archivable()]);
  await expect.poll(() => mover.stats()).toMatchObject({ state: "moving", moved: 2 });
  expect(told).toEqual([]);
});

test("waits longer from try to try, each time a little else, up to a bound", async () => {
  const archive = new MemoryArchive();
  archive.goAway();
  const tries: number[] = [];
  const writer = archive.writer();
  start({
    archive,
    retryMs: 10,
    retryMostMs: 80,
    writer: {
      ...writer,
      hold: () => {
        tries.push(performance.now());
        return writer.hold();
      },
    },
  });
  await expect.poll(() => tries.length).toBeGreaterThan(7);
  const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
  expect(pauses[0]).toBeGreaterThan(4);
  // The fifth and all later ones last 40 to 80 ms.
  expect(Math.min(...pauses.slice(4))).toBeGreaterThan(39);
});

test("leaves it to another process while that one lives, and takes over when it is gone", async () => {
  const archive = new MemoryArchive();
  const store = createMemoryStore();
  const first = start({ archive, store });
  await store.append([archivable()]);
  await expect.poll(() => first.mover.stats().moved).toBe(1);
  const second = start({ archive, store });
  await expect.poll(() => second.mover.stats().state).toBe("standby");
  expect(second.mover.trouble()).toBeUndefined();
  await first.mover.stop();
  await store.append([archivable()]);
  await expect.poll(() => second.mover.stats().moved).toBe(1);
});

test("names what the archive will not have and what it put aside, and the days that are over", async () => {
  const archive = new MemoryArchive({
    poison: ({ message }) => (message === "bad" ? "it is bad" : undefined),
  });
  const now = Date.now();
  const store = createMemoryStore();
  const old = { received: now - 6 * DAY };
  await store.append(Array.from({ length: 10 }, () => archivable(old)));
  await store.append([archivable({ ...old, message: "bad" }), archivable(old)]);
  let clock = now;
  const first = start({
    archive,
    store,
    buffer: { records: 5, bytes: undefined },
    clock: () => clock,
  });
  await expect.poll(() => first.mover.stats().moved).toBe(4);
  await first.mover.stop();
  expect(first.told).toEqual([
    ["skipped", { overflow: 7, retention: 0, damaged: 0 }],
    ["quarantined", 1, [{ id: expect.any(String), reason: "it is bad" }]],
  ]);
  clock = now + 2 * DAY;
  const second = start({ archive, store, clock: () => clock });
  await expect.poll(() => second.mover.stats().expired).toBe(4);
  expect(second.told).toEqual([
    ["dropped", expect.arrayContaining([{ day: expect.any(String), records: 4 }])],
  ]);
});

/** A writer whose hold tends as told. */
function tendingBy(
  archive: MemoryArchive,
  tend: (really: ArchiveHold["tend"]) => ArchiveHold["tend"],
): ReturnType<MemoryArchive["writer"]> {
  const writer = archive.writer();
  return {
    ...writer,
    hold: async () => {
      const hold = await writer.hold();
      return hold && { ...hold, tend: tend((policy, nowMs) => hold.tend(policy, nowMs)) };
    },
  };
}

const REFUSED = new ServiceError("NL_ARCHIVE_UNAVAILABLE", "The database refuses");

test("goes on moving where days cannot be made or dropped, tells that, and tries again later and later", async () => {
  const archive = new MemoryArchive();
  const tries: number[] = [];
  let holds = 0;
  const writer = tendingBy(archive, () => {
    holds += 1;
    return () => {
      tries.push(performance.now());
      return Promise.reject(REFUSED);
    };
  });
  const { store, mover, told } = start({ archive, writer, tendRetryMs: 20 });
  await store.append([archivable()]);
  await expect.poll(() => mover.stats().moved).toBe(1);
  const trouble = { kind: "tending", reason: "The database refuses" };
  await expect.poll(() => mover.stats().troubles).toEqual([trouble]);
  expect(mover.stats().state).toBe("moving");
  expect(mover.trouble()).toBe("The database refuses");
  expect(mover.restedMs()).toBe(0);
  await expect.poll(() => tries.length).toBeGreaterThan(3);
  const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
  expect(pauses[2]).toBeGreaterThan(79);
  expect(holds).toBe(1);
  expect(told).toEqual([["troubled", trouble]]);
});

test("tells when days are made again", async () => {
  const archive = new MemoryArchive();
  let isRefused = true;
  const writer = tendingBy(
    archive,
    (really) => (policy, nowMs) => (isRefused ? Promise.reject(REFUSED) : really(policy, nowMs)),
  );
  const { mover, told } = start({ archive, writer, tendRetryMs: 5 });
  await expect.poll(() => mover.stats().troubles).toHaveLength(1);
  isRefused = false;
  await expect.poll(() => mover.stats().troubles).toEqual([]);
  expect(mover.trouble()).toBeUndefined();
  expect(told.map(([kind]) => kind)).toEqual(["troubled", "eased"]);
});

test("does not tend again at each new connection while that fails: it may be why they end", async () => {
  const archive = new MemoryArchive();
  let tries = 0;
  const writer = tendingBy(archive, () => async () => {
    tries += 1;
    archive.breakHold();
    throw REFUSED;
  });
  const { store, mover } = start({ archive, writer, tendRetryMs: 60_000 });
  await store.append([archivable()]);
  await expect.poll(() => mover.stats().moved).toBe(1);
  archive.breakHold();
  await store.append([archivable()]);
  await expect.poll(() => mover.stats().moved).toBe(2);
  expect(tries).toBe(1);
});

test("moves beside a tending that takes long, and lets go without waiting for it", async () => {
  const archive = new MemoryArchive();
  const writer = tendingBy(archive, () => () => new Promise(() => undefined));
  const { store, mover } = start({ archive, writer, tendWaitMs: 5 });
  await store.append([archivable()]);
  await expect.poll(() => mover.stats().moved).toBe(1);
  await mover.stop();
  expect(await archive.writer().hold()).toBeDefined();
});

test("attack: a clock that is set far ahead drops nothing for an hour, and little at a time then", async () => {
  const archive = new MemoryArchive();
  const now = Date.now();
  let [passed, jump] = [0, 0];
  const { store, mover, told } = start({
    archive,
    clock: () => now + passed + jump,
    steady: () => passed,
  });
  for (let days = 0; days < 6; days += 1) {
    await store.append([archivable({ received: now - days * DAY })]);
  }
  await expect.poll(() => mover.stats().moved).toBe(6);
  jump = 400 * DAY;
  passed += HOUR;
  await expect.poll(() => told).toEqual([["troubled", expect.objectContaining({ kind: "clock" })]]);
  expect(mover.stats().expired).toBe(0);
  // Nobody has set it right.
  passed += HOUR + 1;
  await expect
    .poll(() => mover.stats().troubles)
    .toEqual([{ kind: "held", reason: expect.stringContaining("more days are due") }]);
  const first = mover.stats().expired;
  expect(first).toBeLessThan(3);
  jump = 0;
  passed += HOUR + 1;
  await expect.poll(() => mover.stats().troubles).toEqual([]);
  expect(mover.stats().expired).toBe(first);
});
