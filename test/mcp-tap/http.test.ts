import { once } from "node:events";
import { connect } from "node:net";

import { expect, test } from "vitest";

import { startRawHttp } from "./support/raw-http.ts";
import { startSink } from "./support/sink.ts";
import { startTapOn } from "./support/tap.ts";

const json = { "content-type": "application/json" };
const events = { ...json, accept: "application/json, text/event-stream" };
const call = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"render"}}';
const id = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${id}-00f067aa0ba902b7-01`;
const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("a request and its answer cross as they are, with path, query, status and headers", async () => {
  await using server = await startRawHttp("dewey");
  const tap = await startTapOn(server.url);
  const body = '{"jsonrpc":"2.0" , "id":1.0,"method":"ping"}';
  const answer = await fetch(`${tap.url}?a=%20b`, {
    method: "POST",
    body,
    headers: { ...json, authorization: "Bearer secret-of-the-client", "mcp-session-id": "s1" },
  });
  expect(await answer.text()).toBe('{"jsonrpc":"2.0","id":1,"result":{}}');
  expect([answer.status, answer.headers.get("mcp-session-id")]).toEqual([200, "s1"]);
  expect(server.seen).toMatchObject([
    {
      method: "POST",
      url: "/mcp?a=%20b",
      body,
      headers: {
        host: new URL(server.url).host,
        authorization: "Bearer secret-of-the-client",
        "mcp-session-id": "s1",
      },
    },
  ]);
});

test("an answer in server-sent events is recorded as the answer to its request", async () => {
  await using server = await startRawHttp("gates");
  await using sink = await startSink();
  const tap = await startTapOn(server.url, [], { NEURALLOG_URL: sink.url });
  const body = call.replace("render", "list_capabilities");
  const answer = await fetch(tap.url, {
    method: "POST",
    body,
    headers: { ...events, "mcp-protocol-version": "2025-11-25" },
  });
  expect(await answer.text()).toContain("data: {");
  await expect.poll(() => sink.records.length).toBe(2);
  expect(sink.records.map(({ metadata }) => metadata)).toMatchObject([
    { kind: "request", transport: "http", path: "/mcp", protocol: "2025-11-25" },
    {
      kind: "error",
      method: "tools/call",
      tool: "list_capabilities",
      error_code: "-32602",
      status: 200,
    },
  ]);
});

test("each event of a stream arrives while the stream is open", async () => {
  await using server = await startRawHttp("dewey");
  server.behave((request, answer) => {
    if (request.method !== "GET") return false;
    answer.writeHead(200, { "content-type": "text/event-stream" });
    answer.write('data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n');
    return true;
  });
  await using sink = await startSink();
  const tap = await startTapOn(server.url, [], { NEURALLOG_URL: sink.url });
  const stop = new AbortController();
  const answer = await fetch(tap.url, { headers: events, signal: stop.signal });
  const { value } = (await answer.body?.getReader().read()) ?? {};
  expect(new TextDecoder().decode(value)).toContain("list_changed");
  await expect.poll(() => sink.records.length).toBe(1);
  // No request: nobody invented a trace for what a server says on its own.
  expect(sink.records[0]?.trace_id).toBeUndefined();
  stop.abort();
});

test("an answer that has only begun is there before its first event", async () => {
  await using server = await startRawHttp("dewey");
  server.behave((_request, answer) => {
    answer.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    return true;
  });
  const tap = await startTapOn(server.url);
  const stop = new AbortController();
  const answer = await fetch(tap.url, { headers: events, signal: stop.signal });
  expect(answer.status).toBe(200);
  stop.abort();
});

test("a request without a trace gets a UUID, which the server and the records have", async () => {
  await using server = await startRawHttp("dewey");
  await using sink = await startSink();
  const tap = await startTapOn(server.url, [], { NEURALLOG_URL: sink.url });
  await fetch(tap.url, { method: "POST", body: call, headers: json });
  await expect.poll(() => sink.records.length).toBe(2);
  const passed = server.seen[0]?.headers["x-trace-id"];
  expect(passed).toMatch(uuid4);
  expect(sink.records.map(({ trace_id }) => trace_id)).toEqual([passed, passed]);
});

test.each([
  ["X-Trace-ID", { "x-trace-id": "order-7", traceparent }, "order-7", {}],
  ["traceparent", { traceparent }, id, {}],
  ["the message's own _meta", {}, id, { _meta: { traceparent } }],
])("a request that has a trace in %s keeps it", async (_what, headers, expected, params) => {
  await using server = await startRawHttp("dewey");
  await using sink = await startSink();
  const tap = await startTapOn(server.url, [], { NEURALLOG_URL: sink.url });
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping", params });
  await fetch(tap.url, { method: "POST", body, headers: { ...json, ...headers } });
  await expect.poll(() => sink.records.length).toBe(2);
  expect(server.seen[0]).toMatchObject({ body, headers: { "x-trace-id": expected, ...headers } });
  expect(sink.records.map(({ trace_id }) => trace_id)).toEqual([expected, expected]);
});

test("a body of many megabytes crosses, both ways", async () => {
  await using server = await startRawHttp("dewey");
  const tap = await startTapOn(server.url);
  const params = { name: "render", arguments: { text: "x".repeat(9_000_000) } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  const answer = await (await fetch(tap.url, { method: "POST", body, headers: json })).text();
  expect([server.seen[0]?.body === body, answer.length > 9_000_000]).toEqual([true, true]);
});

test("no record has what authorises: no header but those named, no query, no session id", async () => {
  await using server = await startRawHttp("dewey");
  await using sink = await startSink();
  const tap = await startTapOn(server.url, [], { NEURALLOG_URL: sink.url });
  await fetch(`${tap.url}?api_key=secret1`, {
    method: "POST",
    body: call,
    headers: {
      ...json,
      authorization: "Bearer secret2",
      cookie: "sid=secret3",
      "x-api-key": "secret4",
      "mcp-session-id": "secret5",
    },
  });
  await expect.poll(() => sink.records.length).toBe(2);
  expect(JSON.stringify(sink.records)).not.toContain("secret");
});

test("an error without a message is recorded with its status", async () => {
  await using server = await startRawHttp("dewey");
  await using sink = await startSink();
  const tap = await startTapOn(server.url, [], { NEURALLOG_URL: sink.url });
  expect((await fetch(tap.url, { method: "DELETE" })).status).toBe(405);
  await expect
    .poll(() => sink.records)
    .toMatchObject([{ metadata: { kind: "empty", status: 405, http_method: "DELETE" } }]);
});

test("a server that is not there is answered for with 502, and said in the log", async () => {
  await using sink = await startSink();
  const tap = await startTapOn("http://127.0.0.1:1/mcp", [], { NEURALLOG_URL: sink.url });
  const answer = await fetch(tap.url, { method: "POST", body: call, headers: json });
  expect([answer.status, await answer.json()]).toMatchObject([
    502,
    { error: { code: "TAP_SERVER_UNREACHABLE" } },
  ]);
  await expect.poll(() => sink.records.map(({ level }) => level)).toContain("WARN");
});

test("half an answer stays half an answer", async () => {
  await using server = await startRawHttp("dewey");
  server.behave((_request, answer) => {
    answer.writeHead(200, { ...json, "content-length": "100" });
    answer.write("{", () => answer.destroy());
    return true;
  });
  const tap = await startTapOn(server.url);
  const answer = await fetch(tap.url, { method: "POST", body: call, headers: json });
  await expect(answer.text()).rejects.toThrow(/terminated/);
});

test("attack: a page that reached the tap by a name of its own is refused", async () => {
  await using server = await startRawHttp("dewey");
  const tap = await startTapOn(server.url, ["--allow-host", "tap.example"]);
  const { port } = new URL(tap.url);
  const ask = async (host: string, at: string = port) => {
    const socket = connect(Number(at), "127.0.0.1");
    socket.write(
      `POST /mcp HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
    );
    let answer = "";
    socket.on("data", (text) => (answer += String(text)));
    await once(socket, "close");
    return answer.slice(9, 12);
  };
  expect(await ask("evil.example")).toBe("403");
  expect(server.seen).toEqual([]);
  for (const host of ["tap.example", `localhost:${port}`]) expect(await ask(host)).not.toBe("403");
  const health = /health at http:\/\/127\.0\.0\.1:(\d+)/.exec(tap.err())?.[1];
  expect(await ask("evil.example", health)).toBe("403");
});

test("attack: a trace id that would end its header is passed on to nobody", async () => {
  await using server = await startRawHttp("dewey");
  const tap = await startTapOn(server.url);
  const _meta = { traceparent: `00-${id}-00f067aa0ba902b7-01\r\nx-evil: 1` };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping", params: { _meta } });
  await fetch(tap.url, { method: "POST", body, headers: json });
  expect(server.seen[0]?.headers["x-trace-id"]).toMatch(uuid4);
  expect(server.seen[0]?.headers["x-evil"]).toBeUndefined();
});

test("two clients that number their requests alike are told apart", async () => {
  await using server = await startRawHttp("dewey");
  server.behave((request, answer) => {
    request.on("data", (chunk) => {
      const { id: asked, method } = JSON.parse(String(chunk));
      const wait = method === "slow" ? 50 : 0;
      setTimeout(() => {
        answer.writeHead(200, json).end(JSON.stringify({ jsonrpc: "2.0", id: asked, result: {} }));
      }, wait);
    });
    return true;
  });
  await using sink = await startSink();
  const tap = await startTapOn(server.url, [], { NEURALLOG_URL: sink.url });
  const send = (method: string) =>
    fetch(tap.url, {
      method: "POST",
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method }),
      headers: json,
    });
  await Promise.all([send("slow"), send("fast")]);
  await expect.poll(() => sink.records.length).toBe(4);
  const answers = sink.records.filter(({ metadata }) => metadata?.["kind"] === "response");
  expect(answers.map(({ metadata }) => metadata?.["method"])).toEqual(["fast", "slow"]);
});

test("a connection that the server closes is closed to its client, and used by nobody again", async () => {
  await using server = await startRawHttp("dewey");
  server.behave((request, answer) => {
    request.resume();
    // Said to nobody: as a server that has waited for long enough.
    answer.once("close", () => request.socket.destroy());
    answer.writeHead(200, json).end('{"jsonrpc":"2.0","id":1,"result":{}}');
    return true;
  });
  const tap = await startTapOn(server.url);
  const socket = connect(Number(new URL(tap.url).port), "127.0.0.1");
  const closed = once(socket, "close");
  let answer = "";
  socket.on("data", (text) => (answer += String(text)));
  socket.write(
    `POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${call.length}\r\n\r\n${call}`,
  );
  await closed;
  expect(answer).toContain('"result":{}');
});

test("a body in chunks, and a client that waits to be told to go on, cross", async () => {
  await using server = await startRawHttp("dewey");
  const tap = await startTapOn(server.url);
  const socket = connect(Number(new URL(tap.url).port), "127.0.0.1");
  const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
  const [first, second] = [body.slice(0, 10), body.slice(10)];
  socket.write(
    "POST /mcp HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\nconnection: close\r\n" +
      "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
  );
  let answer = "";
  socket.on("data", (text) => (answer += String(text)));
  await expect.poll(() => answer).toContain("100 Continue");
  for (const part of [first, second]) socket.write(`${part.length.toString(16)}\r\n${part}\r\n`);
  socket.write("0\r\n\r\n");
  await once(socket, "close");
  expect(answer).toContain('"result":{}');
  expect(server.seen[0]?.body).toBe(body);
});
