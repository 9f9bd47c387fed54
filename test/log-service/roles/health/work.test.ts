import { Redis } from "ioredis";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";

import { startThreadedWork } from "../../../../apps/log-service/src/roles/work.ts";
import { startRedis } from "../../../support/redis.ts";
import { ask, startTestService } from "../../http/support.ts";
import { appendSingles, numbered, openStore } from "../../store/redis/work/support.ts";
import { readyOf } from "./support.ts";

test("a work thread that cannot run leaves the service ready, and degraded", async () => {
  await using redis = await startRedis();
  const store = await openStore(redis.url);
  // Something to do.
  await appendSingles(store, numbered(20));
  const address = { url: "redis-cluster://[" };
  const work = startThreadedWork(store, { address, policy: {} }, pino({ level: "silent" }));
  await using service = await startTestService({ store, work });
  await expect
    .poll(() => readyOf(service))
    .toMatchObject({
      status: 200,
      body: {
        ready: true,
        degraded: [
          { code: "NL_WORK_FAILED", reason: expect.stringContaining("work thread ended") },
        ],
      },
    });
  expect(await ask(`${service.url}/health/ready`)).toMatchObject({
    body: { degraded: [{ reason: "Merging and retention fail; all else goes on" }] },
  });
  expect(await (await fetch(`${service.opsUrl}/metrics`)).text()).toMatch(
    /neurallog_thread_deaths_total\{thread="work"\} [1-9]/,
  );
});

test("work that fails and goes on again is degraded in between", async () => {
  await using redis = await startRedis();
  const store = await openStore(redis.url);
  await appendSingles(store, numbered(20));
  const admin = new Redis(redis.url);
  onTestFinished(() => admin.disconnect());
  // Leases can no longer be taken, which only work needs.
  await admin.set("{nl:default:0}:l", "no hash");
  const work = startThreadedWork(
    store,
    { address: { url: redis.url }, policy: {} },
    pino({ level: "silent" }),
  );
  await using service = await startTestService({ store, work });
  await expect
    .poll(() => readyOf(service))
    .toMatchObject({
      status: 200,
      body: {
        degraded: [{ code: "NL_WORK_FAILED", reason: expect.stringContaining("WRONGTYPE") }],
      },
    });
  await admin.del("{nl:default:0}:l");
  await expect
    .poll(async () => (await readyOf(service)).body)
    .toEqual({ ready: true, durability: "none" });
});
