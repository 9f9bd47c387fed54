import { once } from "node:events";

import { expect, test } from "vitest";

import { startSink } from "./support/sink.ts";
import { healthOf, rawStdio, startTap } from "./support/tap.ts";

const server = (...args: string[]) => ["--", process.execPath, rawStdio, ...args];
/** A server that sends back every byte. */
const echo = ["--", "cat"];

test("every byte crosses as it is, in both directions: no JSON, no UTF-8, no last line feed", async () => {
  const tap = startTap(echo);
  const bytes = Buffer.concat([
    Buffer.from('{"a": 1.0e400, "b" :12345678901234567890}\r\n\n\n[]\nnot json\n'),
    Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0xc3]),
    Buffer.alloc(3_000_000, "x"),
  ]);
  tap.process.stdin.end(bytes);
  await tap.ended;
  expect(tap.out().equals(bytes)).toBe(true);
});

test("standard error is the server's own", async () => {
  const tap = startTap(server("dewey"));
  tap.process.stdin.end();
  await tap.ended;
  expect(tap.err()).toContain("raw-stdio: ready\n");
});

test("ends with the server's exit code", async () => {
  const tap = startTap(server("dewey", "5"));
  tap.process.stdin.end();
  expect(await tap.ended).toEqual({ code: 5, signal: null });
});

test("a signal reaches the server, whose answer to it counts", async () => {
  const tap = startTap(server("trap"));
  await expect.poll(() => tap.err()).toContain("ready");
  tap.process.kill("SIGTERM");
  expect(await tap.ended).toEqual({ code: 7, signal: null });
});

test("ends by the signal that ended the server", async () => {
  const tap = startTap(server("dewey"));
  tap.process.stdin.write("crash\n");
  expect(await tap.ended).toEqual({ code: null, signal: "SIGKILL" });
});

test("ends with 127 for a command that is not there, as a shell does", async () => {
  const tap = startTap(["--", "no-such-command-anywhere"]);
  expect(await tap.ended).toEqual({ code: 127, signal: null });
  expect(tap.err()).toContain("TAP_COMMAND_MISSING");
});

test("the server gets the environment without what is the tap's alone", async () => {
  const env = { NEURALLOG_TAP_KEY: "nlk_tap", NEURALLOG_TAP_SOURCE: "relay", OTHER: "1" };
  const tap = startTap(server("dewey"), env);
  tap.process.stdin.end("environment\n");
  await tap.ended;
  expect(JSON.parse(tap.out().toString())).toEqual(expect.arrayContaining(["OTHER", "PATH"]));
  expect(tap.out().toString()).not.toContain("NEURALLOG_TAP");
});

test("attack: a client that never reads holds up its server, and not the tap", async () => {
  await using sink = await startSink();
  const tap = startTap(["--health-port", "0", "--", "yes"], { NEURALLOG_URL: sink.url });
  tap.process.stdout.pause();
  const forwarded = async () => (await healthOf(tap)).recording?.messages.to_client ?? 0;
  await expect.poll(forwarded).toBeGreaterThan(1_000);
  tap.process.stdout.destroy();
  await tap.ended;
});

test("without a log service it forwards, and says why it records nothing", async () => {
  const tap = startTap(server("dewey"));
  tap.process.stdin.end('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
  await tap.ended;
  expect(tap.out().toString()).toContain('"result":{}');
  expect(tap.err()).toContain("records nothing (no log service");
});

test("LOGGING_ENABLED=false forwards and asks no log service", async () => {
  await using sink = await startSink();
  const tap = startTap(server("dewey"), { NEURALLOG_URL: sink.url, LOGGING_ENABLED: "false" });
  tap.process.stdin.end('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
  await tap.ended;
  expect([tap.out().toString().includes('"result":{}'), sink.requests()]).toEqual([true, 0]);
});

test("records each message with what it is, and an answer with what it is an answer to", async () => {
  await using sink = await startSink();
  const tap = startTap(["--source", "relay", "--namespace", "debug", ...server("gates")], {
    NEURALLOG_URL: sink.url,
  });
  tap.process.stdin.end(
    '{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"list_capabilities"}}\n',
  );
  await tap.ended;
  const [request, answer] = sink.records;
  expect(request).toMatchObject({
    level: "TRACE",
    source: "relay",
    namespace: "debug",
    tags: ["mcp"],
    trace_id: expect.stringMatching(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    ),
    metadata: {
      transport: "stdio",
      direction: "to-server",
      kind: "request",
      method: "tools/call",
      tool: "list_capabilities",
      id: "a",
      bytes: 86,
    },
  });
  expect(answer).toMatchObject({
    trace_id: request?.trace_id,
    metadata: {
      direction: "to-client",
      kind: "error",
      method: "tools/call",
      tool: "list_capabilities",
      id: "a",
      error_code: "-32602",
      error_message: "Unknown tool: list_capabilities",
      duration_ms: expect.any(Number),
    },
  });
});

test("batches, null ids, unknown keys and what is no JSON are forwarded and shown, each as what it is", async () => {
  await using sink = await startSink();
  const tap = startTap(server("dewey"), { NEURALLOG_URL: sink.url });
  tap.process.stdin.end(
    [
      '[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/x"}]',
      '{"jsonrpc":"2.0","id":null,"method":"ping","extra":1}',
      "not json",
      "",
    ].join("\n"),
  );
  await tap.ended;
  expect(tap.out().toString().split("\n")).toHaveLength(4);
  const shown = sink.records
    .filter(({ metadata }) => metadata?.["direction"] === "to-server")
    .map(({ metadata: { kind, id, oddities, batch_at } = {} }) => ({
      kind,
      id,
      oddities,
      batch_at,
    }));
  expect(shown).toEqual([
    { kind: "request", id: 1, batch_at: 0 },
    { kind: "notification", batch_at: 1 },
    { kind: "request", id: null, oddities: ["unknown keys: extra", "id is null"] },
    { kind: "invalid", oddities: ["not JSON"] },
  ]);
});

test("a call of an application with a trace of its own is recorded under it", async () => {
  await using sink = await startSink();
  const tap = startTap(server("dewey"), { NEURALLOG_URL: sink.url });
  const id = "4bf92f3577b34da6a3ce929d0e0e4736";
  const _meta = { traceparent: `00-${id}-00f067aa0ba902b7-01` };
  const line = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping", params: { _meta } });
  tap.process.stdin.end(`${line}\n`);
  await tap.ended;
  expect(sink.records.map(({ trace_id }) => trace_id)).toEqual([id, id]);
});

test("secrets stay out of the copy and in what is forwarded", async () => {
  await using sink = await startSink();
  const tap = startTap(["--redact", "pin", ...server("dewey")], { NEURALLOG_URL: sink.url });
  const secrets = {
    password: "hunter2",
    pin: "4711",
    nested: { api_key: "abc", list: [{ Token: "def" }] },
  };
  const params = { name: "render", arguments: secrets };
  tap.process.stdin.end(
    `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params })}\n`,
  );
  await tap.ended;
  expect(tap.out().toString()).toContain("hunter2");
  expect(sink.records).toHaveLength(2);
  expect(JSON.stringify(sink.records)).not.toMatch(/hunter2|4711|abc|def/);
});

test("a message that is longer than what is kept is recorded by its beginning, whole size and hash", async () => {
  await using sink = await startSink();
  const tap = startTap(["--keep", "1000", ...echo], { NEURALLOG_URL: sink.url });
  const line = JSON.stringify({
    jsonrpc: "2.0",
    method: "x",
    params: { text: "é".repeat(50_000) },
  });
  tap.process.stdin.end(`${line}\n`);
  await tap.ended;
  expect(tap.out().toString()).toBe(`${line}\n`);
  const [record] = sink.records;
  expect(record?.metadata).toMatchObject({
    method: "x",
    cut: true,
    bytes: Buffer.byteLength(line),
  });
  expect(record?.message.length).toBeLessThan(1_100);
});

test("a long message is recorded whole, in parts that the service takes", async () => {
  await using sink = await startSink();
  const tap = startTap(echo, { NEURALLOG_URL: sink.url });
  const line = JSON.stringify({
    jsonrpc: "2.0",
    method: "x",
    params: { text: "é".repeat(500_000) },
  });
  tap.process.stdin.end(`${line}\n`);
  await tap.ended;
  const sent = sink.records.filter(({ metadata }) => metadata?.["direction"] === "to-server");
  expect(sent.map(({ metadata }) => [metadata?.["part"], metadata?.["parts"]])).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
  expect(sent.map(({ message }) => message.slice(message.indexOf("\n") + 1)).join("")).toBe(line);
});

test("health tells what crossed, what was recorded, and whether the log service is there", async () => {
  await using sink = await startSink();
  const tap = startTap(["--health-port", "0", ...server("dewey")], { NEURALLOG_URL: sink.url });
  tap.process.stdin.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
  await expect
    .poll(() => healthOf(tap))
    .toMatchObject({
      status: "forwarding",
      recording: {
        messages: { to_server: 1, to_client: 1 },
        recorded: 2,
        queued: 0,
        dropped: 0,
        log_service: { connected: true, last_error: null },
      },
    });
  tap.process.stdin.end();
  await tap.ended;
});

test("a client that closes its side ends the server", async () => {
  const tap = startTap(server("dewey"));
  await expect.poll(() => tap.err()).toContain("ready");
  tap.process.stdin.end();
  tap.process.stdout.destroy();
  await once(tap.process, "exit");
  expect((await tap.ended).code).toBe(0);
});
