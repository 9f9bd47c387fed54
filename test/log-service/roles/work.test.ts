import { pino } from "pino";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";

import { contains } from "../../../apps/log-service/src/query/filter.ts";
import { startThreadedWork } from "../../../apps/log-service/src/roles/work.ts";
import type { LogStore } from "../../../apps/log-service/src/store/port.ts";
import { freePort } from "../../support/port.ts";
import { startRedis } from "../../support/redis.ts";
import { appendSingles, lengths, numbered, openStore, shown } from "../store/redis/work/support.ts";
import { prepareService, TestProcess, untilStatus } from "./support.ts";

const stores: LogStore[] = [];
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
});

async function open(url: string): Promise<LogStore> {
  const store = await openStore(url);
  stores.push(store);
  return store;
}

/** A logger that keeps what it is told. */
function listeningLogger() {
  const lines: string[] = [];
  return { lines, logger: pino({}, { write: (line: string) => void lines.push(line) }) };
}

describe("the work thread", () => {
  it("starts when there is something to merge, ends when there is not, and starts again", async () => {
    await using redis = await startRedis();
    const store = await open(redis.url);
    const { logger, lines } = listeningLogger();
    // Longer than blocks have to lie quiet before they are merged, on a busy machine too.
    const data = { address: { url: redis.url }, policy: {}, restMs: 7_000 };
    const work = startThreadedWork(store, data, logger);
    onTestFinished(() => work.stop());
    expect(work.isAwake()).toBe(false);
    for (let round = 1; round <= 2; round += 1) {
      await appendSingles(store, numbered(20, `round ${round}`));
      await expect.poll(() => work.isAwake()).toBe(true);
      await expect.poll(async () => (await lengths(redis.url)).small).toBe(0);
      await expect.poll(() => work.isAwake()).toBe(false);
      expect(work.stats()).toMatchObject({
        mergeDebt: { records: 0, blocks: 0 },
        merged: { blocks: 20 * round, into: round, records: 20 * round },
      });
    }
    expect(await shown(store)).toHaveLength(40);
    expect(lines).toEqual([]);
  });

  it("takes out what was cleared, by the filter language of everybody", async () => {
    await using redis = await startRedis();
    const store = await open(redis.url);
    await appendSingles(store, ["keep this", "drop this"]);
    const filter = JSON.stringify(contains("message", "drop", true));
    await store.clear({ namespace: "default", filter, by: "a test" });
    const work = startThreadedWork(
      store,
      { address: { url: redis.url }, policy: {} },
      listeningLogger().logger,
    );
    onTestFinished(() => work.stop());
    await expect.poll(async () => (await lengths(redis.url)).tombstones).toBe(0);
    expect((await shown(store)).map(([, { message }]) => message)).toEqual(["keep this"]);
  });

  it("drops what is too old, and tells how much of which namespace", async () => {
    await using redis = await startRedis();
    const store = await open(redis.url);
    await appendSingles(store, ["old"], { received: 1_000 });
    await appendSingles(store, ["new"], { received: Date.now() });
    const { logger, lines } = listeningLogger();
    const data = { address: { url: redis.url }, policy: { ageMs: 3_600_000 } };
    const work = startThreadedWork(store, data, logger);
    onTestFinished(() => work.stop());
    await expect.poll(async () => (await lengths(redis.url)).small).toBe(1);
    await expect.poll(() => lines.join("")).toContain("Retention dropped");
    await expect
      .poll(() => work.stats()?.dropped)
      .toMatchObject([{ namespace: "default", reason: "age", blocks: 1, records: 1 }]);
  });

  it("is logged and started again when it crashes", async () => {
    await using redis = await startRedis();
    const store = await open(redis.url);
    await appendSingles(store, numbered(20));
    const { logger, lines } = listeningLogger();
    // The thread cannot even read this address.
    const data = { address: { url: "redis-cluster://[" }, policy: {} };
    const work = startThreadedWork(store, data, logger);
    onTestFinished(() => work.stop());
    const crashes = () => lines.filter((line) => line.includes("it is started again"));
    await expect.poll(() => crashes().length).toBeGreaterThan(1);
    const pauses = crashes().map((line) => Number(/"pauseMs":(\d+)/.exec(line)?.[1]));
    expect(pauses[1]).toBe(2 * Number(pauses[0]));
  });
});

describe("the role 'work'", () => {
  it("merges for services that leave it to others, and tells its state and numbers", async () => {
    await using redis = await startRedis();
    const store = await open(redis.url);
    await appendSingles(store, numbered(20));
    const opsPort = await freePort();
    await using child = new TestProcess(["work"], {
      NEURALLOG_TENANT: "acme",
      NEURALLOG_REDIS_URL: redis.url,
      NEURALLOG_REDIS_USERNAME: "default",
      NEURALLOG_OPS_PORT: String(opsPort),
    });
    const opsUrl = `http://127.0.0.1:${opsPort}`;
    await untilStatus(`${opsUrl}/health/ready`, 200);
    await expect.poll(async () => (await lengths(redis.url)).small).toBe(0);
    const metrics = async () => (await fetch(`${opsUrl}/metrics`)).text();
    await expect.poll(metrics).toContain("neurallog_merged_records_total 20");
    await expect.poll(metrics).toContain("neurallog_merge_debt_blocks 0");
    child.child.kill("SIGTERM");
    expect(await child.ended()).toBe(0);
  });

  it("merges inside 'serve' without being told to", async () => {
    await using redis = await startRedis();
    const store = await open(redis.url);
    await appendSingles(store, numbered(20));
    const setup = await prepareService(redis.url);
    await using _access = setup.access;
    await using _service = new TestProcess(["serve"], setup.env);
    await untilStatus(`${setup.opsUrl}/health/ready`, 200);
    await expect.poll(async () => (await lengths(redis.url)).small).toBe(0);
  });

  it("is not done by a 'serve' that leaves it to others", async () => {
    await using redis = await startRedis();
    const store = await open(redis.url);
    await appendSingles(store, numbered(20));
    const setup = await prepareService(redis.url);
    await using service = new TestProcess(["serve"], { ...setup.env, NEURALLOG_WORK: "none" });
    await untilStatus(`${setup.opsUrl}/health/ready`, 200);
    service.child.kill("SIGTERM");
    expect(await service.ended()).toBe(0);
    expect((await lengths(redis.url)).small).toBe(20);
  });
});
