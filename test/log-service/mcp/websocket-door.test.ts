import { once } from "node:events";
import { connect } from "node:net";

import { pino } from "pino";
import { WebSocketServer } from "ws";
import { afterEach, describe, expect, test } from "vitest";

import { BodyBudget } from "../../../apps/log-service/src/access/body-budget.ts";
import { ServiceError } from "../../../apps/log-service/src/errors.ts";
import { createApp } from "../../../apps/log-service/src/http/app.ts";
import { HTTP_LIMITS, MCP_LIMITS } from "../../../apps/log-service/src/limits.ts";
import type { McpCaller } from "../../../apps/log-service/src/mcp/caller.ts";
import { RemoteLogApi } from "../../../apps/log-service/src/mcp/remote.ts";
import { ConnectionBounds } from "../../../apps/log-service/src/mcp/websocket/bounds.ts";
import {
  addMcpSocketDoor,
  type McpSocketOptions,
} from "../../../apps/log-service/src/mcp/websocket/door.ts";
import { ExpressLane } from "../../../apps/log-service/src/mcp/websocket/express-lane.ts";
import { SocketRoom } from "../../../apps/log-service/src/mcp/websocket/socket-room.ts";
import { SocketTransport } from "../../../apps/log-service/src/mcp/websocket/socket-transport.ts";
import { Metrics } from "../../../apps/log-service/src/observe/metrics.ts";
import { RawSocket } from "./raw-socket.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

// What these tests ask is answered without a log service behind.
const api = new RemoteLogApi("http://127.0.0.1:1", "nlk_test");
const caller = (
  name: string,
  recheck: () => Promise<void> = () => Promise.resolve(),
): McpCaller => ({ name, api, recheck });

async function openDoor(
  options: Partial<McpSocketOptions>,
  limits: Parameters<typeof createApp>[0]["limits"] = HTTP_LIMITS,
): Promise<string> {
  const app = createApp({ logger: pino({ level: "silent" }), metrics: new Metrics(), limits });
  addMcpSocketDoor(app, {
    identify: async ({ headers }) => caller(headers.authorization ?? "nobody"),
    bodies: new BodyBudget(),
    publicHosts: [],
    toolNames: "dotted",
    report: () => undefined,
    ...options,
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  closing.push(() => app.close());
  const [address] = app.addresses();
  if (typeof address !== "object") throw new Error("no address");
  return `ws://127.0.0.1:${address.port}`;
}

function client(url: string, key = "a"): RawSocket {
  const socket = new RawSocket(url, key);
  closing.push(() => socket[Symbol.asyncDispose]());
  return socket;
}

describe("the WebSocket door", () => {
  test("attack: one key's connections are bounded, and leave room for others'", async () => {
    const url = await openDoor({ connections: { most: 3, ofCaller: 2 } });
    const mine = [await client(url).open(), await client(url).open()];
    expect(await client(url).refused()).toBe(503);
    await client(url, "b").open();
    mine[0]?.socket.close();
    await expect.poll(() => mine[0]?.closed).toBeDefined();
    await client(url).open();
  });

  test("says which bound it is, and when to come again", () => {
    const bounds = new ConnectionBounds(1, 1);
    bounds.enter();
    const enter = () => bounds.enter();
    expect(enter).toThrow(
      expect.objectContaining({ code: "NL_MCP_CONNECTIONS", status: 503, retryAfterSeconds: 10 }),
    );
  });

  test("attack: all connections together are bounded, whoever opens them", async () => {
    const url = await openDoor({ connections: { most: 2, ofCaller: 2 } });
    await client(url, "a").open();
    await client(url, "b").open();
    expect(await client(url, "c").refused()).toBe(503);
  });

  test("a key that is revoked while its connection is open ends it", async () => {
    let isRevoked = false;
    const recheck = async () => {
      if (isRevoked) throw new ServiceError("NL_KEY_REVOKED");
    };
    const url = await openDoor({ identify: async () => caller("a", recheck), recheckMs: 10 });
    const socket = await client(url).open();
    socket.send({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    await expect.poll(() => socket.answerTo(1)).toBeDefined();
    isRevoked = true;
    await expect.poll(() => socket.closed).toBe(1008);
  });

  test("a key that cannot be looked at keeps its connection", async () => {
    let looks = 0;
    const recheck = async () => {
      looks += 1;
      throw new ServiceError("NL_ISSUER_UNAVAILABLE");
    };
    const url = await openDoor({ identify: async () => caller("a", recheck), recheckMs: 10 });
    const socket = await client(url).open();
    await expect.poll(() => looks).toBeGreaterThan(3);
    socket.send({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    await expect.poll(() => socket.answerTo(1)).toBeDefined();
  });
});

test("attack: a handshake of one slow byte after the other is ended in time", async () => {
  const limits = { ...HTTP_LIMITS, headersMs: 300, checkMs: 100 };
  const { hostname, port } = new URL(await openDoor({}, limits));
  const socket = connect(Number(port), hostname);
  let isClosed = false;
  socket.on("error", () => undefined).on("close", () => (isClosed = true));
  const drip = setInterval(() => socket.write("G"), 50);
  closing.push(async () => clearInterval(drip));
  socket.resume();
  await expect.poll(() => isClosed).toBe(true);
});

test("attack: with no room left, a call is refused by its id, and a message that is half sent ends its connection", async () => {
  const bodies = new BodyBudget({ all: 1024 * 1024, perKey: 1024 * 1024 });
  const url = await openDoor({ bodies });
  const [small, large] = [await client(url).open(), await client(url).open()];
  const others = bodies.open("others");
  others.resize(1024 * 1024);
  small.send({ jsonrpc: "2.0", id: "a", method: "tools/list" });
  await expect.poll(() => small.answerTo("a")?.error?.code).toBe(-32_050);
  expect(small.answerTo("a")?.error?.message).toContain("NL_STORE_BUSY");
  large.socket.send("x".repeat(128 * 1024), { fin: false });
  await expect.poll(() => large.closed).toBe(1013);
  others.close();
  small.send({ jsonrpc: "2.0", id: "b", method: "tools/list" });
  await expect.poll(() => small.answerTo("b")?.result).toBeDefined();
});

test("attack: a client that asks and never reads is ended where memory is short, and holds nothing then", async () => {
  const bodies = new BodyBudget({ all: 1024 * 1024, perKey: 512 * 1024 });
  const url = await openDoor({ bodies });
  const silent = await client(url).open();
  silent.socket.pause();
  // What the system takes on the way, some megabytes, is not ours.
  for (let n = 0; n < 2_000; n += 1) silent.send({ jsonrpc: "2.0", id: n, method: "tools/list" });
  await expect.poll(() => bodies.held).toBe(0);
  silent.socket.resume();
  await expect.poll(() => silent.closed).toBe(1006);
  expect(silent.answers.length).toBeLessThan(2_000);
});

describe("a connection's transport", () => {
  /** Both ends of a connection, without a door. */
  async function pair(options: ConstructorParameters<typeof RawSocket>[2]) {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    await once(server, "listening");
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("no address");
    const { port } = address;
    const coming = once(server, "connection");
    const far = new RawSocket(`ws://127.0.0.1:${port}`, undefined, options);
    closing.push(() => far[Symbol.asyncDispose]());
    const [near, request] = await coming;
    const signal = new AbortController().signal;
    const deps = {
      api,
      toolNames: "dotted",
      report: () => undefined,
      trace: undefined,
      signal,
    } as const;
    return {
      far,
      near,
      transport: new SocketTransport(
        near,
        request.socket,
        new ExpressLane(deps),
        new SocketRoom(new BodyBudget(), "a"),
      ),
    };
  }

  test("ends a client that is gone without a word", async () => {
    const { far, transport } = await pair({ autoPong: false });
    transport.beat();
    expect(far.closed).toBe(undefined);
    transport.beat();
    await expect.poll(() => far.closed).toBe(1006);
  });

  test("keeps a client that sends, though its answer to a ping has to wait", async () => {
    const { far, transport } = await pair({ autoPong: false });
    await once(far.socket, "open");
    for (let beats = 1; beats <= 3; beats += 1) {
      transport.beat();
      far.send("{{{");
      await expect.poll(() => far.answers.length).toBe(beats);
    }
  });

  test("keeps a client that answers", async () => {
    const { far, near, transport } = await pair({});
    let pongs = 0;
    near.on("pong", () => (pongs += 1));
    for (let beats = 1; beats <= 3; beats += 1) {
      transport.beat();
      await expect.poll(() => pongs).toBe(beats);
    }
    expect(far.closed).toBe(undefined);
  });

  test("attack: ends a client that never reads what it asked for", async () => {
    const { far, near, transport } = await pair({});
    await once(far.socket, "open");
    far.socket.pause();
    const text = "x".repeat(MCP_LIMITS.socketWaitingBytes);
    for (let n = 0; n < 16; n += 1) {
      await transport.send({ jsonrpc: "2.0", method: "notifications/message", params: { text } });
    }
    let ended = false;
    void once(near, "close").then(() => (ended = true));
    await expect
      .poll(() => {
        transport.beat();
        return ended;
      })
      .toBe(true);
  });
});
