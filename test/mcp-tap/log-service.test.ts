import type { IncomingMessage, ServerResponse } from "node:http";

import { expect, test } from "vitest";

import { freePort } from "../support/port.ts";
import { startRawHttp } from "./support/raw-http.ts";
import { startSink } from "./support/sink.ts";
import { startTap, startTapOn } from "./support/tap.ts";

/** Whatever the log service does, clients and servers do not notice. */

const ping = {
  method: "POST",
  body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
  headers: { "content-type": "application/json" },
};

type Behaviour = (request: IncomingMessage, answer: ServerResponse) => void;
const answering =
  (status: number, body: string, headers: Record<string, string> = {}): Behaviour =>
  (request, answer) => {
    request.resume();
    answer.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  };

test.each<readonly [string, Behaviour]>([
  ["fails with 500", answering(500, '{"error":{"code":"NL_INTERNAL","message":"broken"}}')],
  ["refuses the key", answering(401, '{"error":{"code":"NL_UNAUTHENTICATED","message":"who"}}')],
  ["is somebody else", answering(200, "<html>")],
  ["asks to wait for a year", answering(429, "{}", { "retry-after": "31536000" })],
  ["sends its clients elsewhere", answering(302, "", { location: "http://127.0.0.1:1/" })],
  ["takes no batch", answering(413, "<html>too large</html>", { "content-type": "text/html" })],
  [
    "says a byte a second",
    (_request, answer) => {
      answer.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => answer.write(" "), 1_000);
      answer.once("close", () => clearInterval(timer));
    },
  ],
  ["hangs up", (request) => void request.socket.destroy()],
  ["never answers", () => {}],
])(
  "a log service that %s is answered for by health, and by nothing else",
  async (_what, behaviour) => {
    await using server = await startRawHttp("dewey");
    await using sink = await startSink();
    sink.behave(behaviour);
    const tap = await startTapOn(server.url, [], { NEURALLOG_URL: sink.url });
    for (let at = 0; at < 20; at += 1) {
      const answer = await fetch(tap.url, ping);
      expect(await answer.text()).toBe('{"jsonrpc":"2.0","id":1,"result":{}}');
    }
    await expect.poll(sink.requests).toBeGreaterThan(0);
    const { status, recording } = await tap.health();
    expect([status, recording?.recorded]).toEqual(["forwarding", 0]);
    expect(recording?.messages).toEqual({ to_server: 20, to_client: 20 });
  },
);

test("what was forwarded while the log service was away is recorded when it comes", async () => {
  await using server = await startRawHttp("dewey");
  const port = await freePort();
  const tap = await startTapOn(server.url, [], { NEURALLOG_URL: `http://127.0.0.1:${port}` });
  for (let at = 0; at < 5; at += 1) await (await fetch(tap.url, ping)).text();
  const connected = async () => (await tap.health()).recording?.log_service.connected;
  await expect.poll(connected).toBe(false);
  expect((await tap.health()).recording?.log_service.last_error?.reason).toContain("cannot reach");
  await using sink = await startSink(port);
  await expect.poll(() => sink.records.length).toBe(10);
  await expect.poll(connected).toBe(true);
});

test("attack: a server that floods its client while the log service is away fills no memory", async () => {
  await using server = await startRawHttp("dewey");
  server.behave((_request, answer) => {
    answer.writeHead(200, { "content-type": "text/event-stream" });
    const event = `data: {"jsonrpc":"2.0","method":"x","params":{"text":"${"y".repeat(1_000)}"}}\n\n`;
    for (let at = 0; at < 15_000; at += 1) answer.write(event);
    answer.end();
    return true;
  });
  const tap = await startTapOn(server.url, [], { NEURALLOG_URL: "http://127.0.0.1:1" });
  const answer = await fetch(tap.url, ping);
  expect((await answer.text()).length).toBeGreaterThan(15_000_000);
  await expect.poll(async () => (await tap.health()).recording?.messages.to_client).toBe(15_000);
  const { recording } = await tap.health();
  expect(recording?.dropped).toBeGreaterThan(4_000);
  expect(recording?.queued).toBeLessThanOrEqual(10_501);
});

test("attack: a tap that is to record through itself does not start", async () => {
  const port = await freePort();
  const tap = startTap(["--port", String(port), "--health-port", "0", "http://127.0.0.1:1/mcp"], {
    NEURALLOG_URL: `http://127.0.0.1:${port}`,
  });
  expect(await tap.ended).toEqual({ code: 2, signal: null });
  expect(tap.err()).toContain("it would record itself");
});
