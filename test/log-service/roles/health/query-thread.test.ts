import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { createWorkerEngine } from "../../../../apps/log-service/src/query/engine/worker/engine.ts";
import { createRedisStore } from "../../../../apps/log-service/src/store/redis/redis-store.ts";
import { startRedis, type TestRedis } from "../../../support/redis.ts";
import { post, startTestService, type TestService } from "../../http/support.ts";
import { liveOf, readyOf } from "./support.ts";

describe("a service whose query thread", () => {
  const entry = new URL("../../../../apps/log-service/src/roles/query-thread.ts", import.meta.url);
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  /** Writes go on whatever becomes of questions. */
  async function expectWrites(service: TestService): Promise<void> {
    expect(await post(service, "writer", '{"message":"a"}')).toMatchObject({ status: 200 });
    expect(await liveOf(service)).toMatchObject({ status: 200 });
  }

  test("is gone is not ready until the next one answers, and starts it", async () => {
    const engine = createWorkerEngine({ entry, data: { address: { url: redis.url } } });
    const store = createRedisStore({ url: redis.url });
    await using service = await startTestService({ store, engine });
    await expect.poll(() => readyOf(service)).toMatchObject({ status: 200 });
    await engine.kill();
    await expect
      .poll(() => readyOf(service))
      .toMatchObject({
        status: 503,
        body: { code: "NL_QUERY_FAILED", reason: "questions are not answered" },
      });
    await expectWrites(service);
    await expect.poll(() => readyOf(service)).toMatchObject({ status: 200 });
    expect(await service.call("reader", "/api/logs")).toMatchObject({ status: 200 });
    const metrics = await (await fetch(`${service.opsUrl}/metrics`)).text();
    expect(metrics).toContain('neurallog_thread_deaths_total{thread="query"} 1');
  });

  test("cannot start is not ready", async () => {
    const engine = createWorkerEngine({ entry, data: { address: { url: "redis-cluster://[" } } });
    const store = createRedisStore({ url: redis.url });
    await using service = await startTestService({ store, engine });
    await expect
      .poll(() => readyOf(service))
      .toMatchObject({ status: 503, body: { code: "NL_QUERY_FAILED" } });
    await expectWrites(service);
    await sleep(1_500);
    expect(await readyOf(service)).toMatchObject({ status: 503 });
  });

  test("hangs is not ready, and metrics still come", async () => {
    // It waits for ever, and answers nothing.
    const hang = `
      import { parentPort } from "node:worker_threads";
      parentPort.postMessage({ kind: "started" });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`;
    const engine = createWorkerEngine({
      entry: new URL(`data:text/javascript,${encodeURIComponent(hang)}`),
      data: undefined,
    });
    const store = createRedisStore({ url: redis.url });
    await using service = await startTestService({ store, engine });
    engine.start();
    await expect
      .poll(() => readyOf(service))
      .toMatchObject({
        status: 503,
        body: { code: "NL_QUERY_FAILED", reason: "questions are not answered" },
      });
    await expectWrites(service);
    expect(await (await fetch(`${service.opsUrl}/metrics`)).text()).toContain(
      "neurallog_store_up 1",
    );
  });

  test("is busy with a question is ready all the same", async () => {
    const engine = createWorkerEngine({ entry, data: { address: { url: redis.url } } });
    const store = createRedisStore({ url: redis.url });
    await using service = await startTestService({ store, engine });
    await expect.poll(() => readyOf(service)).toMatchObject({ status: 200 });
    const lines = Array.from(
      { length: 20_000 },
      (_, at) => `{"message":"line ${at} ${"x".repeat(200)}"}`,
    );
    for (let at = 0; at < 4; at += 1) {
      await post(service, "writer", lines.join("\n"), { "content-type": "application/x-ndjson" });
    }
    const slow = `/api/logs/count?q=${encodeURIComponent('message~"(x{30}){6}y"')}`;
    const asked = Promise.all(Array.from({ length: 4 }, () => service.call("reader", slow)));
    for (let at = 0; at < 3; at += 1) {
      expect(await readyOf(service)).toMatchObject({ status: 200 });
      await sleep(510);
    }
    await asked;
  });
});
