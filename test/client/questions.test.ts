import { afterAll, beforeAll, expect, test } from "vitest";

import { startTestService, type TestService } from "../log-service/http/support.ts";

let service: TestService;
const TIME = "2026-01-02T03:04:05.000Z";

beforeAll(async () => {
  service = await startTestService();
  await service.client("writer").write(
    Array.from({ length: 20 }, (_, index) => ({
      message: `payment ${index} took ${index * 10} ms`,
      level: index % 4 === 0 ? "ERROR" : "INFO",
      source: index % 2 === 0 ? "checkout" : "gateway",
      trace_id: index < 4 ? "t1" : `t${index}`,
      span_id: `s${index % 2}`,
      timestamp: new Date(Date.parse(TIME) + index * 1_000).toISOString(),
      metadata: { ms: index * 10 },
    })),
  );
});

afterAll(() => service.stop());

const client = () => service.client("reader");

test("a search takes a query in the language", async () => {
  const page = await client().search({ q: "level:ERROR source:checkout metadata.ms>100" });
  expect(page.records.map(({ metadata }) => metadata?.["ms"])).toEqual([160, 120]);
});

test("pages of a query with relative times are pages of one search", async () => {
  const ms: unknown[] = [];
  for await (const { metadata } of client().searchAll({
    q: "timestamp>=-3650d received<=now",
    order: "asc",
    limit: 3,
  })) {
    ms.push(metadata?.["ms"]);
    // Now is another millisecond on each page.
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(ms).toEqual(Array.from({ length: 20 }, (_, index) => index * 10));
});

test("a query that is wrong is refused with a place and a caret", async () => {
  await expect(client().search({ q: "level:ERROR (" })).rejects.toMatchObject({
    code: "NL_QUERY_INVALID",
    status: 400,
    details: { line: 1 },
  });
});

test("a count tells how many match, and how many of each value", async () => {
  const { count, by } = await client().count({ q: "payment", by: "level" });
  expect(count).toBe(20);
  expect(by?.values).toEqual([
    { value: "INFO", count: 15 },
    { value: "ERROR", count: 5 },
  ]);
});

test("a histogram counts by time and level", async () => {
  const { interval_ms, buckets, count } = await client().histogram({ interval: "10s" });
  expect(interval_ms).toBe(10_000);
  expect(buckets.map((bucket) => bucket.count)).toEqual([5, 10, 5]);
  expect(buckets[0]?.levels).toMatchObject({ ERROR: 2, INFO: 3 });
  expect(count).toBe(20);
});

test("an interval that would make too many buckets is widened", async () => {
  const { interval_ms, buckets } = await client().histogram({ interval: 1, buckets: 10 });
  expect(interval_ms).toBeGreaterThan(1);
  expect(buckets.length).toBeLessThanOrEqual(2_000);
});

test("facets are the commonest values of several fields", async () => {
  const { facets } = await client().facets({ field: ["source", "metadata.ms"], limit: 2 });
  expect(facets[0]).toMatchObject({
    field: "source",
    values: [
      { value: "checkout", count: 10 },
      { value: "gateway", count: 10 },
    ],
    more: false,
  });
  expect(facets[1]).toMatchObject({ field: "metadata.ms", more: true });
});

test("values are the distinct ones of a field, by prefix where asked", async () => {
  const { values } = await client().values({ field: "trace_id", prefix: "t1" });
  expect(values.map(({ value }) => value)).toEqual([
    "t1",
    ...Array.from({ length: 10 }, (_, n) => `t1${n}`),
  ]);
});

test("patterns are what messages have in common", async () => {
  const { patterns, count } = await client().patterns();
  expect(count).toBe(20);
  expect(patterns[0]).toMatchObject({ count: 20, levels: { ERROR: 5, INFO: 15 } });
  expect(patterns[0]?.pattern).toContain("<*>");
});

test("a context is what came before and after a record of the same source", async () => {
  const { records } = await client().search({ q: "metadata.ms=100" });
  const id = records[0]?.id ?? "";
  const { before, record, after } = await client().context({ id, before: 2, after: 1 });
  const ms = (list: readonly { metadata?: unknown }[]) => list.map(({ metadata }) => metadata);
  expect(ms(before)).toEqual([{ ms: 60 }, { ms: 80 }]);
  expect(record.id).toBe(id);
  expect(ms(after)).toEqual([{ ms: 120 }]);
  const wide = await client().context({ id, before: 1, after: 1, same: "namespace" });
  expect(ms([...wide.before, ...wide.after])).toEqual([{ ms: 90 }, { ms: 110 }]);
});

test("the context of a record that is not there is not found", async () => {
  await expect(client().context({ id: "1111101z" })).rejects.toMatchObject({
    code: "NL_ID_NOT_FOUND",
    status: 404,
  });
});

test("a trace is its records across sources, with durations", async () => {
  const trace = await client().trace({ trace_id: "t1" });
  expect(trace.records).toHaveLength(4);
  expect(trace.duration_ms).toBe(3_000);
  expect(trace.sources).toMatchObject([
    { name: "checkout", records: 2, offset_ms: 0, duration_ms: 2_000 },
    { name: "gateway", records: 2, offset_ms: 1_000, duration_ms: 2_000 },
  ]);
  expect(trace.spans.map(({ name }) => name)).toEqual(["s0", "s1"]);
});

test("an aggregate is a table", async () => {
  const { columns, rows } = await client().aggregate({ q: "* | stats count() as n by source" });
  expect(columns).toEqual(["source", "n"]);
  expect(rows).toEqual([
    { source: "checkout", n: 10 },
    { source: "gateway", n: 10 },
  ]);
});

test("a search with pipes is sent to the aggregate", async () => {
  await expect(client().search({ q: "* | stats count()" })).rejects.toMatchObject({
    code: "NL_QUERY_PIPES",
  });
});

test("an export gives everything, oldest first", async () => {
  const ms: unknown[] = [];
  for await (const { metadata } of client().export({ q: "source:checkout" }))
    ms.push(metadata?.["ms"]);
  expect(ms).toEqual(Array.from({ length: 10 }, (_, index) => index * 20));
});

test("a wrong export has a status of its own", async () => {
  const first = client().export({ q: "(" }).next();
  await expect(first).rejects.toMatchObject({ code: "NL_QUERY_INVALID", status: 400 });
});

test("the service says how it does", async () => {
  const { store, namespaces, uptime_seconds } = await client().stats();
  expect(store).toMatchObject({ ready: true, records: 20, queue: { records: 0 } });
  expect(namespaces).toMatchObject([{ name: "default", records: 20 }]);
  expect(uptime_seconds).toBeGreaterThanOrEqual(0);
});
