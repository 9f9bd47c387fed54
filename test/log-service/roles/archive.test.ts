import { setTimeout as sleep } from "node:timers/promises";

import { NeuralLogClient } from "@neurallog/client";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { startThreadedWork } from "../../../apps/log-service/src/roles/work.ts";
import { createRedisStore } from "../../../apps/log-service/src/store/redis/redis-store.ts";
import { freePort } from "../../support/port.ts";
import { startRedis } from "../../support/redis.ts";
import { startSite, type Site } from "../archive/postgres/site.ts";
import { DAY } from "../archive/samples.ts";
import { sampleRecord } from "../record/sample.ts";
import { readyStore } from "../store/redis/ready.ts";
import { prepareArchive } from "./archive-support.ts";
import { prepareService, TestProcess, untilStatus } from "./support.ts";

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.stop());

const KEPT = { config: ["appendonly yes", "appendfsync always"] };

function messages(count: number, first = 0): { message: string }[] {
  return Array.from({ length: count }, (_, at) => ({ message: `record ${first + at}` }));
}

async function scraped(opsUrl: string, name: string): Promise<number | undefined> {
  const text = await (await fetch(`${opsUrl}/metrics`)).text();
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

describe("an archive", () => {
  test("gets what is written over HTTP, with work inside, and says so everywhere", async () => {
    await using redis = await startRedis(KEPT);
    await using archive = await prepareArchive(site);
    const setup = await prepareService(redis.url);
    await using _access = setup.access;
    await using _service = new TestProcess(["serve"], { ...setup.env, ...archive.env });
    await untilStatus(`${setup.opsUrl}/health/ready`, 200);
    const client = new NeuralLogClient({ url: setup.url, key: setup.key });
    const ids: (string | null)[] = [];
    for (let at = 0; at < 30; at += 1) ids.push(...(await client.write(messages(1, at))).ids);
    ids.push(...(await client.write(messages(2_000, 30))).ids);
    await expect.poll(async () => (await archive.archived()).size).toBe(2_030);
    expect([...(await archive.archived()).keys()]).toEqual(ids.toSorted());
    await expect
      .poll(() => scraped(setup.opsUrl, "neurallog_archive_moved_records_total"))
      .toBe(2_030);
    await expect.poll(() => scraped(setup.opsUrl, "neurallog_archive_backlog_records")).toBe(0);
    expect(await scraped(setup.opsUrl, "neurallog_archive_up")).toBe(1);
    const { archive: told } = await client.stats();
    expect(told).toMatchObject({
      state: "moving",
      moving: {
        records: 2_030,
        skipped: { overflow: 0, retention: 0, damaged: 0 },
        backlog: { records: 0, oldest: null },
      },
    });
  });

  test("is cleared with the hot store", async () => {
    await using redis = await startRedis(KEPT);
    await using archive = await prepareArchive(site);
    const setup = await prepareService(redis.url);
    await using _access = setup.access;
    await using _service = new TestProcess(["serve"], { ...setup.env, ...archive.env });
    await untilStatus(`${setup.opsUrl}/health/ready`, 200);
    const client = new NeuralLogClient({ url: setup.url, key: setup.key });
    await client.write([{ message: "kept" }, { message: "drop this", level: "ERROR" }]);
    await expect.poll(async () => (await archive.archived()).size).toBe(2);
    const cleared = await fetch(`${setup.url}/api/admin/clear`, {
      method: "POST",
      headers: { authorization: `Bearer ${setup.key}`, "content-type": "application/json" },
      body: JSON.stringify({ namespace: ["default"], q: "level:ERROR" }),
    });
    expect([cleared.status, await cleared.text()]).toMatchObject([200, expect.anything()]);
    // The audit of it comes to the archive too, sooner or later.
    await expect
      .poll(async () => [...(await archive.archived()).values()])
      .not.toContain("drop this");
    expect([...(await archive.archived()).values()]).toContain("kept");
  });

  test("that is away degrades the service and no more, and gets all of it when it is back", async () => {
    await using own = await startSite();
    await using redis = await startRedis(KEPT);
    await using archive = await prepareArchive(own);
    const setup = await prepareService(redis.url);
    await using _access = setup.access;
    await using service = new TestProcess(["serve"], { ...setup.env, ...archive.env });
    await untilStatus(`${setup.opsUrl}/health/ready`, 200);
    const client = new NeuralLogClient({ url: setup.url, key: setup.key });
    await client.write(messages(10));
    await expect.poll(async () => (await archive.archived()).size).toBe(10);
    await own.postgres.kill();
    await client.write(messages(500, 10));
    const ready = async (): Promise<unknown> =>
      (await fetch(`${setup.opsUrl}/health/ready`)).json();
    await expect.poll(ready).toMatchObject({
      ready: true,
      degraded: [{ code: "NL_ARCHIVE_UNAVAILABLE" }],
    });
    await expect.poll(() => scraped(setup.opsUrl, "neurallog_archive_up")).toBe(0);
    await expect.poll(() => scraped(setup.opsUrl, "neurallog_archive_backlog_records")).toBe(500);
    expect((await client.search({ limit: 1_000 })).records).toHaveLength(510);
    await own.postgres.restart();
    await expect.poll(async () => (await archive.archived()).size).toBe(510);
    await expect.poll(ready).toEqual({ ready: true, durability: "always" });
    const told = service.output.split("\n").filter((line) => line.includes("archived"));
    expect(told).toEqual([
      expect.stringContaining("Nothing can be archived"),
      expect.stringContaining("Records are archived again"),
    ]);
    expect(service.output).not.toContain(own.password);
  });

  test("lets the work thread rest when all is archived, and wakes it for what comes", async () => {
    await using redis = await startRedis(KEPT);
    await using archive = await prepareArchive(site);
    const store = await readyStore(createRedisStore({ url: redis.url }));
    onTestFinished(() => store.close());
    const { owner, writer } = archive.addresses;
    const data = {
      address: { url: redis.url },
      policy: {},
      restMs: 2_000,
      archive: {
        owner,
        writer,
        readerRole: "neurallog_reader",
        fullText: true,
        policy: { ageMs: 7 * DAY },
        buffer: { records: 1_000, bytes: undefined },
      },
    };
    const work = startThreadedWork(store, data, pino({ level: "silent" }));
    onTestFinished(() => work.stop());
    for (let round = 1; round <= 2; round += 1) {
      await store.append([sampleRecord({ received: Date.now() })]);
      await expect.poll(async () => (await archive.archived()).size).toBe(round);
      await expect.poll(() => work.isAwake()).toBe(false);
      expect(work.moving()).toMatchObject({ state: "moving", moved: round });
      expect(work.archiveTrouble()).toBeUndefined();
    }
  });

  test("has what comes at 1,000 a second over a restart of the service and one of the database, each once", async () => {
    await using own = await startSite();
    await using redis = await startRedis(KEPT);
    await using archive = await prepareArchive(own);
    const setup = await prepareService(redis.url);
    await using _access = setup.access;
    const start = (): TestProcess => new TestProcess(["serve"], { ...setup.env, ...archive.env });
    const before = start();
    await untilStatus(`${setup.opsUrl}/health/ready`, 200);
    const client = new NeuralLogClient({ url: setup.url, key: setup.key, retries: 0 });
    const ids = new Set<string | null>();
    const write = async (at: number): Promise<void> => {
      for (;;) {
        try {
          const key = `batch-${at}`;
          const written = await client.write(messages(100, at * 100), { idempotencyKey: key });
          for (const id of written.ids) ids.add(id);
          return;
        } catch {
          await sleep(50);
        }
      }
    };
    const faults = async (): Promise<void> => {
      await sleep(1_000);
      await own.postgres.kill();
      await sleep(500);
      before.child.kill("SIGKILL");
      await before.ended();
    };
    const restarts = async (): Promise<TestProcess> => {
      await faults();
      const after = start();
      await own.postgres.restart();
      return after;
    };
    const restarted = restarts();
    const writes: Promise<void>[] = [];
    for (let at = 0; at < 60; at += 1) {
      writes.push(write(at));
      await sleep(100);
    }
    await using _after = await restarted;
    await Promise.all(writes);
    expect(ids.size).toBe(6_000);
    await expect.poll(async () => (await archive.archived()).size).toBe(6_000);
    expect(new Set((await archive.archived()).keys())).toEqual(ids);
    expect(new Set((await archive.archived()).values()).size).toBe(6_000);
  });

  test("is filled by the role work, one process at a time, and the other takes over", async () => {
    await using redis = await startRedis(KEPT);
    await using archive = await prepareArchive(site);
    const setup = await prepareService(redis.url);
    await using _access = setup.access;
    const work = async () => ({
      opsPort: await freePort(),
    });
    const [one, two] = [await work(), await work()];
    const start = ({ opsPort }: { opsPort: number }) =>
      new TestProcess(["work"], {
        NEURALLOG_TENANT: "acme",
        NEURALLOG_REDIS_URL: redis.url,
        NEURALLOG_REDIS_USERNAME: "default",
        NEURALLOG_OPS_PORT: String(opsPort),
        ...archive.env,
      });
    await using first = start(one);
    await untilStatus(`http://127.0.0.1:${one.opsPort}/health/ready`, 200);
    const env = { ...setup.env, ...archive.env, NEURALLOG_WORK: "none" };
    await using _service = new TestProcess(["serve"], env);
    await untilStatus(`${setup.opsUrl}/health/ready`, 200);
    const client = new NeuralLogClient({ url: setup.url, key: setup.key });
    await client.write(messages(100));
    await expect.poll(async () => (await archive.archived()).size).toBe(100);
    await using _second = start(two);
    const twoUrl = `http://127.0.0.1:${two.opsPort}`;
    await untilStatus(`${twoUrl}/health/ready`, 200);
    await expect.poll(() => scraped(twoUrl, "neurallog_archive_up")).toBe(1);
    await client.write(messages(100, 100));
    await expect.poll(async () => (await archive.archived()).size).toBe(200);
    expect(await scraped(twoUrl, "neurallog_archive_moved_records_total")).toBe(0);
    first.child.kill("SIGKILL");
    await client.write(messages(100, 200));
    await expect.poll(async () => (await archive.archived()).size).toBe(300);
    expect(await scraped(twoUrl, "neurallog_archive_moved_records_total")).toBe(100);
    expect((await client.stats()).archive).toEqual({
      state: "elsewhere",
      bytes: expect.any(Number),
      moving: null,
    });
  });

  test.each(["serve", "work"] as const)(
    "that hangs in the middle of a batch does not keep '%s' from ending",
    async (role) => {
      await using own = await startSite();
      await using redis = await startRedis(KEPT);
      await using archive = await prepareArchive(own);
      const store = await readyStore(createRedisStore({ url: redis.url }));
      onTestFinished(() => store.close());
      const setup = await prepareService(redis.url);
      await using _access = setup.access;
      await using service = new TestProcess([role], { ...setup.env, ...archive.env });
      await untilStatus(`${setup.opsUrl}/health/ready`, 200);
      await store.append([sampleRecord({ received: Date.now() })]);
      await expect.poll(async () => (await archive.archived()).size).toBe(1);
      const held = await own.postgres.query(
        "SELECT pid FROM pg_stat_activity WHERE usename = 'neurallog_writer'",
      );
      const pids = held.map(({ pid }) => Number(pid));
      expect(pids.length).toBeGreaterThan(0);
      for (const pid of pids) process.kill(pid, "SIGSTOP");
      try {
        await store.append([sampleRecord({ received: Date.now() })]);
        await sleep(500);
        service.child.kill("SIGTERM");
        expect(await service.ended()).toBe(0);
      } finally {
        for (const pid of pids) process.kill(pid, "SIGCONT");
      }
    },
  );
});
