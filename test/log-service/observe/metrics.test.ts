import { gzipSync } from "node:zlib";

import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { startRedis, type TestRedis } from "../../support/redis.ts";
import { redisUsers, startService, type TestService } from "../../support/service.ts";
import { readScrape, sumOf, type Scrape } from "./scrape.ts";

/** What the service tells after traffic whose figures are known, on a Redis with a tenant's rights. */

let redis: TestRedis;
let service: TestService;
let scrape: Scrape;
/** Bodies as they were before compression. */
const BODIES: Record<string, string> = {
  json: JSON.stringify([
    { message: "one", namespace: "web" },
    { message: "two", namespace: "web" },
    { message: "three", namespace: "payments" },
    { nonsense: 1 },
  ]),
  ndjson: Array.from({ length: 1_000 }, (_, at) => JSON.stringify({ message: `batch ${at}` })).join(
    "\n",
  ),
  loki: JSON.stringify({
    streams: [{ stream: { app: "shop" }, values: [[`${Date.now()}000000`, "pushed"]] }],
  }),
};
const MIB = 1024 * 1024;

async function call(key: "writer" | "reader" | "admin", path: string, init: RequestInit = {}) {
  const response = await fetch(`${service.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${service.keys[key]}`, ...init.headers },
  });
  return { status: response.status, text: await response.text() };
}

async function read(): Promise<Scrape> {
  return readScrape(await (await fetch(`${service.opsUrl}/metrics`)).text());
}

/** Waits until a sample has a value; before the tests, where `expect.poll` is not to be had. */
function until(name: string, value: number): Promise<void> {
  return vi.waitFor(async () => expect((await read()).get(name)).toBe(value), {
    timeout: 30_000,
    interval: 100,
  });
}

function mustBe(status: number, answer: { readonly status: number; readonly text: string }): void {
  if (answer.status !== status) throw new Error(`${answer.status} instead: ${answer.text}`);
}

beforeAll(async () => {
  redis = await startRedis({
    users: redisUsers,
    config: ["appendonly yes", "appendfsync always", "maxmemory 64mb"],
  });
  service = await startService({
    redisUrl: redis.url,
    env: { NEURALLOG_RETENTION_AGE_SECONDS: "3600" },
  });
  const post = (path: string, body: string | Buffer, headers: Record<string, string>) =>
    call("writer", path, { method: "POST", body, headers });
  const json = { "content-type": "application/json" };
  mustBe(200, await post("/api/logs", BODIES["json"] ?? "", json));
  const ndjson = { "content-type": "application/x-ndjson", "content-encoding": "gzip" };
  const packed = gzipSync(BODIES["ndjson"] ?? "");
  mustBe(200, await post("/api/logs", packed, ndjson));
  mustBe(204, await post("/loki/api/v1/push", BODIES["loki"] ?? "", json));
  mustBe(415, await post("/api/logs", "{}", { "content-type": "text/xml" }));
  for (let at = 0; at < 20; at += 1) {
    await post("/api/logs?namespace=singles", '{"message":"s"}', json);
  }
  // What is merged until then is known: the single posts, and nothing else is worth it.
  await until("neurallog_merged_records_total", 20);
  // What is stored is asked for once a moment only, whoever scrapes.
  await until('neurallog_blocks{namespace="singles",size="large"}', 1);
  mustBe(200, await call("reader", "/api/logs?q=batch&limit=1000"));
  mustBe(200, await call("reader", "/api/logs/count?q=message~%22%5Cd%22"));
  mustBe(200, await call("reader", "/api/logs/export?q=batch"));
  await until("neurallog_follow_events_total", 0);
  const aborter = new AbortController();
  const followed = await fetch(`${service.url}/api/logs/stream?q=followed&namespace=web`, {
    headers: { authorization: `Bearer ${service.keys.reader}` },
    signal: aborter.signal,
  });
  const reader = followed.body?.getReader();
  await until("neurallog_follow_filters", 1);
  await post("/api/logs?namespace=web", '{"message":"followed"}', json);
  await until("neurallog_follow_events_total", 1);
  scrape = await read();
  await reader?.cancel();
  aborter.abort();
});

afterAll(async () => {
  await service.stop();
  await redis.stop();
});

test("counts records and bytes in by protocol and namespace", () => {
  const all = [...scrape].filter(([name]) => name.startsWith("neurallog_records_in_total"));
  expect(Object.fromEntries(all)).toEqual({
    'neurallog_records_in_total{protocol="json",namespace="web"}': 3,
    'neurallog_records_in_total{protocol="json",namespace="payments"}': 1,
    'neurallog_records_in_total{protocol="json",namespace="singles"}': 20,
    'neurallog_records_in_total{protocol="ndjson",namespace="default"}': 1_000,
    'neurallog_records_in_total{protocol="loki",namespace="default"}': 1,
  });
  const bytes = (protocol: string) =>
    sumOf(scrape, `neurallog_bytes_in_total{protocol="${protocol}"`);
  expect(bytes("ndjson")).toBe(BODIES["ndjson"]?.length);
  expect(bytes("loki")).toBe(BODIES["loki"]?.length);
  const singles = 20 * '{"message":"s"}'.length + '{"message":"followed"}'.length;
  expect(bytes("json")).toBeCloseTo((BODIES["json"]?.length ?? 0) + singles, 6);
});

test("counts what was rejected and refused by its reason", () => {
  expect(scrape.get('neurallog_records_rejected_total{code="NL_RECORD_UNKNOWN_FIELD"}')).toBe(1);
  expect(scrape.get('neurallog_requests_refused_total{code="NL_CONTENT_TYPE"}')).toBe(1);
});

test("tells of commits, their latency and the queue", () => {
  // Each write, and the audit's entries none: nobody administered.
  expect(scrape.get("neurallog_commit_seconds_count")).toBe(24);
  expect(scrape.get("neurallog_commit_seconds_sum")).toBeGreaterThan(0);
  expect(scrape.get('neurallog_commit_seconds_bucket{le="10"}')).toBe(24);
  // The batch of two namespaces became two.
  expect(scrape.get("neurallog_blocks_committed_total")).toBe(25);
  expect(scrape.get("neurallog_block_bytes_committed_total")).toBeGreaterThan(2_000);
  expect(scrape.get("neurallog_queue_records")).toBe(0);
  expect(scrape.get("neurallog_queue_text_units")).toBe(0);
  expect(scrape.get("neurallog_commit_retries_total")).toBe(0);
  expect(scrape.get("neurallog_commit_failures_total")).toBe(0);
});

test("tells what is stored: records, bytes, blocks, and the debt of merging", () => {
  expect(scrape.get('neurallog_records{namespace="default"}')).toBe(1_001);
  expect(scrape.get('neurallog_records{namespace="singles"}')).toBe(20);
  expect(scrape.get('neurallog_blocks{namespace="default",size="large"}')).toBe(1);
  expect(scrape.get('neurallog_blocks{namespace="default",size="small"}')).toBe(1);
  expect(scrape.get('neurallog_blocks{namespace="singles",size="large"}')).toBe(1);
  expect(scrape.get('neurallog_blocks{namespace="singles",size="small"}')).toBe(0);
  expect(scrape.get("neurallog_merge_debt_records")).toBe(0);
  expect(scrape.get("neurallog_merge_debt_blocks")).toBe(0);
  expect(scrape.get("neurallog_merged_blocks_total")).toBe(20);
  expect(scrape.get("neurallog_tombstones")).toBe(0);
  const stored = Number(scrape.get('neurallog_stored_bytes{namespace="default"}'));
  expect(stored).toBeGreaterThan(2_000);
  expect(stored).toBeLessThan(100_000);
  const data = sumOf(scrape, "neurallog_redis_memory_data_bytes");
  expect(scrape.get("neurallog_bytes_per_record")).toBeCloseTo(
    data / sumOf(scrape, "neurallog_records{"),
    6,
  );
  expect(scrape.get("neurallog_header_bytes")).toBeGreaterThan(1_000);
});

test("tells of questions: latency by kind, and bytes scanned", () => {
  expect(scrape.get('neurallog_query_seconds_count{kind="search"}')).toBe(1);
  expect(scrape.get('neurallog_query_seconds_count{kind="count"}')).toBe(1);
  expect(scrape.get('neurallog_query_seconds_count{kind="export"}')).toBe(1);
  expect(scrape.get("neurallog_query_scanned_bytes_total")).toBeGreaterThan(5_000);
});

test("tells of followers", () => {
  expect(scrape.get("neurallog_followers")).toBe(1);
  expect(scrape.get("neurallog_follow_filters")).toBe(1);
  expect(scrape.get("neurallog_follow_events_total")).toBe(1);
  expect(scrape.get("neurallog_follow_dropped_total")).toBe(0);
});

test("tells of Redis", async () => {
  const server = `server="127.0.0.1:${redis.port}"`;
  expect(scrape.get("neurallog_store_up")).toBe(1);
  expect(scrape.get(`neurallog_redis_memory_max_bytes{${server}}`)).toBe(64 * MIB);
  const used = Number(scrape.get(`neurallog_redis_memory_used_bytes{${server}}`));
  expect(used).toBeGreaterThan(MIB / 2);
  expect(used).toBeLessThan(64 * MIB);
  expect(scrape.get(`neurallog_redis_file_ok{${server}}`)).toBe(1);
  expect(scrape.get(`neurallog_redis_replicas{${server}}`)).toBe(0);
  const info = [...scrape.keys()].find((name) => name.startsWith("neurallog_redis_info{"));
  expect(info).toMatch(
    /server="127\.0\.0\.1:\d+",version="(redis|valkey) \d[\d.]+",role="master",policy="noeviction",durability="always"/,
  );
});

test("tells of the process: event loop, threads, memory, requests", () => {
  const delay = (quantile: string) =>
    Number(scrape.get(`neurallog_event_loop_delay_seconds{quantile="${quantile}"}`));
  expect(delay("1")).toBeGreaterThan(0);
  expect(delay("1")).toBeGreaterThanOrEqual(delay("0.99"));
  expect(delay("0.99")).toBeGreaterThanOrEqual(delay("0.5"));
  expect(scrape.get('neurallog_thread_deaths_total{thread="query"}')).toBe(0);
  expect(scrape.get('neurallog_thread_deaths_total{thread="work"}')).toBe(0);
  expect(scrape.get("process_resident_memory_bytes")).toBeGreaterThan(30 * MIB);
  const posts = 'neurallog_http_request_seconds_count{route="/api/logs",status="415"}';
  expect(scrape.get(posts)).toBe(1);
});

test("leaves out what cannot be asked for while Redis is away, and goes on telling the rest", async () => {
  await using gone = await startRedis({ users: redisUsers });
  await using other = await startService({ redisUrl: gone.url });
  await gone.kill();
  const later = async () => readScrape(await (await fetch(`${other.opsUrl}/metrics`)).text());
  await expect.poll(async () => (await later()).get("neurallog_store_up")).toBe(0);
  const told = await later();
  for (const name of ["neurallog_merge_debt_records", "neurallog_bytes_per_record"]) {
    expect([name, told.has(name)]).toEqual([name, false]);
  }
  expect(sumOf(told, "neurallog_redis_info")).toBe(0);
  expect(told.get("neurallog_followers")).toBe(0);
});

test("attack: namespaces without end make no series without end", async () => {
  const { Metrics } = await import("../../../apps/log-service/src/observe/metrics.ts");
  const metrics = new Metrics();
  for (let at = 0; at < 500; at += 1) metrics.stored("json", [[`n${at}`, 2]], 10, 0.001);
  const told = readScrape(await metrics.registry.metrics());
  const series = [...told.keys()].filter((name) => name.startsWith("neurallog_records_in_total"));
  expect(series).toHaveLength(65);
  expect(told.get('neurallog_records_in_total{protocol="json",namespace="OTHERS"}')).toBe(
    2 * (500 - 64),
  );
  expect(sumOf(told, "neurallog_bytes_in_total")).toBe(5_000);
});

test("counts what retention drops, by namespace and reason", async () => {
  await using small = await startRedis({ users: redisUsers });
  await using other = await startService({
    redisUrl: small.url,
    env: { NEURALLOG_RETENTION_BYTES: String(MIB) },
  });
  const noise = () => Buffer.from(crypto.getRandomValues(new Uint8Array(1_500))).toString("base64");
  for (let at = 0; at < 4; at += 1) {
    const response = await fetch(`${other.url}/api/logs`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${other.keys.writer}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(Array.from({ length: 600 }, () => ({ message: noise() }))),
    });
    expect(response.status).toBe(200);
  }
  const told = async () => readScrape(await (await fetch(`${other.opsUrl}/metrics`)).text());
  const labels = '{namespace="default",reason="bytes"}';
  await expect
    .poll(async () => (await told()).get(`neurallog_retention_blocks_total${labels}`))
    .toBe(3);
  const after = await told();
  expect(after.get(`neurallog_retention_records_total${labels}`)).toBe(1_800);
  expect(after.get(`neurallog_retention_bytes_total${labels}`)).toBeGreaterThan(2 * MIB);
  await expect.poll(async () => sumOf(await told(), "neurallog_records{")).toBe(600);
});
