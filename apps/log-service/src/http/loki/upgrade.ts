import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import { WebSocketServer, type WebSocket } from "ws";

import { LOKI_LIMITS } from "../../limits.ts";

// Clients of a tail have nothing to say: what they send is read and thrown away, in small pieces.
const server = new WebSocketServer({
  noServer: true,
  maxPayload: LOKI_LIMITS.socketBytes,
  perMessageDeflate: false,
  clientTracking: false,
});

/** Ends the handshake. A request that is no valid one is answered and its connection closed. */
export function upgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<WebSocket> {
  return new Promise((resolve) => server.handleUpgrade(request, socket, head, resolve));
}
