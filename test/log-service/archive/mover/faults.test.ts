import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import type { RunningMover } from "../../../../apps/log-service/src/archive/mover/mover.ts";
import { tombstoneMask } from "../../../../apps/log-service/src/query/engine/tombstones.ts";
import type { MoverSettings } from "../../../../apps/log-service/src/roles/archive.ts";
import { openMover } from "../../../../apps/log-service/src/roles/moving.ts";
import type { LogStore } from "../../../../apps/log-service/src/store/port.ts";
import { createRedisStore } from "../../../../apps/log-service/src/store/redis/redis-store.ts";
import { startRedis, type TestRedis } from "../../../support/redis.ts";
import { prepareArchive, type ArchiveSetup } from "../../roles/archive-support.ts";
import { readyStore } from "../../store/redis/ready.ts";
import { startSite, type Site } from "../postgres/site.ts";
import { archivable, DAY } from "../samples.ts";
import type { MoverProcessSettings } from "./mover-process.ts";

const KEPT = { config: ["appendonly yes", "appendfsync always"] };
const PROCESS = fileURLToPath(new URL("mover-process.ts", import.meta.url));

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.stop());

function settingsOf(
  { addresses: { owner, writer } }: ArchiveSetup,
  buffer: MoverSettings["buffer"] = { records: undefined, bytes: undefined },
): MoverSettings {
  const policy = { ageMs: 7 * DAY };
  return { owner, writer, readerRole: "neurallog_reader", fullText: false, policy, buffer };
}

async function openStore(redis: TestRedis): Promise<LogStore> {
  const store = await readyStore(
    createRedisStore({ url: redis.url }, { compileTombstone: tombstoneMask, lanes: 2 }),
  );
  onTestFinished(() => store.close());
  return store;
}

async function startMoverOn(
  redis: TestRedis,
  settings: MoverSettings,
): Promise<{ readonly mover: RunningMover; readonly store: LogStore }> {
  const store = await openStore(redis);
  const mover = await openMover(settings, { url: redis.url }, store, () => undefined);
  onTestFinished(() => mover.stop());
  return { mover, store };
}

/** Appends until stopped, at the latest with the test, and remembers what was acknowledged. */
function startWriter(store: LogStore, size: number, pauseMs: number) {
  const ids = new Set<string>();
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    for (let at = 0; !stopping.signal.aborted; at += 1) {
      const records = Array.from({ length: size }, (_, index) =>
        archivable({ message: `${at}.${index}`, received: Date.now(), ms: Date.now() }),
      );
      // While the store is away nothing is acknowledged.
      for (const id of await store.append(records).catch(() => [])) ids.add(id);
      await sleep(pauseMs);
    }
  };
  const running = run();
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  onTestFinished(stop);
  return { ids, stop };
}

/** Every id that the hot store has; a commit whose answer was lost is one too. */
async function hotIds(store: LogStore): Promise<Set<string>> {
  const { blocks } = await store.snapshot(() => true);
  return new Set(
    blocks.flatMap((block) =>
      Array.from({ length: block.header.records }, (_, row) => block.idOf(row)),
    ),
  );
}

function spawnMover(settings: MoverProcessSettings): ChildProcess {
  const child = spawn(process.execPath, [PROCESS, JSON.stringify(settings)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

describe("records reach the archive once each", () => {
  test("over kill -9 of who moves them, again and again in the middle of it", async () => {
    await using redis = await startRedis(KEPT);
    await using archive = await prepareArchive(site);
    const store = await openStore(redis);
    const writer = startWriter(store, 50, 5);
    let moved = 0;
    for (let round = 0; round < 8; round += 1) {
      const child = spawnMover({ redisUrl: redis.url, settings: settingsOf(archive) });
      const exited = once(child, "exit");
      child.stdout?.on("data", (chunk) => {
        moved = Math.max(moved, ...String(chunk).split("\n").map(Number));
      });
      moved = 0;
      await expect.poll(() => moved).toBeGreaterThan(0);
      await sleep(Math.random() * 150);
      child.kill("SIGKILL");
      await exited;
    }
    await writer.stop();
    const { mover } = await startMoverOn(redis, settingsOf(archive));
    await expect.poll(async () => (await archive.archived()).size).toBe(writer.ids.size);
    expect(new Set((await archive.archived()).keys())).toEqual(writer.ids);
    expect(mover.stats().skipped).toEqual({ overflow: 0, retention: 0, damaged: 0 });
  });

  test("over kill -9 of PostgreSQL while it copies", async () => {
    await using own = await startSite();
    await using redis = await startRedis(KEPT);
    await using archive = await prepareArchive(own);
    const { mover, store } = await startMoverOn(redis, settingsOf(archive));
    const writer = startWriter(store, 500, 5);
    for (let round = 0; round < 3; round += 1) {
      const before = mover.stats().moved;
      await expect.poll(() => mover.stats().moved).toBeGreaterThan(before);
      await sleep(Math.random() * 100);
      await own.postgres.kill();
      await own.postgres.restart();
    }
    await writer.stop();
    await expect.poll(async () => (await archive.archived()).size).toBe(writer.ids.size);
    expect(new Set((await archive.archived()).keys())).toEqual(writer.ids);
  });

  test("over kill -9 of Redis, with what was acknowledged among them", async () => {
    await using redis = await startRedis(KEPT);
    await using archive = await prepareArchive(site);
    const { mover, store } = await startMoverOn(redis, settingsOf(archive));
    const writer = startWriter(store, 100, 5);
    for (let round = 0; round < 3; round += 1) {
      const before = mover.stats().moved;
      await expect.poll(() => mover.stats().moved).toBeGreaterThan(before);
      await redis.kill();
      await redis.restart();
    }
    await writer.stop();
    await expect.poll(() => store.health()).toMatchObject({ ready: true });
    const committed = await hotIds(store);
    expect([...writer.ids].filter((id) => !committed.has(id))).toEqual([]);
    await expect.poll(async () => (await archive.archived()).size).toBe(committed.size);
    expect(new Set((await archive.archived()).keys())).toEqual(committed);
  });
});

test("attack: 150,000 records come while the archive is down: the newest 100,000 are archived, and all stay found", async () => {
  await using own = await startSite();
  await using redis = await startRedis(KEPT);
  await using archive = await prepareArchive(own);
  await own.postgres.shutDown();
  const settings = settingsOf(archive, { records: 100_000, bytes: undefined });
  const { mover, store } = await startMoverOn(redis, settings);
  const ids: string[] = [];
  for (let at = 0; at < 150; at += 1) {
    const records = Array.from({ length: 1_000 }, (_, index) =>
      archivable({ message: `m${at * 1_000 + index}`, received: Date.now(), ms: Date.now() }),
    );
    ids.push(...(await store.append(records)));
  }
  await expect.poll(() => mover.trouble()).toBeDefined();
  await own.postgres.restart();
  await expect.poll(async () => (await archive.archived()).size).toBe(100_000);
  expect(mover.stats()).toMatchObject({
    moved: 100_000,
    skipped: { overflow: 50_000, retention: 0, damaged: 0 },
  });
  const numbers = [...(await archive.archived()).values()].map((text) => Number(text.slice(1)));
  expect(Math.min(...numbers)).toBe(50_000);
  expect((await archive.reader.stats()).skipped.overflow).toBe(50_000);
  expect(await hotIds(store)).toEqual(new Set(ids));
});
