import { expect, test } from "vitest";
import { z } from "zod";

import { statsReply } from "../../../apps/log-service/src/http/stats-schema.ts";
import { startRedis } from "../../support/redis.ts";
import { redisUsers, startService } from "../../support/service.ts";
import { post, startTestService, type TestService } from "./support.ts";

const keys = [
  { name: "writer", role: "writer" },
  { name: "reader", role: "reader" },
  { name: "some-reader", role: "reader", namespaces: ["payments"] },
];

async function statsOf(service: TestService, key = "reader") {
  const { status, body } = await service.call(key, "/api/stats");
  expect(status).toBe(200);
  return statsReply.parse(body);
}

const batch = (size: number, namespace: string) =>
  JSON.stringify(Array.from({ length: size }, (_, at) => ({ message: `m ${at}`, namespace })));

test("counts what each namespace holds, and how its blocks lie", async () => {
  // The store in memory merges whatever there is: here it has to lie as it came.
  await using service = await startTestService({ keys, env: { NEURALLOG_WORK: "none" } });
  await post(service, "writer", batch(3, "payments"));
  await post(service, "writer", batch(2, "payments"));
  await post(service, "writer", batch(600, "web"));
  const { namespaces, store, followers } = await statsOf(service);
  expect(namespaces).toMatchObject([
    { name: "payments", records: 5, blocks: { small: 2, large: 0 } },
    { name: "web", records: 600, blocks: { small: 0, large: 1 } },
  ]);
  const [payments, web] = namespaces ?? [];
  expect(web?.bytes_per_record).toBeCloseTo(Number(web?.bytes) / 600, 0);
  expect(payments?.oldest).toMatch(/^20.*Z$/);
  expect(store).toMatchObject({
    ready: true,
    records: 605,
    bytes: Number(web?.bytes) + Number(payments?.bytes),
    // Two small blocks are too few to be worth merging.
    merge: { records: 0, blocks: 0 },
    commits: { blocks: 3, records: 605, retried: 0, failed: 0 },
    queue: { records: 0 },
  });
  expect(followers).toEqual({ followers: 0, filters: 0, events: 0, dropped: 0 });
});

test("attack: a reader of one namespace learns nothing of the others", async () => {
  await using service = await startTestService({ keys });
  await post(service, "writer", batch(3, "payments"));
  await post(service, "writer", batch(600, "web"));
  const stats = await statsOf(service, "some-reader");
  expect(stats.namespaces?.map(({ name }) => name)).toEqual(["payments"]);
  expect(stats.store).toMatchObject({ records: 3, bytes: stats.namespaces?.[0]?.bytes });
  expect(JSON.stringify(stats)).not.toContain("web");
  expect(await service.call("writer", "/api/stats")).toMatchObject({ status: 403 });
});

test("tells on Redis what waits to be merged, what was cleared, and the server's state", async () => {
  await using redis = await startRedis({
    users: redisUsers,
    config: ["appendonly yes", "appendfsync always", "maxmemory 64mb"],
  });
  // Nobody merges: what waits stays.
  await using service = await startService({
    redisUrl: redis.url,
    env: { NEURALLOG_WORK: "none" },
  });
  const call = async (key: keyof typeof service.keys, path: string, init: RequestInit = {}) =>
    fetch(`${service.url}${path}`, {
      ...init,
      headers: {
        authorization: `Bearer ${service.keys[key]}`,
        "content-type": "application/json",
      },
    });
  for (let at = 0; at < 20; at += 1) {
    await call("writer", "/api/logs", { method: "POST", body: `{"message":"single ${at}"}` });
  }
  const cleared = await call("admin", "/api/admin/clear", {
    method: "POST",
    body: JSON.stringify({ namespace: "default", level: "FATAL" }),
  });
  expect([cleared.status, await cleared.text()]).toEqual([200, expect.any(String)]);
  const { store, process } = statsReply.parse(await (await call("reader", "/api/stats")).json());
  expect(store).toMatchObject({
    durability: "always",
    merge: { records: 20, blocks: 20 },
    tombstones: 1,
    servers: [
      {
        version: expect.stringMatching(/^(redis|valkey) \d+\.\d+/),
        role: "master",
        durability: "always",
        file_ok: true,
        memory: { max: 64 * 1024 * 1024, policy: "noeviction" },
      },
    ],
  });
  expect(store.held?.headers).toBeGreaterThan(1_000);
  expect(process.memory.rss).toBeGreaterThan(30e6);
  expect(process.event_loop_delay_ms.max).toBeGreaterThanOrEqual(process.event_loop_delay_ms.p50);
});

test("answers with what is known while the store cannot be asked", async () => {
  await using redis = await startRedis({ users: redisUsers });
  await using service = await startService({
    redisUrl: redis.url,
  });
  await redis.kill();
  const ask = async () => {
    const answer = await fetch(`${service.url}/api/stats`, {
      headers: { authorization: `Bearer ${service.keys.reader}` },
    });
    return z.object({ status: z.literal(200), body: statsReply }).parse({
      status: answer.status,
      body: await answer.json(),
    }).body;
  };
  await expect
    .poll(ask)
    .toMatchObject({ namespaces: null, store: { ready: false, code: "NL_STORE_UNAVAILABLE" } });
});
