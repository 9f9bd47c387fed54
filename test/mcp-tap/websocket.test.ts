import { once } from "node:events";

import { expect, test } from "vitest";
import { WebSocket } from "ws";

import { startRawHttp } from "./support/raw-http.ts";
import { startSink } from "./support/sink.ts";
import { startTapOn } from "./support/tap.ts";

async function open(url: string, headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(url, ["mcp"], { headers });
  await once(socket, "open");
  return socket;
}

async function ask(socket: WebSocket, text: string): Promise<string> {
  const answered = once(socket, "message");
  socket.send(text);
  return String((await answered)[0]);
}

test("subprotocol, headers and messages cross, and each message is recorded", async () => {
  await using server = await startRawHttp("dewey");
  await using sink = await startSink();
  const tap = await startTapOn(server.wsUrl, [], { NEURALLOG_URL: sink.url });
  const socket = await open(tap.url);
  expect([socket.protocol, socket.extensions]).toEqual(["mcp", ""]);
  const answer = await ask(socket, '{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
  expect(JSON.parse(answer).result.tools[0].name).toBe("list_capabilities");
  await expect.poll(() => sink.records.length).toBe(2);
  expect(sink.records.map(({ metadata }) => metadata)).toMatchObject([
    { transport: "websocket", direction: "to-server", kind: "request", method: "tools/list" },
    { transport: "websocket", direction: "to-client", kind: "response", method: "tools/list" },
  ]);
  expect(sink.records[0]?.trace_id).toBe(sink.records[1]?.trace_id);
  socket.close();
});

test("messages of every length cross as they are, binary ones and large ones too", async () => {
  await using server = await startRawHttp("dewey");
  await using sink = await startSink();
  const tap = await startTapOn(server.wsUrl, [], { NEURALLOG_URL: sink.url });
  const socket = await open(tap.url);
  for (const length of [4, 125, 126, 127, 65_535, 65_536, 1_000_000]) {
    const text = `echo${"é".repeat(length)}`;
    expect(await ask(socket, text)).toBe(text);
  }
  await expect.poll(() => sink.records.length).toBeGreaterThan(14);
  const sizes = new Set(sink.records.map(({ metadata }) => metadata?.["bytes"]));
  expect([...sizes]).toEqual([12, 254, 256, 258, 131_074, 131_076, 2_000_004]);
  socket.close();
});

test("a connection's own trace is that of its messages that name none", async () => {
  await using server = await startRawHttp("dewey");
  await using sink = await startSink();
  const tap = await startTapOn(server.wsUrl, [], { NEURALLOG_URL: sink.url });
  const socket = await open(tap.url, { "x-trace-id": "order-7" });
  await ask(socket, '{"jsonrpc":"2.0","id":1,"method":"ping"}');
  const _meta = { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" };
  await ask(socket, JSON.stringify({ jsonrpc: "2.0", id: 2, method: "ping", params: { _meta } }));
  await expect.poll(() => sink.records.length).toBe(4);
  expect(new Set(sink.records.map(({ trace_id }) => trace_id))).toEqual(
    new Set(["order-7", "4bf92f3577b34da6a3ce929d0e0e4736"]),
  );
  socket.close();
});

test("a close crosses with its code, in both directions", async () => {
  await using server = await startRawHttp("dewey");
  const tap = await startTapOn(server.wsUrl);
  const socket = await open(tap.url);
  socket.close(4_001, "enough");
  const [code] = await once(socket, "close");
  expect(code).toBe(4_001);
});

test("attack: bytes that are no frames are forwarded, and what is behind them is left alone", async () => {
  await using server = await startRawHttp("dewey");
  await using sink = await startSink();
  const tap = await startTapOn(server.wsUrl, [], { NEURALLOG_URL: sink.url });
  const socket = await open(tap.url);
  // A reserved bit that nobody agreed on: the server ends the connection, not the tap.
  Reflect.get(socket, "_socket").write(Buffer.from([0xf1, 0x80, 0, 0, 0, 0]));
  const [code] = await once(socket, "close");
  expect(code).toBe(1002);
  const other = await open(tap.url);
  expect(await ask(other, '{"jsonrpc":"2.0","id":1,"method":"ping"}')).toContain("result");
  other.close();
});

test("a server that is not there refuses the upgrade with 502", async () => {
  const tap = await startTapOn("ws://127.0.0.1:1");
  const socket = new WebSocket(tap.url, ["mcp"]);
  const [error] = await once(socket, "error");
  expect(String(error)).toContain("502");
});
