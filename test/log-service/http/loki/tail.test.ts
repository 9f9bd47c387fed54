import { once } from "node:events";

import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";

import { jsonPush } from "../../ingest/loki/support.ts";
import { startTestService, type TestService } from "../support.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService({
    keys: [
      { name: "writer", role: "writer" },
      { name: "reader", role: "reader" },
      { name: "payments", role: "reader", namespaces: ["payments"] },
    ],
  });
});
afterAll(() => service.stop());

async function push(app: string, line: string, org?: string): Promise<void> {
  const values = [[`${Date.now()}000000`, line]];
  const { status } = await service.call("writer", "/loki/api/v1/push", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(org !== undefined && { "x-scope-orgid": org }),
    },
    body: new Uint8Array(jsonPush({ stream: { app }, values })),
  });
  expect(status).toBe(204);
}

/** Opens a tail and collects its lines. */
async function tail(query: string, key = "reader") {
  const url = `${service.url.replace("http", "ws")}/loki/api/v1/tail?query=${encodeURIComponent(query)}`;
  const basic = Buffer.from(`grafana:${service.key(key)}`).toString("base64");
  const socket = new WebSocket(url, { headers: { authorization: `Basic ${basic}` } });
  const lines: string[] = [];
  socket.on("message", (data) => {
    const message: { streams: { values: [string, string][] }[] } = JSON.parse(String(data));
    for (const { values } of message.streams) lines.push(...values.map(([, line]) => line));
  });
  await once(socket, "open");
  return { socket, lines, [Symbol.dispose]: () => socket.terminate() };
}

test("a tail begins with the lines before it and goes on with what comes, without gap or repeat", async () => {
  await push("t1", "before");
  using opened = await tail('{app="t1"}');
  await push("t1", "first");
  await push("other", "of somebody else");
  await push("t1", "second");
  await expect.poll(() => opened.lines).toEqual(["before", "first", "second"]);
});

test("a tail runs lines through the query's stages", async () => {
  using opened = await tail('{app="t2"} |= "pay" | logfmt | line_format "{{.user}} paid"');
  await push("t2", "pay user=ann");
  await push("t2", "refund user=bob");
  await expect.poll(() => opened.lines).toEqual(["ann paid"]);
});

test("a key sees the lines of its own namespaces alone", async () => {
  using opened = await tail('{app="t3"}', "payments");
  await push("t3", "of nobody's business", "orders");
  await push("t3", "a payment", "payments");
  await expect.poll(() => opened.lines).toEqual(["a payment"]);
});

test.each([
  ["without a key", {}, "query=%7B%7D", 401],
  ["with a writer's key", { key: "writer" }, "query=%7B%7D", 403],
  ["with a query that cannot be read", { key: "reader" }, "query=%7B", 400],
  ["for a namespace out of reach", { key: "payments", org: "orders" }, "query=%7B%7D", 403],
])(
  "a tail %s is refused before it is opened",
  async (_, { key, org }: { key?: string; org?: string }, query, status) => {
    const headers = {
      ...(key !== undefined && { authorization: `Bearer ${service.key(key)}` }),
      ...(org !== undefined && { "x-scope-orgid": org }),
    };
    const socket = new WebSocket(`${service.url.replace("http", "ws")}/loki/api/v1/tail?${query}`, {
      headers,
    });
    const [, response] = await once(socket, "unexpected-response");
    expect(response.statusCode).toBe(status);
  },
);

test("an upgrade of another path is answered, not left waiting", async () => {
  const socket = new WebSocket(`${service.url.replace("http", "ws")}/elsewhere`);
  const [, response] = await once(socket, "unexpected-response");
  expect(response.statusCode).toBe(404);
});

test("a tail's client that sends megabytes is cut off", async () => {
  using opened = await tail("{}");
  const closed = once(opened.socket, "close");
  opened.socket.send("x".repeat(1_000_000));
  const [code] = await closed;
  expect(code).toBe(1009);
});

test("asking without an upgrade is answered with 400, by which Grafana knows the path", async () => {
  const { status } = await service.call("reader", "/loki/api/v1/tail");
  expect(status).toBe(400);
});
