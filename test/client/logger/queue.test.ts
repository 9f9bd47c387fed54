import { createLogger } from "@neurallog/client/logger";
import { expect, test } from "vitest";

import { freePort } from "../../support/port.ts";
import { json } from "../support.ts";
import {
  recordsOf,
  sendAll,
  startCollector,
  startLogger,
  store,
  type SentRecord,
} from "./support.ts";

test("what the queue has no room for drops the oldest, and the count is sent on when the way is free", async () => {
  let isAway = true;
  const stored: SentRecord[] = [];
  await using collector = await startCollector((seen, response) => {
    if (isAway) {
      response.destroy();
      return;
    }
    stored.push(...recordsOf(seen));
    store(seen, response);
  });
  await using started = startLogger({ url: collector.url, queue: { records: 100 } });
  const { logger } = started;
  for (let at = 0; at < 250; at++) logger.info(`record ${at}`);
  expect(logger.stats()).toMatchObject({ dropped: 150, queued: 100, sent: 0 });
  expect(await logger.flush(300)).toBe(false);
  for (let at = 250; at < 300; at++) logger.info(`record ${at}`);
  expect(logger.stats()).toMatchObject({ dropped: 200, queued: 100 });
  isAway = false;
  await expect.poll(() => stored.filter(({ data }) => data?.["dropped"] === 200)).toHaveLength(1);
  const newest = Array.from({ length: 100 }, (_, at) => `record ${at + 200}`);
  const others = stored.filter(({ data }) => data === undefined);
  expect(others.map(({ message }) => message)).toEqual(newest);
  await expect.poll(() => logger.stats()).toMatchObject({ sent: 100, dropped: 200, queued: 0 });
});

test("a notice of what was dropped says how many, as a WARN of the component", async () => {
  await using collector = await startCollector();
  await using started = startLogger({ url: collector.url, queue: { records: 10 } });
  for (let at = 0; at < 25; at++) started.logger.info(`record ${at}`);
  await sendAll(started.logger);
  const [notice, ...records] = collector.records();
  expect(notice).toMatchObject({ level: "WARN", component: "checkout", data: { dropped: 15 } });
  expect(records.map(({ message }) => message)).toEqual(
    Array.from({ length: 10 }, (_, at) => `record ${at + 15}`),
  );
  expect(started.logger.stats()).toMatchObject({ sent: 10, dropped: 15, queued: 0 });
  started.logger.info("later");
  await sendAll(started.logger);
  // Said once.
  expect(collector.records()).toHaveLength(12);
});

test("the queue is bounded by its text too", async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  await using started = startLogger({ url, queue: { bytes: 50_000 } });
  for (let at = 0; at < 100; at++) started.logger.info("x".repeat(1_000));
  const { queued, queuedBytes, dropped } = started.logger.stats();
  expect(queuedBytes).toBeLessThanOrEqual(50_000);
  expect(queued + dropped).toBe(100);
  expect(queued).toBeGreaterThan(40);
});

test("attack: a service that never comes back, and an application that logs without end", async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  await using started = startLogger({ url });
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < 200_000; at++) {
    started.logger.info("x".repeat(100), { at });
    if (at % 10_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(started.logger.stats()).toMatchObject({ queued: 10_000, dropped: 190_000 });
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(200 * 1024 * 1024);
});

test("what is logged after close is counted as dropped", async () => {
  await using collector = await startCollector();
  const logger = createLogger({ url: collector.url, levelsUrl: false, quiet: true });
  logger.info("before");
  expect(await logger.close()).toBe(true);
  logger.info("after");
  expect(logger.stats()).toMatchObject({ sent: 1, dropped: 1 });
});

test("records are dropped from a batch that waits for its next try, the oldest first", async () => {
  let answers = 0;
  await using collector = await startCollector((seen, response) => {
    answers += 1;
    // An answer that is lost: the batch may be stored.
    if (answers === 1) json(response, 500, { error: { code: "NL_INTERNAL", message: "failed" } });
    else store(seen, response);
  });
  await using started = startLogger({
    url: collector.url,
    queue: { records: 10 },
    batch: { records: 10 },
  });
  const { logger } = started;
  for (let at = 0; at < 10; at++) logger.info(`record ${at}`);
  await expect.poll(() => collector.seen.length).toBe(1);
  await expect.poll(() => logger.stats().connected).toBe(false);
  for (let at = 10; at < 14; at++) logger.info(`record ${at}`);
  expect(logger.stats()).toMatchObject({ dropped: 4, queued: 10 });
  await expect.poll(() => logger.stats().queued).toBe(0);
  const [first, again] = collector.seen;
  expect(again?.headers["idempotency-key"]).toBe(first?.headers["idempotency-key"]);
  const messages = collector.seen
    .slice(1)
    .flatMap(recordsOf)
    .filter(({ level }) => level === "INFO");
  expect(messages.map(({ message }) => message)).toEqual(
    Array.from({ length: 10 }, (_, at) => `record ${at + 4}`),
  );
});
