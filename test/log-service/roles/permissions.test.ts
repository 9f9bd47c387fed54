import { setTimeout as sleep } from "node:timers/promises";

import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { podPlace, redisConf } from "../../../generator/render/redis-conf.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";
import { redisUsers, startService, type TestService } from "../../support/service.ts";

// The service runs as its tenant's Redis lets it: with the configuration and the users that the generator writes. What
// it tried and was refused stands in Redis' own ACL LOG, whoever swallowed the error.

const MERGED = /^neurallog_merged_blocks_total(?:\{[^}]*\})? (\d+)/m;

describe.each(["always", "everysec"] as const)("with appendfsync %s", (durability) => {
  let redis: TestRedis;
  let service: TestService;
  let admin: Redis;

  beforeAll(async () => {
    const place = /^(?:bind|port|dir|aclfile|logfile) /;
    const config = redisConf({ maxmemory: 96 * 1024 * 1024, durability }, podPlace)
      .split("\n")
      .filter((line) => line !== "" && !place.test(line));
    redis = await startRedis({ config, users: redisUsers });
    service = await startService({
      redisUrl: redis.url,
      env: {
        NEURALLOG_REDIS_LANES: "2",
        NEURALLOG_RETENTION_AGE_SECONDS: "86400",
        NEURALLOG_RETENTION_BYTES: "40000000",
        NEURALLOG_RETENTION_NAMESPACES: '{"small":{"bytes":2000000}}',
      },
    });
    admin = new Redis(redis.port, "127.0.0.1", { username: "admin", password: "admin" });
  }, 60_000);
  afterAll(async () => {
    admin?.disconnect();
    await service?.stop();
    await redis?.stop();
  });

  const ask = async (role: keyof TestService["keys"], path: string, init: RequestInit = {}) => {
    const response = await fetch(`${service.url}${path}`, {
      ...init,
      headers: {
        authorization: `Bearer ${service.keys[role]}`,
        ...(init.body === undefined ? {} : { "content-type": "application/json" }),
        ...init.headers,
      },
    });
    return { status: response.status, text: await response.text() };
  };
  const json = async (role: keyof TestService["keys"], path: string, init?: RequestInit) => {
    const { status, text } = await ask(role, path, init);
    expect([path, status, status < 300 ? "" : text]).toEqual([path, 200, ""]);
    return JSON.parse(text);
  };
  const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
    method: "POST",
    body: JSON.stringify(body),
    headers,
  });
  const records = (count: number, word: string) =>
    Array.from({ length: count }, (_, n) => ({
      message: `${word} ${n} took ${n * 3} ms`,
      level: n % 10 === 0 ? "ERROR" : "INFO",
      source: `service-${n % 7}`,
      trace_id: `trace-${n % 50}`,
      metadata: { order: n },
    }));
  const until = async (holds: () => Promise<boolean>): Promise<boolean> => {
    for (const end = Date.now() + 30_000; Date.now() < end; await sleep(100)) {
      if (await holds()) return true;
    }
    return false;
  };

  test("says what its Redis promises", async () => {
    const health = await fetch(`${service.opsUrl}/health/ready`);
    expect(await health.json()).toMatchObject({ ready: true, durability });
  });

  test("writes one record, a batch by its columns, and the same batch only once", async () => {
    expect(await json("writer", "/api/logs", post({ message: "alone" }))).toMatchObject({
      accepted: 1,
    });
    const batch = post(records(1_000, "large"), { "idempotency-key": "one" });
    const first = await json("writer", "/api/logs", batch);
    expect(first).toMatchObject({ accepted: 1_000 });
    expect(await json("writer", "/api/logs", batch)).toMatchObject({ ids: first.ids });
    await json("writer", "/api/logs?namespace=small", post(records(20, "small")));
  });

  test("merges small blocks", async () => {
    await Promise.all(
      Array.from({ length: 40 }, async (_, part) => {
        for (let n = 0; n < 10; n++) {
          await json("writer", "/api/logs", post({ message: `single ${part} ${n}` }));
        }
      }),
    );
    const merged = async () => {
      const text = await (await fetch(`${service.opsUrl}/metrics`)).text();
      return Number(MERGED.exec(text)?.[1] ?? 0) > 0;
    };
    expect(await until(merged)).toBe(true);
    expect(await json("reader", "/api/logs/count?q=single")).toMatchObject({ count: 400 });
  });

  test("answers every question", async () => {
    const page = await json("reader", "/api/logs?q=large&limit=10");
    expect(page.records).toHaveLength(10);
    const next = await json("reader", `/api/logs?q=large&limit=10&cursor=${page.next_cursor}`);
    expect(next.records).toHaveLength(10);
    for (const path of [
      "/api/logs/histogram?from=1h",
      "/api/logs/facets?field=source",
      "/api/logs/values?field=source",
      "/api/logs/patterns?q=large",
      `/api/logs/context?id=${page.records[0].id}`,
      "/api/logs/trace?trace_id=trace-7",
      `/api/logs/aggregate?q=${encodeURIComponent("large | stats count() by source")}`,
      "/api/namespaces",
    ]) {
      await json("reader", path);
    }
    expect(await json("admin", "/api/stats")).toBeDefined();
    const { status, text } = await ask("reader", "/api/logs/export?q=large");
    // A line for each record, and one that says that it is all.
    expect([status, text.trim().split("\n").length]).toEqual([200, 1_001]);
  });

  test("is followed", async () => {
    const stop = new AbortController();
    const response = await fetch(`${service.url}/api/logs/stream?q=followed`, {
      headers: { authorization: `Bearer ${service.keys.reader}` },
      signal: stop.signal,
    });
    // What is stored before the follower stands in line is none of it.
    const writing = setInterval(() => {
      void ask("writer", "/api/logs", post({ message: "followed at last" }));
    }, 200);
    const decoder = new TextDecoder();
    let heard = "";
    for await (const part of response.body ?? []) {
      heard += decoder.decode(part, { stream: true });
      if (heard.includes("followed at last")) break;
    }
    clearInterval(writing);
    stop.abort();
    expect(heard).toContain("followed at last");
  });

  test("is administered: clearing, levels, keys and their audit", async () => {
    await json("admin", "/api/admin/clear", post({ namespace: "default", q: "alone" }));
    expect(await json("reader", "/api/logs/count?q=alone")).toMatchObject({ count: 0 });
    await json("admin", "/api/admin/levels", {
      ...post({ source: "service-1", level: "WARN" }),
      method: "PUT",
    });
    expect(await json("writer", "/api/levels")).toMatchObject({
      levels: [{ source: "service-1", level: "WARN" }],
    });
    await json("admin", "/api/admin/keys/reader/revoke", { method: "POST" });
    expect(await ask("reader", "/api/logs")).toMatchObject({ status: 401 });
    await json("admin", "/api/admin/keys/reader/restore", { method: "POST" });
    expect(await json("admin", "/api/logs?namespace=audit")).toMatchObject({
      records: [{}, {}, {}, {}],
    });
    await json("admin", "/api/admin/tombstones");
  });

  // Half a minute, for which the other server would show nothing more.
  test.runIf(durability === "always")("drops what a namespace holds too much", async () => {
    // Numbers that nothing compresses.
    const noise = () =>
      Array.from({ length: 1_000 }, () => ({
        message: Array.from({ length: 40 }, () => Math.random().toString(36).slice(2)).join(" "),
      }));
    for (let n = 0; n < 12; n++) {
      await json("writer", "/api/logs?namespace=small", post(noise()));
    }
    const dropped = async () => {
      const { namespaces } = await json("admin", "/api/namespaces");
      const small = namespaces.find(({ name }: { name: string }) => name === "small");
      return small.bytes <= 2_000_000;
    };
    expect(await until(dropped)).toBe(true);
  });

  test("needs nothing that Redis refuses its user", async () => {
    expect(await admin.call("ACL", "LOG")).toEqual([]);
    // And none of it rests on the keys of anybody else.
    const keys = await admin.keys("*");
    expect(keys.length).toBeGreaterThan(4);
    expect(keys.filter((key) => !/^(?:nl:|\{nl:)/.test(key))).toEqual([]);
  });
});
