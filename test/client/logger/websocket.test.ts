import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";

import { freePort } from "../../support/port.ts";
import { startProxy } from "../proxy.ts";
import { failed, startMcpServer, STORED } from "./mcp-server.ts";
import { startCollector, startLogger } from "./support.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";

test("records are calls of logger_log over one connection with the subprotocol mcp", async () => {
  await using server = await startMcpServer({ key: "nlk_1" });
  await using started = startLogger({ url: server.url, key: "nlk_1", namespace: "shop" });
  const { logger } = started;
  logger.info("one", { order: 1, password: "x" });
  logger.fatal("two", { trace_id: TRACE, span_id: "b7ad6b7169203331" });
  await expect.poll(() => logger.stats()).toMatchObject({ sent: 2, queued: 0, rejected: 0 });
  expect(server.logged).toMatchObject([
    {
      component: "checkout",
      level: "INFO",
      message: "one",
      namespace: "shop",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/),
      data: { order: 1, password: "[REDACTED]" },
    },
    { level: "FATAL", message: "two", trace_id: TRACE, span_id: "b7ad6b7169203331" },
  ]);
  expect(server.connections()).toBe(1);
  expect(server.requests[0]?.headers["sec-websocket-protocol"]).toBe("mcp");
});

test("what the tool of an older server does not know is left out, and FATAL is ERROR to it", async () => {
  await using server = await startMcpServer({ isOld: true });
  await using started = startLogger({ url: server.url, namespace: "shop" });
  started.logger.fatal("down", { a: 1 });
  started.logger.info("up", { trace_id: TRACE, span_id: "b7ad6b7169203331" });
  await expect.poll(() => started.logger.stats().sent).toBe(2);
  expect(server.logged).toEqual([
    { component: "checkout", level: "ERROR", message: "down", data: { a: 1 } },
    {
      component: "checkout",
      level: "INFO",
      message: "up",
      trace_id: TRACE,
      data: { span_id: "b7ad6b7169203331" },
    },
  ]);
});

test("a trace id in a form that the tool does not take goes among the data", async () => {
  await using server = await startMcpServer();
  await using started = startLogger({ url: server.url });
  started.logger.info("m", { trace_id: "order-42" });
  await expect.poll(() => started.logger.stats().sent).toBe(1);
  expect(server.logged).toMatchObject([{ data: { trace_id: "order-42" } }]);
  expect(server.logged[0]).not.toHaveProperty("trace_id");
});

test("up to 64 calls are under way at once", async () => {
  let [open, most] = [0, 0];
  await using server = await startMcpServer({
    answer: async () => {
      open += 1;
      most = Math.max(most, open);
      await sleep(5);
      open -= 1;
      return STORED;
    },
  });
  await using started = startLogger({ url: server.url });
  for (let at = 0; at < 300; at++) started.logger.info(`record ${at}`);
  await expect.poll(() => started.logger.stats()).toMatchObject({ sent: 300, queued: 0 });
  expect(most).toBeGreaterThan(8);
  expect(most).toBeLessThanOrEqual(64);
  expect(server.logged.map(({ message }) => message)).toEqual(
    Array.from({ length: 300 }, (_, at) => `record ${at}`),
  );
});

test("a connection that breaks is made again, and what had no answer is sent again", async () => {
  await using server = await startMcpServer();
  await using started = startLogger({ url: server.url, batch: { ms: 5 } });
  const { logger } = started;
  for (let at = 0; at < 500; at++) {
    logger.info(`record ${at}`);
    if (at % 100 === 50) server.cut();
    if (at % 10 === 0) await sleep(2);
  }
  await expect.poll(() => logger.stats()).toMatchObject({ sent: 500, queued: 0, dropped: 0 });
  expect(new Set(server.logged.map(({ message }) => message)).size).toBe(500);
  expect(server.connections()).toBeGreaterThan(1);
});

test("a record that the service refuses is counted; a service that cannot store now is asked again", async () => {
  await using server = await startMcpServer({
    answer: ({ message }, count) => {
      if (message === "bad") return failed("The message was not stored.\nNL_RECORD_TOO_LARGE: no");
      return count <= 2 ? failed("NL_STORE_BUSY: Too many writes are waiting") : STORED;
    },
  });
  await using started = startLogger({ url: server.url });
  started.logger.info("good");
  started.logger.info("bad");
  await expect
    .poll(() => started.logger.stats())
    .toMatchObject({ sent: 1, rejected: 1, queued: 0 });
  expect(started.errors).toMatchObject([{ code: "NL_STORE_BUSY" }]);
});

test("a call that finds the service busy is made again", async () => {
  await using server = await startMcpServer({
    refuse: (count) =>
      count > 2 ? undefined : { code: -32_050, message: "NL_STORE_BUSY: Try again in 1 s." },
  });
  await using started = startLogger({ url: server.url });
  started.logger.info("one");
  started.logger.info("two");
  await expect
    .poll(() => started.logger.stats())
    .toMatchObject({ sent: 2, rejected: 0, queued: 0 });
  expect(server.logged.map(({ message }) => message)).toEqual(["one", "two"]);
});

test.for(["NL_QUERY_BUSY", "NL_ISSUER_UNAVAILABLE"])(
  "a call that fails with %s is made again until it does not",
  async (code) => {
    await using server = await startMcpServer({
      answer: (_logged, count) => (count <= 3 ? failed(`${code}: not now`) : STORED),
    });
    await using started = startLogger({ url: server.url });
    started.logger.info("m");
    await expect.poll(() => started.logger.stats()).toMatchObject({ sent: 1, rejected: 0 });
    expect(started.errors[0]).toMatchObject({ code });
    expect(server.connections()).toBe(1);
  },
);

test.for(["NL_KEY_EXPIRED", "NL_TOKEN_INVALID", "NL_UNAUTHENTICATED", "NL_FORBIDDEN_ROLE"])(
  "a key that is refused with %s over an open connection is read again, and the record sent with it",
  async (code) => {
    let keys = 0;
    await using server = await startMcpServer({
      answer: () => (keys < 2 ? failed(`${code}: no`) : STORED),
    });
    await using started = startLogger({
      url: server.url,
      key: () => {
        keys += 1;
        return `nlk_${keys}`;
      },
    });
    started.logger.info("m");
    await expect.poll(() => started.logger.stats()).toMatchObject({ sent: 1, rejected: 0 });
    expect(started.errors).toMatchObject([{ code }]);
    expect(server.connections()).toBe(2);
  },
);

test("a key that stays refused over an open connection is not tried for ever, and costs no other record", async () => {
  await using server = await startMcpServer({
    answer: ({ message }) =>
      message === "theirs" ? STORED : failed("NL_FORBIDDEN_NAMESPACE: not yours"),
  });
  await using started = startLogger({ url: server.url });
  started.logger.info("theirs");
  started.logger.info("other");
  await expect
    .poll(() => started.logger.stats())
    .toMatchObject({ sent: 1, rejected: 1, queued: 0 });
  expect(started.errors).toHaveLength(3);
});

test("a key that is refused for the third time costs none of the records that are stored with it", async () => {
  await using server = await startMcpServer({
    answer: ({ message }, count) =>
      message === "one" && count > 4 ? STORED : failed("NL_KEY_REVOKED: no"),
  });
  await using started = startLogger({ url: server.url });
  started.logger.info("one");
  started.logger.info("two");
  await expect
    .poll(() => started.logger.stats())
    .toMatchObject({ sent: 1, rejected: 1, queued: 0 });
});

test("a refused record whose reason speaks of a busy one is not sent again", async () => {
  await using server = await startMcpServer({
    answer: () => failed("NL_RECORD_FIELD_VALUE: NL_STORE_BUSY: is no level"),
  });
  await using started = startLogger({ url: server.url });
  started.logger.info("m");
  await expect.poll(() => started.logger.stats()).toMatchObject({ rejected: 1, queued: 0 });
  expect(server.logged).toHaveLength(1);
});

test("a record whose arguments are refused is counted and not sent again", async () => {
  await using server = await startMcpServer({ wantsMore: true });
  await using started = startLogger({ url: server.url });
  started.logger.info("m");
  await expect.poll(() => started.logger.stats()).toMatchObject({ rejected: 1, queued: 0 });
  expect(server.logged).toEqual([]);
});

test("a wrong key is not tried for ever", async () => {
  await using server = await startMcpServer({ key: "right" });
  await using started = startLogger({ url: server.url, key: "wrong" });
  started.logger.info("m");
  await expect.poll(() => started.logger.stats()).toMatchObject({ rejected: 1, queued: 0 });
  expect(started.errors).toHaveLength(3);
  expect(started.errors[0]?.message).toContain("401");
});

test("a server that has no room for a connection is asked again when it says", async () => {
  let asked = 0;
  await using collector = await startCollector((_seen, response) => response.end());
  const server = createServer();
  server.on("upgrade", (_request, socket) => {
    asked += 1;
    socket.end("HTTP/1.1 503 Service Unavailable\r\nretry-after: 60\r\nconnection: close\r\n\r\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    await using started = startLogger({ url: `ws://127.0.0.1:${port}`, levelsUrl: collector.url });
    started.logger.info("m");
    await expect.poll(() => started.errors.length).toBe(1);
    expect(await started.logger.flush(400)).toBe(false);
    expect(asked).toBe(1);
    expect(started.logger.stats()).toMatchObject({ queued: 1, rejected: 0 });
  } finally {
    server.close();
  }
});

test("a server without the tool is told of", async () => {
  await using server = await startMcpServer({ toolName: "other" });
  await using started = startLogger({ url: server.url });
  started.logger.info("m");
  await expect.poll(() => started.errors.at(0)?.message).toContain("no tool logger_log");
});

test("attack: a server that takes the connection and never answers the handshake", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    await using started = startLogger({ url: `ws://127.0.0.1:${port}` });
    started.logger.info("m");
    await expect.poll(() => started.errors.at(0)).toMatchObject({ code: "NLC_TIMEOUT" });
    expect(started.logger.stats().queued).toBe(1);
  } finally {
    for (const socket of server.clients) socket.terminate();
    server.close();
  }
});

test("attack: a server that freezes in the middle is left after a while, and nothing is lost", async () => {
  await using server = await startMcpServer();
  await using proxy = await startProxy(server.url);
  const url = proxy.url.replace("http", "ws");
  await using started = startLogger({ url, answerTimeoutMs: 300, batch: { ms: 5 } });
  started.logger.info("one");
  await expect.poll(() => started.logger.stats().sent).toBe(1);
  proxy.freeze();
  started.logger.info("two");
  await expect.poll(() => started.logger.stats().sent).toBe(2);
  expect(started.errors).toMatchObject([{ code: "NLC_TIMEOUT" }]);
});

test("attack: frames that are no JSON-RPC, and answers nobody asked for", async () => {
  await using server = await startMcpServer();
  await using started = startLogger({ url: server.url });
  started.logger.info("one");
  await expect.poll(() => started.logger.stats().sent).toBe(1);
  for (const frame of [
    "{",
    "null",
    "[]",
    '{"id":1}',
    '{"jsonrpc":"2.0","id":999,"result":{}}',
    '{"jsonrpc":"2.0","id":{},"method":"x"}',
  ])
    server.say(frame);
  started.logger.info("two");
  await expect.poll(() => started.logger.stats().sent).toBe(2);
  expect(started.errors).toEqual([]);
});

test("a handshake that goes wrong is told with its reason", async () => {
  const server = createServer();
  server.on("upgrade", (_request, socket) => {
    socket.end(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
    );
  });
  const port = await freePort();
  await once(server.listen(port, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  await using started = startLogger({ url: `ws://127.0.0.1:${port}` });
  started.logger.info("m");
  await expect.poll(() => started.errors.length).toBeGreaterThan(0);
  expect(started.errors[0]?.message).toMatch(/^cannot reach .*: Invalid Sec-WebSocket-Accept/);
});
