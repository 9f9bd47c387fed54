import { createHash, randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

import { describe, expect, test } from "vitest";

import { onHead, readSlowly, startRawServer } from "./support/raw-server.ts";
import { startTap, startTapOn } from "./support/tap.ts";

/** More than sockets and pipes hold by themselves: a part of it is in the tap when the server is gone. */
const BODY = randomBytes(8_000_000);
const request = "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}";
const upgrade =
  "GET /mcp HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n" +
  "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** The end of what came, as long as `BODY`; the head before it is the tap's to write. */
const tailOf = (answer: Buffer) => hash(answer.subarray(-BODY.length));

const endings: [string, (socket: Socket) => void][] = [
  ["closes", (socket) => socket.destroySoon()],
  ["closes its half", (socket) => socket.end()],
];

describe.each(endings)("a server that %s while its client reads slowly", (_how, end) => {
  test.each([
    ["of a length", `content-length: ${BODY.length}`],
    ["until the end", "connection: close"],
    ["of events until the end", "content-type: text/event-stream\r\nconnection: close"],
  ])("an answer %s arrives whole", async (_what, header) => {
    await using server = await startRawServer((socket) =>
      onHead(socket, () => {
        socket.write(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n`);
        socket.write(BODY);
        end(socket);
      }),
    );
    const tap = await startTapOn(server.origin);
    const answer = await readSlowly(tap.url, request.replace("1.1", "1.0"));
    expect(tailOf(answer)).toBe(hash(BODY));
  });

  test("an answer in chunks arrives whole, to its last chunk", async () => {
    await using server = await startRawServer((socket) =>
      onHead(socket, () => {
        socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        socket.write(`${BODY.length.toString(16)}\r\n`);
        socket.write(BODY);
        socket.write("\r\n0\r\n\r\n");
        end(socket);
      }),
    );
    const tap = await startTapOn(server.origin);
    const answer = await readSlowly(tap.url, request);
    expect(answer.subarray(-5).toString()).toBe("0\r\n\r\n");
    expect(answer.length).toBeGreaterThan(BODY.length);
  });

  test("what a WebSocket's server said last arrives", async () => {
    await using server = await startRawServer((socket) =>
      onHead(socket, () => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n");
        socket.write(BODY);
        end(socket);
      }),
    );
    const tap = await startTapOn(server.origin);
    expect(tailOf(await readSlowly(tap.url, upgrade))).toBe(hash(BODY));
  });

  test("what there was of an answer that breaks off arrives, and no end of it", async () => {
    const part = BODY.subarray(0, 6_000_000);
    await using server = await startRawServer((socket) =>
      onHead(socket, () => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${BODY.length}\r\n\r\n`);
        socket.write(part);
        end(socket);
      }),
    );
    const tap = await startTapOn(server.origin);
    const answer = await readSlowly(tap.url, request);
    expect(hash(answer.subarray(-part.length))).toBe(hash(part));
  });
});

test("over stdio, what a server wrote before it ended arrives whole, to a client that reads slowly", async () => {
  const script = `process.stdout.write(Buffer.alloc(8_000_000, "é"), () => process.exit(3))`;
  const tap = startTap(["--", process.execPath, "-e", script]);
  tap.process.stdout.on("data", () => {
    tap.process.stdout.pause();
    setTimeout(() => tap.process.stdout.resume(), 1);
  });
  expect(await tap.ended).toEqual({ code: 3, signal: null });
  expect(hash(tap.out())).toBe(hash(Buffer.alloc(8_000_000, "é")));
});

test("over stdio, a server that closes its output goes on reading its input", async () => {
  const script = `require("fs").closeSync(1);
    process.stdin.on("data", (chunk) => process.stderr.write("read " + chunk));`;
  const tap = startTap(["--", process.execPath, "-e", script]);
  tap.process.stdin.write("1\n");
  await expect.poll(() => tap.err()).toContain("read 1");
  tap.process.stdin.end("2\n");
  await tap.ended;
  expect(tap.err()).toContain("read 2");
});

test("a WebSocket's client may say more after its server has closed its half", async () => {
  let heard = "";
  await using server = await startRawServer((socket) =>
    onHead(socket, () => {
      socket.end("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n");
      socket.on("data", (chunk) => (heard += String(chunk)));
    }),
  );
  const tap = await startTapOn(server.origin);
  const socket = connect({ port: Number(new URL(tap.url).port), allowHalfOpen: true });
  socket.write(upgrade);
  socket.resume();
  await new Promise((resolve) => socket.once("end", resolve));
  socket.end("the last words");
  await expect.poll(() => heard).toBe("the last words");
});
