import { setTimeout as sleep } from "node:timers/promises";

import { NeuralLogClient, ResponseError } from "@neurallog/client";
import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";

import { startRedis } from "../../support/redis.ts";
import { missing, prepareService, TestProcess, untilStatus, Writer } from "./support.ts";

const DURABLE = ["appendonly yes", "appendfsync always"];

const clientOf = (setup: { url: string; key: string }, retries = 0) =>
  new NeuralLogClient({ url: setup.url, key: setup.key, retries, timeoutMs: 20_000 });

/** Lets writers get going: a fault before the first acknowledgement proves nothing. */
async function untilAcknowledged(writer: Writer, records: number): Promise<void> {
  while (writer.acknowledged.size < records) await sleep(5);
}

describe("every acknowledged record is found again by the writer's own list", () => {
  test("after kill -9 of the service under load, three times", async () => {
    await using redis = await startRedis({ config: DURABLE });
    const setup = await prepareService(redis.url);
    await using _access = setup.access;
    const acknowledged = new Map<string, string>();
    for (let round = 1; round <= 3; round += 1) {
      await using service = new TestProcess(["serve"], setup.env);
      await untilStatus(`${setup.opsUrl}/health/ready`, 200);
      const writer = new Writer(setup.url, setup.key);
      // Single records (group commit) and batches (blocks of their own) at once.
      writer.start(8, round === 1 ? 1 : 400);
      await untilAcknowledged(writer, round === 1 ? 300 : 20_000);
      service.child.kill("SIGKILL");
      expect(await service.ended()).toBe("SIGKILL");
      await writer.stop();
      for (const [id, message] of writer.acknowledged) acknowledged.set(id, message);
    }
    await using _service = new TestProcess(["serve"], setup.env);
    await untilStatus(`${setup.opsUrl}/health/ready`, 200);
    expect(acknowledged.size).toBeGreaterThan(40_000);
    expect(await missing(clientOf(setup), acknowledged)).toEqual([]);
  });

  test("after kill -9 of Redis under load, and the service recovers without a restart", async () => {
    await using redis = await startRedis({ config: DURABLE });
    const setup = await prepareService(redis.url);
    await using _access = setup.access;
    await using service = new TestProcess(["serve"], setup.env);
    await untilStatus(`${setup.opsUrl}/health/ready`, 200);
    const writer = new Writer(setup.url, setup.key);
    writer.start(4, 200);
    for (let round = 1; round <= 2; round += 1) {
      await untilAcknowledged(writer, writer.acknowledged.size + 10_000);
      await redis.kill();
      await untilStatus(`${setup.opsUrl}/health/ready`, 503);
      await redis.restart();
      await untilStatus(`${setup.opsUrl}/health/ready`, 200);
    }
    await untilAcknowledged(writer, writer.acknowledged.size + 1_000);
    await writer.stop();
    expect(service.child.exitCode).toBeNull();
    expect(await missing(clientOf(setup), writer.acknowledged)).toEqual([]);
  });

  test("after SIGTERM under load, which answers what is in flight and exits 0", async () => {
    await using redis = await startRedis({ config: DURABLE });
    const setup = await prepareService(redis.url);
    await using _access = setup.access;
    const writer = new Writer(setup.url, setup.key);
    {
      await using service = new TestProcess(["serve"], setup.env);
      await untilStatus(`${setup.opsUrl}/health/ready`, 200);
      writer.start(8, 50);
      await untilAcknowledged(writer, 5_000);
      service.child.kill("SIGTERM");
      expect(await service.ended()).toBe(0);
    }
    await writer.stop();
    // Whatever was stored was acknowledged: nobody was cut off between the two.
    await using _service = new TestProcess(["serve"], setup.env);
    await untilStatus(`${setup.opsUrl}/health/ready`, 200);
    const [namespace] = await clientOf(setup).namespaces();
    expect(namespace?.records).toBe(writer.acknowledged.size);
    expect(await missing(clientOf(setup), writer.acknowledged)).toEqual([]);
  });
});

describe("a Redis that is not there", () => {
  test("at the start leaves the service up and not ready until it comes", async () => {
    await using redis = await startRedis({ config: DURABLE });
    await redis.kill();
    const setup = await prepareService(redis.url);
    await using _access = setup.access;
    await using _service = new TestProcess(["serve"], setup.env);
    await untilStatus(`${setup.opsUrl}/health/live`, 200);
    await untilStatus(`${setup.opsUrl}/health/ready`, 503);
    const client = clientOf(setup);
    const refusal = await client.write({ message: "a" }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ResponseError);
    expect(refusal).toMatchObject({
      status: 503,
      code: "NL_STORE_UNAVAILABLE",
      retryAfterMs: expect.any(Number),
    });
    await expect(client.search()).rejects.toMatchObject({ status: 503 });
    await redis.restart();
    await untilStatus(`${setup.opsUrl}/health/ready`, 200);
    await client.write({ message: "b" });
    expect((await client.search()).records).toMatchObject([{ message: "b" }]);
  });

  test("or hangs without closing its connections gives 503, and nothing is acknowledged", async () => {
    await using redis = await startRedis({ config: DURABLE });
    const setup = await prepareService(redis.url);
    await using _access = setup.access;
    await using _service = new TestProcess(["serve"], setup.env);
    await untilStatus(`${setup.opsUrl}/health/ready`, 200);
    const client = clientOf(setup);
    await client.write({ message: "before" });
    redis.pause();
    try {
      await expect(client.write({ message: "during" })).rejects.toMatchObject({ status: 503 });
      await untilStatus(`${setup.opsUrl}/health/ready`, 503);
    } finally {
      redis.resume();
    }
    await untilStatus(`${setup.opsUrl}/health/ready`, 200);
    await client.write({ message: "after" });
    const messages = (await client.search()).records.map(({ message }) => message);
    expect(messages).toEqual(expect.arrayContaining(["before", "after"]));
  });

  test("or is full gives 503 with Retry-After, keeps answering searches, and recovers", async () => {
    await using redis = await startRedis({ config: [...DURABLE, "maxmemory 24mb"] });
    const setup = await prepareService(redis.url);
    await using _access = setup.access;
    await using _service = new TestProcess(["serve"], {
      ...setup.env,
      // Trimming by itself would make room again; here the fault has to stay.
      NEURALLOG_RETENTION_AGE_SECONDS: "86400",
    });
    await untilStatus(`${setup.opsUrl}/health/ready`, 200);
    const client = clientOf(setup);
    const admin = new Redis(redis.url);
    // Somebody else's data, to the last 64 KiB: trimming our own makes no room.
    for (const bytes of [1024 * 1024, 64 * 1024]) {
      for (let key = 0; key < 64; key += 1) {
        const taken = await admin.set(`foreign${bytes}.${key}`, "x".repeat(bytes)).catch(() => "");
        if (taken !== "OK") break;
      }
    }
    let refusal: unknown;
    for (let batch = 0; refusal === undefined && batch < 200; batch += 1) {
      // What does not compress fills the memory fast.
      const messages = Array.from({ length: 100 }, () =>
        Buffer.from(crypto.getRandomValues(new Uint8Array(6_000))).toString("base64"),
      );
      refusal = await client.write(messages.map((message) => ({ message }))).then(
        () => undefined,
        (error: unknown) => error,
      );
    }
    expect(refusal).toMatchObject({
      status: 503,
      code: "NL_STORE_FULL",
      retryAfterMs: expect.any(Number),
    });
    await untilStatus(`${setup.opsUrl}/health/ready`, 503);
    await client.search({});
    await admin.config("SET", "maxmemory", "256mb");
    await admin.quit();
    await untilStatus(`${setup.opsUrl}/health/ready`, 200);
    expect(await client.write({ message: "again" })).toMatchObject({ accepted: 1 });
  });
});
