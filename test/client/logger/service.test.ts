import { createLogger } from "@neurallog/client/logger";
import { NeuralLogClient } from "@neurallog/client";
import { expect, test } from "vitest";

import { startRedis } from "../../support/redis.ts";
import { redisUsers, startService } from "../../support/service.ts";

test("the log service as it runs takes what is logged, and every record is found once, also when its Redis was killed in between", async () => {
  await using redis = await startRedis({
    users: redisUsers,
    config: ["appendonly yes", "appendfsync always"],
  });
  await using service = await startService({ redisUrl: redis.url });
  const { url, keys } = service;
  const logger = createLogger({ url, key: keys.writer, component: "checkout", quiet: true });
  const total = 3_000;
  for (let at = 0; at < total; at++) {
    logger.info(`order ${at} taken`, { at, token: "x", customer: { id: at % 7 } });
    if (at === total / 2) await redis.kill();
    if (at === total / 2 + 100) await redis.restart();
    if (at % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await expect.poll(() => logger.stats()).toMatchObject({ queued: 0, dropped: 0, rejected: 0 });
  expect(logger.stats().sent).toBe(total);
  expect(await logger.close()).toBe(true);
  const reader = new NeuralLogClient({ url, key: keys.reader });
  const found = new Set<unknown>();
  let count = 0;
  for await (const { metadata, message, source } of reader.searchAll({ limit: 1_000 })) {
    count += 1;
    found.add(metadata?.["at"]);
    expect(metadata).toMatchObject({ token: "[REDACTED]", customer: {} });
    expect([message, source]).toEqual([`order ${String(metadata?.["at"])} taken`, "checkout"]);
  }
  expect([count, found.size]).toEqual([total, total]);
});
