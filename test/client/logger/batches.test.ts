import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { json } from "../support.ts";
import { recordsOf, sendAll, startCollector, startLogger, store } from "./support.ts";

test("a batch is sent when it has enough records", async () => {
  await using collector = await startCollector();
  await using started = startLogger({ url: collector.url, batch: { records: 10, ms: 3_600_000 } });
  for (let at = 0; at < 10; at++) started.logger.info("m");
  await expect.poll(() => collector.records().length).toBe(10);
  expect(collector.seen).toHaveLength(1);
});

test("a batch is sent when it has enough text", async () => {
  await using collector = await startCollector();
  await using started = startLogger({ url: collector.url, batch: { bytes: 5_000, ms: 3_600_000 } });
  for (let at = 0; at < 5; at++) started.logger.info("x".repeat(1_500));
  await expect.poll(() => collector.records().length).toBeGreaterThanOrEqual(3);
  for (const { body } of collector.seen) expect(body.length).toBeLessThanOrEqual(5_000);
});

test("a batch is sent when its first record has waited long enough", async () => {
  await using collector = await startCollector();
  await using started = startLogger({ url: collector.url, batch: { ms: 20 } });
  started.logger.info("one");
  await expect.poll(() => collector.records().length).toBe(1);
  started.logger.info("two");
  await expect.poll(() => collector.records().length).toBe(2);
});

test("each batch has a key of its own, the API key and the namespace", async () => {
  await using collector = await startCollector();
  await using started = startLogger({
    url: `${collector.url}/behind/`,
    key: "nlk_1",
    namespace: "shop a",
  });
  started.logger.info("one");
  await sendAll(started.logger);
  started.logger.info("two");
  await sendAll(started.logger);
  const [first, second] = collector.seen;
  expect(first).toMatchObject({
    method: "POST",
    url: "/behind/api/logs?namespace=shop%20a",
    headers: { authorization: "Bearer nlk_1", "content-type": "application/x-ndjson" },
  });
  const keys = [first, second].map((seen) => seen?.headers["idempotency-key"]);
  expect(new Set(keys).size).toBe(2);
  expect(keys[0]).toMatch(/^[!-~]{16,128}$/);
});

test("a batch that is too large for what is between is sent in halves", async () => {
  await using collector = await startCollector((seen, response) => {
    if (seen.body.length > 2_000) json(response, 413, {});
    else store(seen, response);
  });
  await using started = startLogger({ url: collector.url });
  for (let at = 0; at < 20; at++) started.logger.info("x".repeat(200), { at });
  started.logger.info("y".repeat(5_000));
  await expect
    .poll(() => started.logger.stats())
    .toMatchObject({ sent: 20, rejected: 1, queued: 0 });
  const taken = collector.seen.filter(({ body }) => body.length <= 2_000).flatMap(recordsOf);
  expect(taken.map(({ data }) => data?.["at"])).toEqual(Array.from({ length: 20 }, (_, at) => at));
});

test("the key is read from its file, and again when it is refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-key-"));
  const keyFile = join(folder, "key");
  writeFileSync(keyFile, "old\n");
  try {
    await using collector = await startCollector((seen, response) => {
      if (seen.headers.authorization === "Bearer new") store(seen, response);
      else json(response, 401, { error: { code: "NL_KEY_UNKNOWN", message: "no such key" } });
    });
    await using started = startLogger({ url: collector.url, keyFile });
    started.logger.info("m");
    await expect.poll(() => collector.seen.length).toBe(1);
    writeFileSync(keyFile, "new\n");
    await expect.poll(() => started.logger.stats().sent).toBe(1);
    expect(collector.seen[0]?.headers.authorization).toBe("Bearer old");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
