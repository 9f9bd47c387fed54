import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { connect, Socket } from "node:net";

import { expect, onTestFinished, test } from "vitest";

import type { Observer } from "../../../apps/mcp-tap/src/observe/observer.ts";
import { listenBetween } from "../../../apps/mcp-tap/src/relay/listen.ts";
import { onHead, startRawServer } from "../support/raw-server.ts";

/** Counts what was forwarded, and the streams that are still open. */
function watch() {
  const seen = { bytes: 0, open: 0, streams: 0, notes: [] as string[] };
  const observer: Observer = {
    open: () => {
      seen.open += 1;
      return (seen.streams += 1);
    },
    data: (_stream, bytes) => void (seen.bytes += bytes.length),
    close: () => void (seen.open -= 1),
    note: ({ text }) => void seen.notes.push(text),
  };
  return { seen, observer };
}

/** A relay in this process, and the sockets that clients come in by. */
async function relayTo(origin: string) {
  const { seen, observer } = watch();
  const clients: Socket[] = [];
  const accepted = (message: unknown) => {
    const socket: unknown = Reflect.get(Object(message), "socket");
    if (socket instanceof Socket) clients.push(socket);
  };
  const target = new URL(origin);
  const relay = await listenBetween({ target, host: "127.0.0.1", port: 0, hosts: [], observer });
  onTestFinished(relay.close);
  subscribe("net.server.socket", accepted);
  onTestFinished(() => void unsubscribe("net.server.socket", accepted));
  /** The relay's side of the connection from this port. */
  const sideOf = (port: number | undefined) =>
    clients.find(({ remotePort, localPort }) => remotePort === port && localPort === relay.port);
  return { ...relay, seen, sideOf };
}

const upgrade =
  "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
const request = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
const PIECE = Buffer.alloc(16_384, "x");
/** As much as is read at once, in many pieces, so that some of them wait for a client that does not read. */
const LAST = [...Array(110).keys()].map((at) => Buffer.from(`${at}:${"y".repeat(500)}`));
const inChunk = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);

test.each([
  [
    "a WebSocket's last bytes",
    upgrade,
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n",
    (bytes: Buffer) => bytes,
    Buffer.concat(LAST),
  ],
  [
    "an answer's last chunk",
    request,
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
    inChunk,
    Buffer.concat([...LAST.map(inChunk), Buffer.from("0\r\n\r\n")]),
  ],
])(
  "%s arrive at a client that had stopped reading when the server closed",
  async (_what, asked, head, framed, last) => {
    const { promise: serving, resolve: serve } = Promise.withResolvers<Socket>();
    await using server = await startRawServer((socket) =>
      onHead(socket, () => {
        socket.write(head);
        serve(socket);
      }),
    );
    const relay = await relayTo(server.origin);
    const client = connect(relay.port, "127.0.0.1");
    onTestFinished(() => void client.destroy());
    const chunks: Buffer[] = [];
    client.pause();
    client.write(asked);
    const socket = await serving;
    await expect.poll(() => relay.seen.streams).toBeGreaterThan(0);
    const waiting = () => relay.sideOf(client.localPort)?.writableLength ?? 0;
    // Until the kernel takes no more of what is for the client.
    let sent = relay.seen.bytes;
    while (waiting() === 0) {
      socket.write(framed(PIECE));
      sent += PIECE.length;
      await expect.poll(() => relay.seen.bytes).toBe(sent);
    }
    socket.write(last);
    socket.destroySoon();
    // Either the tap has read it all, or it was told of the end while it held back the rest.
    const all = sent + Buffer.concat(LAST).length;
    await expect.poll(() => relay.seen.bytes === all || socket.destroyed).toBe(true);
    client.on("data", (chunk: Buffer) => chunks.push(chunk));
    client.resume();
    await once(client, "end");
    expect(Buffer.concat(chunks).subarray(-last.length).toString()).toBe(last.toString());
  },
);

test("attack: clients that leave in the middle of a request leave nothing behind", async () => {
  await using server = await startRawServer((socket) =>
    socket.resume().once("end", () => socket.end()),
  );
  const relay = await relayTo(server.origin);
  for (const length of [100, 100_000]) {
    const client = connect(relay.port, "127.0.0.1");
    client.write(
      `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${2 * length}\r\n\r\n${"x".repeat(length)}`,
    );
    await expect.poll(() => relay.sideOf(client.localPort)?.bytesRead).toBeGreaterThan(length);
    client.destroy();
  }
  // The longer one was on its way already.
  await expect
    .poll(() => relay.seen.notes)
    .toEqual(["the client left in the middle of its request"]);
  await expect.poll(() => [relay.seen.open, server.sockets.size]).toEqual([0, 0]);
});

test("attack: a client that says half of a request and waits holds up what it said for no longer than a second", async () => {
  let heard = "";
  await using server = await startRawServer((socket) =>
    socket.on("data", (chunk) => (heard += String(chunk))),
  );
  const relay = await relayTo(server.origin);
  const client = connect(relay.port, "127.0.0.1");
  onTestFinished(() => void client.destroy());
  client.write("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nhalf");
  await expect.poll(() => heard).toContain("half");
});

test("a request that was said in full reaches the server, also of a client that has left", async () => {
  let heard = "";
  await using server = await startRawServer((socket) => {
    socket.on("data", (chunk) => (heard += String(chunk)));
    socket.once("end", () => socket.end());
  });
  const relay = await relayTo(server.origin);
  for (const at of [0, 1, 2, 3, 4]) {
    const client = connect(relay.port, "127.0.0.1");
    client.end(`POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nsaid${at}`);
    client.resume();
    await once(client, "close");
  }
  for (const at of [0, 1, 2, 3, 4]) await expect.poll(() => heard).toContain(`said${at}`);
  await expect.poll(() => [relay.seen.open, server.sockets.size]).toEqual([0, 0]);
});

test("requests that do not wait for answers reach the server in their order, and are answered in it", async () => {
  const asked: string[] = [];
  await using server = await startRawServer((socket) => {
    socket.on("data", (chunk) => {
      for (const [, path = ""] of String(chunk).matchAll(/^(?:ab)?(?:POST|GET) (\S+)/gm)) {
        asked.push(path);
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n${path}`);
      }
    });
  });
  const relay = await relayTo(server.origin);
  const client = connect(relay.port, "127.0.0.1");
  onTestFinished(() => void client.destroy());
  let answers = "";
  client.on("data", (chunk) => (answers += String(chunk)));
  const post = (at: number) =>
    `POST /${at} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\nab`;
  const get = (at: number) => `GET /${at} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
  client.write([post(1), get(2), post(3), get(4), get(5)].join(""));
  await expect.poll(() => asked).toEqual(["/1", "/2", "/3", "/4", "/5"]);
  await expect.poll(() => answers.match(/^\/\d/gm)).toEqual(["/1", "/2", "/3", "/4", "/5"]);
  expect(server.accepted()).toBe(1);
});

test("a relay with a WebSocket that is open ends when it is told to", async () => {
  await using server = await startRawServer((socket) =>
    onHead(socket, () => socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n")),
  );
  const relay = await relayTo(server.origin);
  const client = connect(relay.port, "127.0.0.1");
  client.write(upgrade);
  await once(client, "data");
  await relay.close();
  await expect.poll(() => client.destroyed).toBe(true);
});
