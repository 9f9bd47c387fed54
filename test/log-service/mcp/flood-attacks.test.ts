import { connect } from "node:net";

import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";

import { ask, startTestService, type TestService } from "../http/support.ts";
import { openDoor } from "./logger-site.ts";
import { RawSocket } from "./raw-socket.ts";

/** Many at once, of those who have no business here: they are refused, and who has one is served. */

const LIST = { jsonrpc: "2.0", id: "list", method: "tools/list" };
const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "flood", version: "1" },
  },
};

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ env: { NEURALLOG_MCP_WS_PORT: "0" } });
});
afterAll(() => service.stop());

async function isServed(): Promise<boolean> {
  await using socket = await new RawSocket(service.socketUrl, service.key("admin")).open();
  socket.send(LIST);
  await expect.poll(() => socket.answerTo("list")?.result).toBeDefined();
  return true;
}

const post = (url: string, key: string, message: object, headers: object = {}) =>
  ask(url, {
    method: "POST",
    body: JSON.stringify(message),
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
  });

test("attack: a flood of upgrades by strangers is refused one by one, and callers come in", async () => {
  const strangers = Array.from({ length: 300 }, (_, n) =>
    new RawSocket(service.socketUrl, n % 2 === 0 ? undefined : `nlk_invented${n}`).refused(),
  );
  expect(await isServed()).toBe(true);
  expect(new Set(await Promise.all(strangers))).toEqual(new Set([401]));
});

test("attack: handshakes that are never finished keep nobody out", async () => {
  const { hostname, port } = new URL(service.socketUrl);
  for (let n = 0; n < 300; n += 1) {
    const socket = connect(Number(port), hostname, () =>
      socket.write("GET /mcp HTTP/1.1\r\nhost: l"),
    );
    socket.on("error", () => undefined);
    onTestFinished(() => void socket.destroy());
  }
  expect(await isServed()).toBe(true);
});

test("attack: a flood of sessions begins none: nothing is kept between requests", async () => {
  const url = `${service.url}/mcp`;
  const key = service.key("admin");
  const begun = await Promise.all(Array.from({ length: 200 }, () => post(url, key, INITIALIZE)));
  expect(new Set(begun.map(({ status }) => status))).toEqual(new Set([200]));
  expect(begun.filter(({ headers }) => headers.has("mcp-session-id"))).toEqual([]);
  // An invented one is of no more worth than none.
  const headers = { "mcp-session-id": "x".repeat(1_000), "mcp-protocol-version": "2025-11-25" };
  expect((await post(url, key, LIST, headers)).status).toBe(200);
});

test("attack: a flood of invented keys at an endpoint gets no further than its door", async () => {
  await using door = await openDoor("remote", service);
  const key = service.key("reader");
  expect((await post(door.url, key, LIST)).status).toBe(200);
  const flood = Array.from({ length: 200 }, (_, n) => post(door.url, `nlk_invented${n}`, LIST));
  expect((await post(door.url, key, LIST)).status).toBe(200);
  const answers = await Promise.all(flood);
  const kinds = new Set(answers.map(({ status }) => status));
  // 503 for those beyond what the log service is asked about at once.
  expect([...kinds].filter((status) => status !== 401 && status !== 503)).toEqual([]);
  expect(JSON.stringify(answers.map(({ body }) => body))).not.toContain("tools");
});
