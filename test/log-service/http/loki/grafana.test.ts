import { once } from "node:events";

import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";

import { jsonPush } from "../../ingest/loki/support.ts";
import { startTestService, type TestService } from "../support.ts";

/** The calls that Grafana's data source makes, in its own form, from its health check to the live tail. */

const MINUTE = 60_000;
const nowMs = Math.floor(Date.now() / MINUTE) * MINUTE;
const nanos = (ms: number) => `${ms}000000`;
const range = { start: nanos(nowMs - 10 * MINUTE), end: nanos(nowMs + 7_000) };
const selector = '{app="shop"}';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({
    keys: [
      { name: "writer", role: "writer" },
      { name: "reader", role: "reader" },
      { name: "payments", role: "reader", namespaces: ["payments"] },
    ],
  });
  // Ten lines, a minute apart, the last of them a moment ago; every fifth is an error.
  const values = Array.from({ length: 10 }, (_, index) => [
    nanos(nowMs - (9 - index) * MINUTE + (index === 9 ? 1_000 : 0)),
    `level=${index % 5 === 0 ? "error" : "info"} msg=paid ms=${index}`,
    { trace_id: `t${index}` },
  ]);
  await push("default", { stream: { app: "shop", env: "prod" }, values });
  await push("payments", {
    stream: { app: "ledger" },
    values: [[nanos(nowMs), "of payments"]],
  });
});
afterAll(() => service.stop());

async function push(org: string, ...pushed: readonly object[]): Promise<void> {
  const { status } = await service.call("writer", "/loki/api/v1/push", {
    method: "POST",
    headers: { "content-type": "application/json", "x-scope-orgid": org },
    body: new Uint8Array(jsonPush(...pushed)),
  });
  expect(status).toBe(204);
}

function basic(key: string): Record<string, string> {
  return {
    authorization: `Basic ${Buffer.from(`grafana:${service.key(key)}`).toString("base64")}`,
  };
}

async function ask(
  path: string,
  parameters: Readonly<Record<string, string>>,
  { key = "reader", headers = {}, form = false }: AskOptions = {},
) {
  const text = new URLSearchParams(parameters).toString();
  const url = `${service.url}/loki/api/v1/${path}`;
  const init = { headers: { ...basic(key), ...headers } };
  return form
    ? // fetch names the type of a form itself.
      fetch(url, { ...init, method: "POST", body: new URLSearchParams(parameters) })
    : fetch(`${url}?${text}`, init);
}

interface AskOptions {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: boolean;
}

interface Data {
  readonly resultType: string;
  readonly stats: { readonly summary: { readonly totalEntriesReturned: number } };
  readonly result: readonly {
    readonly stream: Readonly<Record<string, string>>;
    readonly metric: Readonly<Record<string, string>>;
    readonly values: readonly (readonly [time: number | string, value: string, extra?: object])[];
  }[];
}

async function read(...args: Parameters<typeof ask>): Promise<Data> {
  const response = await ask(...args);
  const answer: { readonly status: string; readonly data: Data } = JSON.parse(
    await response.text(),
  );
  expect(answer).toMatchObject({ status: "success" });
  return answer.data;
}

test("the health check adds two vectors at one moment", async () => {
  const query = "vector(1)+vector(1)";
  expect(await read("query", { query, time: range.end, direction: "backward" })).toMatchObject({
    resultType: "vector",
    result: [{ metric: {}, value: [(nowMs + 7_000) / 1000, "2"] }],
  });
});

test("the label browser reads labels, their values and the streams of a selector", async () => {
  expect(await read("labels", range)).toEqual(
    expect.arrayContaining(["app", "env", "service_name"]),
  );
  expect(await read("labels", { ...range, query: '{app="ledger"}' })).not.toContain("env");
  expect(await read("label/app/values", { ...range, query: '{env="prod"}' })).toEqual(["shop"]);
  expect(await read("series", { ...range, "match[]": selector })).toMatchObject([
    { app: "shop", env: "prod", service_name: "shop" },
  ]);
});

test("the log views are told what they may ask for", async () => {
  const response = await ask("drilldown-limits", {});
  expect(await response.json()).toMatchObject({
    limits: { volume_enabled: true, max_entries_limit_per_query: 5_000, max_query_series: 500 },
    pattern_ingester_enabled: true,
    version: expect.stringMatching(/^3\./),
  });
});

test("the editor is told how much a selector would read", async () => {
  const response = await ask("index/stats", { ...range, query: selector });
  expect(await response.json()).toMatchObject({ streams: 1, entries: 10 });
});

test("Explore's lines tell labels, structured metadata and parsed fields apart", async () => {
  const data = await read(
    "query_range",
    {
      ...range,
      query: `${selector} |= "paid" | logfmt`,
      limit: "1000",
      direction: "backward",
      step: "2000ms",
    },
    { headers: { "x-loki-response-encoding-flags": "categorize-labels" } },
  );
  expect(data).toMatchObject({ resultType: "streams", encodingFlags: ["categorize-labels"] });
  expect(data.stats.summary.totalEntriesReturned).toBe(10);
  const [stream, ...others] = data.result;
  expect(others).toEqual([]);
  expect(stream?.stream).toMatchObject({ app: "shop", env: "prod", service_name: "shop" });
  expect(stream?.values).toHaveLength(10);
  expect(stream?.values[0]).toEqual([
    nanos(nowMs + 1_000),
    "level=info msg=paid ms=9",
    {
      structuredMetadata: { detected_level: "info", trace_id: "t9" },
      parsed: { level: "info", msg: "paid", ms: "9" },
    },
  ]);
});

test("the histogram above the lines counts each of them once, the newest included", async () => {
  const query = `sum by (level, detected_level) (count_over_time(${selector} |= "paid" [1m]))`;
  const data = await read("query_range", {
    ...range,
    query,
    step: "60000ms",
    direction: "backward",
  });
  expect(data.resultType).toBe("matrix");
  const total = (level: string) =>
    data.result
      .filter(({ metric }) => metric["detected_level"] === level)
      .flatMap(({ values }) => values)
      .reduce((sum, [, count]) => sum + Number(count), 0);
  expect([total("error"), total("info")]).toEqual([2, 8]);
});

test("a panel may ask by a form as well", async () => {
  const parameters = { ...range, query: `sum(rate(${selector}[5m]))`, step: "60" };
  const [fromForm, fromAddress] = await Promise.all([
    read("query_range", parameters, { form: true }),
    read("query_range", parameters),
  ]);
  expect(fromForm.result).toEqual(fromAddress.result);
  expect(fromForm.result).toHaveLength(1);
});

test("the lines around one are those before and after it", async () => {
  const middle = nowMs - 5 * MINUTE;
  const context = async (direction: string, start: number, end: number) => {
    const { result } = await read("query_range", {
      query: selector,
      direction,
      limit: "2",
      start: nanos(start),
      end: nanos(end),
    });
    return result
      .flatMap(({ values }) => values.map(([, line]) => line))
      .map((line) => /ms=(\d)/.exec(line)?.[1])
      .sort();
  };
  expect(await context("backward", nowMs - 60 * MINUTE, middle)).toEqual(["2", "3"]);
  expect(await context("forward", middle, nowMs + MINUTE)).toEqual(["4", "5"]);
});

test("the live tail goes on where the lines end", async () => {
  const query = new URLSearchParams({ query: selector, limit: "1", start: range.start });
  const socket = new WebSocket(`${service.url.replace("http", "ws")}/loki/api/v1/tail?${query}`, {
    headers: basic("reader"),
  });
  const lines: string[] = [];
  socket.on("message", (data) => {
    const message: { streams: { values: [string, string][] }[] } = JSON.parse(String(data));
    for (const { values } of message.streams) lines.push(...values.map(([, line]) => line));
  });
  await once(socket, "open");
  const stream = { app: "shop", env: "live" };
  await push("default", { stream, values: [[nanos(Date.now()), "live"]] });
  await expect.poll(() => lines).toEqual(["level=info msg=paid ms=9", "live"]);
  socket.terminate();
});

test("two tenants joined by a bar are read together and told apart", async () => {
  const parameters = { ...range, query: '{app=~"shop|ledger"}', limit: "1" };
  const headers = { "x-scope-orgid": "default|payments" };
  expect(await read("label/__tenant_id__/values", range, { headers })).toEqual([
    "default",
    "payments",
  ]);
  const { result } = await read(
    "query_range",
    { ...parameters, query: '{__tenant_id__="payments"}' },
    { headers },
  );
  expect(result).toMatchObject([{ stream: { __tenant_id__: "payments", app: "ledger" } }]);
});

test("a tenant that the key does not reach is refused, and none of it is in a list", async () => {
  const headers = { "x-scope-orgid": "default" };
  const refused = await ask("labels", range, { key: "payments", headers });
  expect(refused.status).toBe(403);
  expect(await read("label/app/values", range, { key: "payments" })).toEqual(["ledger"]);
});

test.each([
  ["query_range", { query: "{app=" }, 400, /^parse error at line 1, col 6: syntax error/],
  ["query", { query: selector }, 400, /^log queries are not supported as an instant query type/],
  ["series", { "match[]": "{" }, 400, /^parse error/],
  [
    "query_range",
    { query: `rate(${selector}[1s])`, step: "1ms", ...range },
    400,
    /^exceeded maximum/,
  ],
])(
  "a mistake in %s of %o is a status and a sentence, as Grafana shows it",
  async (path, parameters, status, text) => {
    const response = await ask(path, parameters);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await response.text()).toMatch(text);
  },
);
