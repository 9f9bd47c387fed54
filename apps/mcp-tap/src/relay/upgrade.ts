import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { connect as connectPlain, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectSecure } from "node:tls";

import { reasonOf } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { traceOfHeaders } from "../message/trace.ts";
import type { Channel } from "../observe/events.ts";
import type { Observer } from "../observe/observer.ts";
import { filterHeaders } from "./headers.ts";

const END_OF_HEAD = "\r\n\r\n";

/**
 * Forwards a WebSocket: its upgrade with subprotocol and all, then the bytes of both directions as they are.
 * Extensions are not offered to the server: what is compressed nobody could read in the log.
 */
export function relayUpgrade(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  target: URL,
  observer: Observer,
): void {
  const connection = randomUUID().slice(0, 13);
  const server = connectTo(target);
  const common = {
    connection,
    transport: "websocket",
    framing: "frames",
    connectionTraceId: traceOfHeaders(request.headers),
  } as const;
  let isOpen = false;
  server.on("error", (error) => {
    const text = `the server at ${target.origin} closed the WebSocket: ${reasonOf(error)}`;
    observer.note({ connection, transport: "websocket", level: "WARN", text });
    if (!isOpen) client.end("HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n");
  });
  // Each side is told of the other's end once it has all that was said before.
  client.on("error", () => server.destroySoon());
  client.once("close", () => server.destroySoon());
  server.once("close", () => {
    // Read to its end, so that nothing unread turns the close into a reset.
    client.unpipe().resume();
    endSoon(client);
  });
  server.write(upgradeHead(request, target));
  const toServer = observer.open({ ...common, direction: "to-server" });
  if (head.length > 0) {
    server.write(head);
    observer.data(toServer, head);
  }
  tap(client, server, toServer, observer);

  // The answer's head is no frame; what comes behind it is.
  let answer = Buffer.alloc(0);
  let toClient: number | undefined;
  server.on("data", (chunk: Buffer) => {
    isOpen = true;
    if (toClient !== undefined) {
      observer.data(toClient, chunk);
      return;
    }
    answer = Buffer.concat([answer, chunk]);
    const end = answer.indexOf(END_OF_HEAD);
    if (end === -1 && answer.length < LIMITS.headBytes) return;
    toClient = opened(answer, end, { ...common, direction: "to-client" }, observer);
    answer = Buffer.alloc(0);
  });
  server.once("close", () => {
    if (toClient !== undefined) observer.close(toClient);
  });
  server.pipe(client);
}

function opened(answer: Buffer, end: number, channel: Channel, observer: Observer): number {
  const stream = observer.open(channel);
  const [line = ""] = answer.subarray(0, 64).toString("latin1").split("\r\n", 1);
  if (/^HTTP\/1\.1 101\b/.test(line)) {
    observer.data(stream, answer.subarray(end + END_OF_HEAD.length));
    return stream;
  }
  const { connection, transport } = channel;
  const text = `the server refused the WebSocket: ${line.replace(/[^\x20-\x7e]/g, "?")}`;
  observer.note({ connection, transport, level: "WARN", text });
  observer.close(stream);
  return stream;
}

function tap(from: Duplex, to: Socket, stream: number, observer: Observer): void {
  from.pipe(to);
  from.on("data", (chunk: Buffer) => observer.data(stream, chunk));
  from.once("close", () => observer.close(stream));
}

/** Once what was written is on its way. */
function endSoon(stream: Duplex): void {
  if (stream instanceof Socket) stream.destroySoon();
  else stream.end(() => stream.destroy());
}

function connectTo(target: URL): Socket {
  const isSecure = target.protocol === "wss:" || target.protocol === "https:";
  const host = target.hostname.replace(/^\[|\]$/g, "");
  const port = Number(target.port || (isSecure ? 443 : 80));
  // Whoever has said its last word may still be told something.
  const common = { host, port, allowHalfOpen: true };
  const socket = isSecure
    ? connectSecure({ ...common, servername: host, ALPNProtocols: ["http/1.1"] })
    : connectPlain(common);
  // A peer whose machine is gone never says so.
  return socket.setNoDelay(true).setKeepAlive(true, LIMITS.keepAliveMs);
}

function upgradeHead(request: IncomingMessage, target: URL): string {
  const headers = filterHeaders(
    request.rawHeaders,
    (name) => name !== "host" && name !== "sec-websocket-extensions",
  );
  const lines = [`GET ${request.url ?? "/"} HTTP/1.1`, `Host: ${target.host}`];
  for (let at = 0; at + 1 < headers.length; at += 2)
    lines.push(`${headers[at]}: ${headers[at + 1]}`);
  return `${lines.join("\r\n")}${END_OF_HEAD}`;
}
