import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { WebSocketServer, type WebSocket } from "ws";

import type { BodyBudget } from "../../access/body-budget.ts";
import type { ToolNames } from "../../config/fields.ts";
import { MCP_LIMITS } from "../../limits.ts";
import type { McpCaller } from "../caller.ts";
import { createMcpServer } from "../server.ts";
import type { ReportFailure } from "../tools/tool-failure.ts";
import { traceOfRequest } from "../trace.ts";
import { ExpressLane } from "./express-lane.ts";
import { SUBPROTOCOL } from "./handshake.ts";
import { SocketRoom } from "./socket-room.ts";
import { SocketTransport } from "./socket-transport.ts";

/** One client's connection. */
export interface McpSocket {
  readonly caller: McpCaller;
  readonly transport: SocketTransport;
  /** Told when it has ended. */
  closed(tell: () => void): void;
}

export interface OpenOptions {
  readonly bodies: BodyBudget;
  readonly toolNames: ToolNames;
  readonly report: ReportFailure;
  readonly request: IncomingMessage;
  readonly stream: Duplex;
  readonly head: Buffer;
  readonly caller: McpCaller;
}

const server = new WebSocketServer({
  noServer: true,
  maxPayload: MCP_LIMITS.messageBytes,
  perMessageDeflate: false,
  clientTracking: false,
  handleProtocols: () => SUBPROTOCOL,
});

/** Ends the handshake and serves MCP for the caller, and nobody else, until the connection ends. */
export async function openMcpSocket(options: OpenOptions): Promise<McpSocket> {
  const { request, stream, head, caller, toolNames, report } = options;
  const socket = await new Promise<WebSocket>((resolve) =>
    server.handleUpgrade(request, stream, head, resolve),
  );
  const gone = new AbortController();
  const trace = traceOfRequest(request.headers);
  const { api } = caller;
  const express = new ExpressLane({ api, toolNames, report, trace, signal: gone.signal });
  const room = new SocketRoom(options.bodies, caller.name);
  const transport = new SocketTransport(socket, stream, express, room);
  serveStdio(() => createMcpServer({ api, toolNames, report, trace, begin: transport.begin }), {
    transport,
    // What clients do wrong is theirs to hear of; a log line for each would be theirs to write.
    onerror: () => undefined,
  });
  socket.once("close", () => gone.abort());
  return { caller, transport, closed: (tell) => socket.once("close", tell) };
}
