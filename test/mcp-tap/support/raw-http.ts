import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";

import { WebSocketServer } from "ws";

import { answerRaw, type Variant } from "./raw-tools.ts";

/** A server over Streamable HTTP and WebSocket, with the raw protocol. */
export interface RawHttp extends AsyncDisposable {
  readonly url: string;
  readonly wsUrl: string;
  /** What came in. */
  readonly seen: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[];
  /** Goes before the answers above; true where it answered. */
  behave(how: (request: IncomingMessage, answer: ServerResponse) => boolean): void;
}

export async function startRawHttp(variant: Variant): Promise<RawHttp> {
  const seen: RawHttp["seen"] = [];
  let behaviour: ((request: IncomingMessage, answer: ServerResponse) => boolean) | undefined;
  const server = createServer(async (request, answer) => {
    if (behaviour?.(request, answer) === true) return;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const { method = "", url = "", headers } = request;
    seen.push({ method, url, headers, body });
    if (method !== "POST") {
      answer.writeHead(405).end();
      return;
    }
    const text = answerRaw(variant, body);
    if (text === undefined) {
      answer.writeHead(202).end();
      return;
    }
    const session = headers["mcp-session-id"] ?? randomUUID();
    answer.setHeader("mcp-session-id", session);
    if (headers.accept?.includes("text/event-stream") === true) {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      answer.end(`event: message\nid: 1\ndata: ${text}\n\n`);
      return;
    }
    answer.writeHead(200, { "content-type": "application/json" });
    answer.end(text);
  });
  const sockets = new WebSocketServer({
    server,
    handleProtocols: (names) => names.has("mcp") && "mcp",
  });
  sockets.on("connection", (socket) => {
    // What clients do wrong is theirs.
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => {
      const text = String(data);
      if (text.startsWith("echo")) {
        socket.send(data, { binary: isBinary });
        return;
      }
      const answer = answerRaw(variant, text);
      if (answer !== undefined) socket.send(answer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    wsUrl: `ws://127.0.0.1:${port}/mcp`,
    seen,
    behave: (how) => {
      behaviour = how;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
