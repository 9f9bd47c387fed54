import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";

import { tombstoneMask } from "../../../../apps/log-service/src/query/engine/tombstones.ts";
import type { LogStore } from "../../../../apps/log-service/src/store/port.ts";
import { createRedisStore } from "../../../../apps/log-service/src/store/redis/redis-store.ts";
import { startRedis, type TestRedis } from "../../../support/redis.ts";
import { startService, type TestService } from "../../../support/service.ts";
import { readyStore } from "../../store/redis/ready.ts";

/**
 * What was cleared is gone from every door that tells of records, at once, and stays gone after each
 * step of merging: small and large blocks, counted from their headers or read.
 */

interface Sent {
  readonly message: string;
  readonly source: string;
  readonly level: string;
  readonly timestamp: string;
  readonly trace_id: string;
}

const START = Date.parse("2026-03-01T00:00:00Z");
const SENT: readonly Sent[] = Array.from({ length: 660 }, (_, at) => ({
  message: `${["order", "refund", "login"][at % 3]} ${at}`,
  source: ["shop", "bank", "mail", "auth"][at % 4] ?? "",
  level: ["INFO", "WARN", "ERROR", "DEBUG", "INFO"][at % 5] ?? "",
  timestamp: new Date(START + at * 1_000).toISOString(),
  trace_id: `trace-${at % 2}`,
}));

let redis: TestRedis;
let service: TestService;
let merger: LogStore;
/** Where a search stood before anything was stored: what a follower goes on after. */
let before = "";
let left = SENT;

const headers = (key: "writer" | "reader" | "admin") => ({
  authorization: `Bearer ${service.keys[key]}`,
  "content-type": "application/json",
});

async function post(key: "writer" | "admin", path: string, body: unknown): Promise<unknown> {
  const init = { method: "POST", headers: headers(key), body: JSON.stringify(body) };
  const response = await fetch(`${service.url}${path}`, init);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
  return JSON.parse(text);
}

async function ask(path: string): Promise<string> {
  const response = await fetch(`${service.url}${path}`, { headers: headers("reader") });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path}: ${response.status}: ${text}`);
  return text;
}

beforeAll(async () => {
  redis = await startRedis();
  service = await startService({
    redisUrl: redis.url,
    env: {
      NEURALLOG_WORK: "none",
      NEURALLOG_REDIS_USERNAME: "default",
      NEURALLOG_REDIS_PASSWORD_FILE: "",
    },
  });
  await post("writer", "/api/logs", [{ ...SENT[0], message: "first", namespace: "other" }]);
  before = z.object({ position: z.string() }).parse(JSON.parse(await ask("/api/logs"))).position;
  for (const record of SENT.slice(0, 60)) await post("writer", "/api/logs", record);
  await post("writer", "/api/logs", SENT.slice(60));
  merger = await readyStore(
    createRedisStore({ url: redis.url }, { compileTombstone: tombstoneMask }),
  );
});
afterAll(async () => {
  await merger.close();
  await service.stop();
  await redis.stop();
});

const listOf = z.object({ records: z.array(z.object({ message: z.string() })) });
const counted = z.object({ count: z.number() });
const buckets = z.object({ buckets: z.array(z.object({ count: z.number() })) });
const facets = z.object({
  facets: z.array(
    z.object({ values: z.array(z.object({ value: z.string(), count: z.number() })) }),
  ),
});
const traced = z.object({ records: z.array(z.object({ message: z.string() })) });
const rows = z.object({ rows: z.array(z.record(z.string(), z.unknown())) });
const loki = z.object({
  data: z.object({
    result: z.array(z.object({ values: z.array(z.tuple([z.string(), z.string()])) })),
  }),
});

/** The messages that a follower gets who goes on from before all of them. */
async function followed(most: number): Promise<string[]> {
  const aborter = new AbortController();
  const response = await fetch(`${service.url}/api/logs/stream?namespace=default`, {
    headers: { ...headers("reader"), "last-event-id": before },
    signal: aborter.signal,
  });
  const messages: string[] = [];
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith('data: {"id"')) continue;
      messages.push(z.object({ message: z.string() }).parse(JSON.parse(line.slice(6))).message);
    }
    if (messages.length >= most) break;
  }
  aborter.abort();
  return messages;
}

/** Holds every door to what should be left. */
async function expectLeft(): Promise<void> {
  const wanted = left.map(({ message }) => message).toSorted();
  const json = async (path: string): Promise<unknown> => JSON.parse(await ask(path));
  const ns = "namespace=default";
  const found = listOf.parse(await json(`/api/logs?${ns}&limit=1000`));
  expect(found.records.map(({ message }) => message).toSorted()).toEqual(wanted);
  // From headers alone, and by reading each record.
  for (const q of ["", "&q=message~%22%5B0-9%5D%22"]) {
    expect(counted.parse(await json(`/api/logs/count?${ns}${q}`)).count).toBe(wanted.length);
    const histogram = buckets.parse(await json(`/api/logs/histogram?${ns}&interval=1m${q}`));
    expect(histogram.buckets.reduce((sum, { count }) => sum + count, 0)).toBe(wanted.length);
  }
  const bySource = new Map<string, number>();
  for (const { source } of left) bySource.set(source, (bySource.get(source) ?? 0) + 1);
  const facet = facets.parse(await json(`/api/logs/facets?${ns}&field=source`)).facets[0];
  expect(new Map(facet?.values.map(({ value, count }) => [value, count]))).toEqual(bySource);
  const values = await ask(`/api/logs/values?${ns}&field=source`);
  for (const source of ["shop", "bank", "mail", "auth"]) {
    expect([source, values.includes(`"${source}"`)]).toEqual([source, bySource.has(source)]);
  }
  const patterns = counted.parse(await json(`/api/logs/patterns?${ns}`));
  expect(patterns.count).toBe(wanted.length);
  const trace = traced.parse(await json(`/api/logs/trace?${ns}&trace_id=trace-1&limit=1000`));
  expect(trace.records).toHaveLength(left.filter(({ trace_id: id }) => id === "trace-1").length);
  const [row] = rows.parse(
    await json(`/api/logs/aggregate?${ns}&q=${encodeURIComponent("* | stats count() as n")}`),
  ).rows;
  expect(row).toEqual({ n: wanted.length });
  const exported = (await ask(`/api/logs/export?${ns}`)).split("\n");
  expect(exported.filter((line) => line.startsWith('{"id"'))).toHaveLength(wanted.length);
  const range = `start=${START}000000&end=${START + 3_600_000}000000&limit=5000`;
  const query = encodeURIComponent('{service_name=~".+"}');
  // "first" lies in another namespace, which a query without a tenant asks too.
  const lines = loki.parse(await json(`/loki/api/v1/query_range?query=${query}&${range}`));
  expect(lines.data.result.flatMap(({ values: of }) => of)).toHaveLength(wanted.length + 1);
  expect((await followed(wanted.length)).toSorted()).toEqual(wanted);
}

test("everything is there before", async () => {
  await expectLeft();
  expect(left).toHaveLength(660);
}, 60_000);

test.each<[string, object, (record: Sent) => boolean]>([
  ["a time", { to: "2026-03-01T00:00:30Z" }, ({ timestamp }) => timestamp < "2026-03-01T00:00:30"],
  ["a source", { source: "bank" }, ({ source }) => source === "bank"],
  ["a level", { level: "ERROR" }, ({ level }) => level === "ERROR"],
  [
    "a filter",
    { q: "refund AND level:WARN" },
    ({ message, level }) => message.startsWith("refund") && level === "WARN",
  ],
])(
  "what is cleared by %s is gone from every door at once, and over each step of merging",
  async (_by, what, isCleared) => {
    await post("admin", "/api/admin/clear", { namespace: "default", ...what });
    const were = left.length;
    left = left.filter((record) => !isCleared(record));
    expect(left.length).toBeLessThan(were);
    await expectLeft();
    for (let more = true; more;) {
      ({ more } = await merger.merge({ eager: true }));
      const count = counted.parse(JSON.parse(await ask("/api/logs/count?namespace=default")));
      expect(count.count).toBe(left.length);
    }
    await expectLeft();
    expect(await merger.tombstones(["default"])).toEqual([]);
  },
  60_000,
);
