import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { JSONRPCMessageSchema, type CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { WebSocketServer, type WebSocket } from "ws";
import { z } from "zod";

/** What `logger_log` got. */
export interface Logged {
  readonly component: string;
  readonly level: string;
  readonly message: string;
  readonly trace_id?: string | undefined;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  readonly created_at?: string | undefined;
  readonly namespace?: string | undefined;
  readonly span_id?: string | undefined;
}

export interface McpServerOptions {
  /** What a call answers; stored when left out. */
  readonly answer?: (logged: Logged, count: number) => Promise<CallToolResult> | CallToolResult;
  /** The JSON-RPC error that a call gets before the tool sees it. */
  readonly refuse?: (count: number) => { code: number; message: string } | undefined;
  /** Only what the first version of the tool had: five levels, no time, no namespace. */
  readonly isOld?: boolean;
  /** The key that connections need. */
  readonly key?: string;
  readonly toolName?: string;
  /** The tool wants an argument that no client knows. */
  readonly wantsMore?: boolean;
}

export const STORED: CallToolResult = { content: [{ type: "text", text: "Stored." }] };

export function failed(text: string): CallToolResult {
  return { content: [{ type: "text", text }], isError: true };
}

const first = {
  component: z.string(),
  message: z.string(),
  trace_id: z
    .uuid()
    .or(z.string().regex(/^[0-9a-f]{32}$/))
    .optional(),
  data: z.record(z.string(), z.unknown()).optional(),
};
const FIVE = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"] as const;
const oldInput = z.strictObject({ ...first, level: z.enum(FIVE) });
const newInput = z.strictObject({
  ...first,
  level: z.enum([...FIVE, "FATAL"]),
  created_at: z.string().optional(),
  namespace: z.string().optional(),
  span_id: z.string().optional(),
});

function schemaOf({ isOld, wantsMore }: McpServerOptions) {
  if (wantsMore === true) return newInput.extend({ tenant: z.string() });
  return isOld === true ? oldInput : newInput;
}

/** A small MCP server over WebSocket, made with the official SDK, that knows `logger_log`. */
export async function startMcpServer(options: McpServerOptions = {}) {
  const logged: Logged[] = [];
  const sockets: WebSocket[] = [];
  const requests: IncomingMessage[] = [];
  const { answer = () => STORED, toolName = "logger_log" } = options;
  const http = createServer();
  const wss = new WebSocketServer({
    server: http,
    handleProtocols: (offered) => (offered.has("mcp") ? "mcp" : false),
    verifyClient: ({ req }: { req: IncomingMessage }) =>
      options.key === undefined || req.headers.authorization === `Bearer ${options.key}`,
  });
  wss.on("connection", (socket, request) => {
    sockets.push(socket);
    requests.push(request);
    const mcp = new McpServer({ name: "test", version: "1" });
    mcp.registerTool(toolName, { inputSchema: schemaOf(options) }, async (given) => {
      logged.push(given);
      return answer(given, logged.length);
    });
    mcp.connect(transportOf(socket, options)).catch(() => socket.terminate());
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const address = http.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `ws://127.0.0.1:${port}`,
    port,
    logged,
    requests,
    connections: () => sockets.length,
    /** Sends a frame on every connection. */
    say: (frame: string) => {
      for (const socket of sockets) socket.send(frame);
    },
    cut: () => {
      for (const socket of sockets) socket.terminate();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.terminate();
      wss.close();
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
}

function transportOf(socket: WebSocket, { refuse }: McpServerOptions): Transport {
  let calls = 0;
  const transport: Transport = {
    start: async () => {
      socket.on("message", (data) => {
        const message = JSONRPCMessageSchema.parse(JSON.parse(String(data)));
        const isCall = "method" in message && message.method === "tools/call";
        const error = isCall ? refuse?.((calls += 1)) : undefined;
        if (error === undefined) transport.onmessage?.(message);
        else if ("id" in message)
          socket.send(JSON.stringify({ jsonrpc: "2.0", id: message.id, error }));
      });
      socket.on("close", () => transport.onclose?.());
    },
    send: async (message) => socket.send(JSON.stringify(message)),
    close: async () => socket.close(),
  };
  return transport;
}
