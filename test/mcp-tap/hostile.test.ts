import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";

import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";

import { startRawHttp } from "./support/raw-http.ts";
import { onHead, startRawServer } from "./support/raw-server.ts";
import { startSink } from "./support/sink.ts";
import { startTap, startTapOn, type Tap } from "./support/tap.ts";

const MIB = 1024 * 1024;
const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

/** The most memory that a process ever had, in MiB. */
function peakMib({ process: { pid } }: Tap): number {
  const [, kib] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) / 1024;
}

/** A WebSocket frame of a client: FIN, opcode, reserved bits as given. */
function frame(first: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const masked = payload.map((byte, at) => byte ^ (mask[at & 3] ?? 0));
  return Buffer.concat([Buffer.from([first, 0x80 | payload.length]), mask, masked]);
}

describe("giant messages", () => {
  test("attack: 100 MB without a line feed cross over stdio, and fill no memory", async () => {
    await using sink = await startSink();
    const script = `
      const hash = require("crypto").createHash("sha256");
      process.stdin.on("data", (chunk) => hash.update(chunk));
      process.stdin.on("end", () => process.stdout.write(hash.digest("hex")));`;
    const tap = startTap(["--", process.execPath, "-e", script], { NEURALLOG_URL: sink.url });
    const hash = createHash("sha256");
    const piece = randomBytes(MIB).map((byte) => (byte === 0x0a ? 0x0b : byte));
    for (let at = 0; at < 100; at += 1) {
      hash.update(piece);
      if (!tap.process.stdin.write(piece)) await once(tap.process.stdin, "drain");
    }
    const peak = peakMib(tap);
    tap.process.stdin.end();
    await tap.ended;
    expect(tap.out().toString()).toBe(hash.digest("hex"));
    expect(peak).toBeLessThan(600);
  });

  test("attack: a body of hundreds of megabytes crosses both ways, and fills no memory", async () => {
    await using server = await startRawHttp("dewey");
    server.behave((request, answer) => {
      request.pipe(answer.writeHead(200, { "content-type": "application/json" }));
      return true;
    });
    await using sink = await startSink();
    const tap = await startTapOn(server.url, [], { NEURALLOG_URL: sink.url });
    const socket = connect(Number(new URL(tap.url).port), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    const [pieces, piece] = [200, randomBytes(MIB)];
    let back = 0;
    socket.on("data", (chunk: Buffer) => (back += chunk.length));
    socket.write(
      `POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${pieces * MIB}\r\n\r\n`,
    );
    for (let at = 0; at < pieces; at += 1) if (!socket.write(piece)) await once(socket, "drain");
    await expect.poll(() => back).toBeGreaterThan(pieces * MIB);
    expect(peakMib(tap)).toBeLessThan(600);
  });

  test("attack: a message that comes byte by byte is recorded whole, and fills no memory", async () => {
    await using server = await startRawServer((socket) =>
      onHead(socket, () => socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n")),
    );
    await using sink = await startSink();
    const tap = await startTapOn(server.origin, [], { NEURALLOG_URL: sink.url });
    const socket = connect(Number(new URL(tap.url).port), "127.0.0.1").setNoDelay(true);
    onTestFinished(() => void socket.destroy());
    socket.write(
      "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    );
    await once(socket, "data");
    const whole = Buffer.concat(
      [...ping].map((char, at) =>
        frame(at === 0 ? 0x01 : at === ping.length - 1 ? 0x80 : 0, Buffer.from(char)),
      ),
    );
    for (const byte of whole) {
      socket.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    await expect.poll(() => sink.records).toMatchObject([{ metadata: { method: "ping" } }]);
  });
});

describe("WebSocket bytes", () => {
  const upgrade =
    "GET /mcp HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n";
  const frames: [string, Buffer][] = [
    ["a ping", frame(0x89, Buffer.from("still there?"))],
    ["a pong", frame(0x8a, Buffer.from("yes"))],
    ["a binary frame", frame(0x82, randomBytes(100))],
    ["a compressed frame", frame(0xc1, randomBytes(100))],
    ["a frame of an unknown kind", frame(0x83, Buffer.from("?"))],
    ["a text that is no UTF-8", frame(0x81, Buffer.from([0xff, 0xfe, 0xc3]))],
    ["a close with a code of its own", frame(0x88, Buffer.from([0x0f, 0xa1, 0x62, 0x79, 0x65]))],
    ["a close with a wrong code", frame(0x88, Buffer.from([0x00, 0x01]))],
    ["no frame at all", randomBytes(64)],
  ];

  test.each(frames)("%s crosses both ways as it is", async (_what, bytes) => {
    const heard: Buffer[] = [];
    await using server = await startRawServer((socket) =>
      onHead(socket, (_head, rest) => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n");
        heard.push(rest);
        socket.on("data", (chunk: Buffer) => {
          heard.push(chunk);
          socket.write(chunk);
        });
      }),
    );
    await using sink = await startSink();
    const tap = await startTapOn(server.origin, [], { NEURALLOG_URL: sink.url });
    const socket = connect(Number(new URL(tap.url).port), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    const back: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => back.push(chunk));
    socket.write(upgrade);
    await expect.poll(() => Buffer.concat(back).toString("latin1")).toContain("\r\n\r\n");
    socket.write(bytes);
    await expect.poll(() => Buffer.concat(heard).equals(bytes)).toBe(true);
    await expect.poll(() => Buffer.concat(back).subarray(-bytes.length).equals(bytes)).toBe(true);
  });
});

describe("HTTP", () => {
  test.each(["HEAD", "OPTIONS", "DELETE", "PUT"])("%s crosses with its answer", async (method) => {
    await using server = await startRawHttp("dewey");
    const asked: unknown[] = [];
    server.behave((request, answer) => {
      asked.push([request.method, request.headers["x-own"]]);
      answer.writeHead(200, { allow: "GET, POST", "content-length": 5 });
      answer.end(request.method === "HEAD" ? undefined : "hello");
      return true;
    });
    const tap = await startTapOn(server.url);
    const answer = await fetch(tap.url, { method, headers: { "x-own": "1" } });
    expect([
      answer.status,
      answer.headers.get("allow"),
      answer.headers.get("content-length"),
    ]).toEqual([200, "GET, POST", "5"]);
    expect(await answer.text()).toBe(method === "HEAD" ? "" : "hello");
    expect(asked).toEqual([[method, "1"]]);
  });

  test("an answer that is compressed crosses as it is, and its record says that it was not read", async () => {
    await using server = await startRawHttp("dewey");
    const zipped = gzipSync('{"jsonrpc":"2.0","id":1,"result":{"a":1}}');
    server.behave((request, answer) => {
      request.resume();
      answer.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      answer.end(zipped);
      return true;
    });
    await using sink = await startSink();
    const tap = await startTapOn(server.url, [], { NEURALLOG_URL: sink.url });
    const answer = await fetch(tap.url, { method: "POST", body: ping });
    expect(await answer.json()).toMatchObject({ result: { a: 1 } });
    await expect.poll(() => sink.records.length).toBe(2);
    expect(sink.records[1]?.metadata).toMatchObject({
      kind: "unread",
      bytes: zipped.length,
      oddities: ["encoded: gzip"],
    });
  });

  test("many requests of one connection share one connection to the server", async () => {
    await using server = await startRawServer((socket) =>
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")),
    );
    const tap = await startTapOn(server.origin);
    const socket = connect(Number(new URL(tap.url).port), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    for (let at = 0; at < 20; at += 1) {
      socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
      await once(socket, "data");
    }
    expect(server.accepted()).toBe(1);
  });

  test("a request that offers HTTP/2 beside it is a request like any other", async () => {
    await using server = await startRawHttp("dewey");
    const tap = await startTapOn(server.url);
    const socket = connect(Number(new URL(tap.url).port), "127.0.0.1");
    let answer = "";
    socket.on("data", (chunk) => (answer += String(chunk)));
    socket.write(
      "POST /mcp HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade, HTTP2-Settings\r\n" +
        `upgrade: h2c\r\nhttp2-settings: AAEAAEAA\r\ncontent-length: ${ping.length}\r\n\r\n${ping}`,
    );
    await expect.poll(() => answer).toContain('"result":{}');
    socket.destroy();
    expect(server.seen).toMatchObject([{ method: "POST", body: ping }]);
  });

  test("attack: an answer that cannot be passed on is answered for, and ends nothing else", async () => {
    let status = "099";
    await using server = await startRawServer((socket) =>
      onHead(socket, () => socket.end(`HTTP/1.1 ${status} Odd\r\ncontent-length: 0\r\n\r\n`)),
    );
    const tap = await startTapOn(server.origin);
    const answer = await fetch(tap.url, { method: "POST", body: ping });
    expect(answer.status).toBe(502);
    status = "200";
    expect((await fetch(tap.url, { method: "POST", body: ping })).status).toBe(200);
  });

  test("a server that never answers holds up its own client alone, and health says what crossed", async () => {
    await using server = await startRawHttp("dewey");
    server.behave((request) => request.url === "/never");
    await using sink = await startSink();
    const tap = await startTapOn(server.url, [], { NEURALLOG_URL: sink.url });
    const stop = new AbortController();
    const never = fetch(new URL("/never", tap.url), {
      method: "POST",
      body: ping,
      signal: stop.signal,
    });
    await expect.poll(async () => (await tap.health()).recording?.messages.to_server).toBe(1);
    expect((await fetch(tap.url, { method: "POST", body: ping })).status).toBe(200);
    await expect
      .poll(async () => (await tap.health()).recording?.messages)
      .toEqual({ to_server: 2, to_client: 1 });
    stop.abort();
    await expect(never).rejects.toThrow(/abort/);
  });

  test("attack: a flood of connections that say nothing ends, and a client after it is served", async () => {
    await using server = await startRawHttp("dewey");
    const tap = await startTapOn(server.url);
    const port = Number(new URL(tap.url).port);
    const sockets = Array.from({ length: 1_000 }, () => connect(port, "127.0.0.1"));
    for (const socket of sockets) socket.on("error", () => {});
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    expect((await fetch(tap.url, { method: "POST", body: ping })).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    const socket = new WebSocket(tap.url.replace("http", "ws"), ["mcp"]);
    await once(socket, "open");
    socket.terminate();
    expect(peakMib(tap)).toBeLessThan(400);
  });
});
