import { createServer, type IncomingMessage, type Server } from "node:http";
import { once } from "node:events";
import type { Socket } from "node:net";

import { TapError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import type { Observer } from "../observe/observer.ts";
import { refuse } from "./answer.ts";
import { exchange } from "./exchange.ts";
import { relayUpgrade } from "./upgrade.ts";

export interface RelayOptions {
  /** The server: `http`, `https`, `ws` or `wss`. Requests keep their path. */
  readonly target: URL;
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Names, beside loopback's, that clients may call the tap by. */
  readonly hosts: readonly string[];
  readonly observer: Observer;
}

export interface RunningRelay {
  readonly port: number;
  readonly close: () => Promise<void>;
}

export const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Stands between clients and a server over HTTP and WebSocket.
 * @throws TapError TAP_PORT when it cannot listen there.
 */
export async function listenBetween(options: RelayOptions): Promise<RunningRelay> {
  const { target, observer } = options;
  const names = new Set([...LOOPBACK, ...options.hosts]);
  const httpTarget = new URL(target);
  httpTarget.protocol = /^(wss|https):$/.test(target.protocol) ? "https:" : "http:";
  const server = createServer({
    noDelay: true,
    insecureHTTPParser: false,
    maxHeaderSize: LIMITS.headBytes,
    // Some clients offer HTTP/2 with a request like any other; the tap does not take it, as servers need not.
    shouldUpgradeCallback: ({ headers }) => /^websocket$/i.test(headers.upgrade ?? ""),
    // Streams stay open for as long as both sides want, and connections for as long as the server's.
    requestTimeout: 0,
    keepAliveTimeout: 0,
  });
  server.maxConnections = LIMITS.connections;
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.setKeepAlive(true, LIMITS.keepAliveMs);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("request", (request, answer) => {
    if (!isCalledBy(request, names)) {
      refuse(answer, 403, "TAP_HOST_REFUSED", "this host name is not allowed: see --allow-host");
      return;
    }
    exchange(request, answer, httpTarget, observer).catch((error: unknown) => {
      refuse(answer, 502, "TAP_SERVER_UNREACHABLE", String(error));
    });
  });
  server.on("upgrade", (request, socket, head) => {
    if (isCalledBy(request, names)) relayUpgrade(request, socket, head, target, observer);
    else socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
  });
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    else socket.destroy();
  });
  const port = await listenOn(server, options.host, options.port);
  return {
    port,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      // Those that were upgraded are no longer the server's to close.
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/**
 * The server sees its own name as Host, so that it cannot tell a page that reached the tap by a name of its own
 * (DNS rebinding): the tap has to.
 */
export function isCalledBy(
  { headers: { host = "" } }: IncomingMessage,
  names: ReadonlySet<string>,
): boolean {
  return names.has(host.replace(/:\d+$/, "").toLowerCase());
}

export async function listenOn(server: Server, host: string, port: number): Promise<number> {
  const listening = once(server, "listening");
  server.listen(port, host);
  try {
    await listening;
  } catch (error) {
    throw new TapError("TAP_PORT", `cannot listen on ${host}:${port}: ${String(error)}`, error);
  }
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}
