// The SDK alone: a tool of logger_log's schema that does nothing, over a WebSocket as the SDK's users write it.
import { McpServer, type JSONRPCMessage, type Transport } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { WebSocketServer, type WebSocket } from "ws";
import { z } from "zod";

class PlainSocket implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: ((message: JSONRPCMessage) => void) | undefined;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.onmessage?.(JSON.parse(String(data))));
    socket.on("close", () => this.onclose?.());
  }

  async start(): Promise<void> {
    // It is open.
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.#socket.send(JSON.stringify(message));
  }

  async close(): Promise<void> {
    this.#socket.close();
  }
}

const listener = new WebSocketServer({ port: Number(process.argv[2]), host: "127.0.0.1" });
listener.on("connection", (socket) => {
  serveStdio(
    () => {
      const server = new McpServer({ name: "bare", version: "1" });
      const config = {
        inputSchema: z.strictObject({
          component: z.string(),
          level: z.enum(["ERROR", "WARN", "INFO", "DEBUG", "TRACE"]),
          message: z.string(),
          trace_id: z.string().optional(),
          data: z.record(z.string(), z.unknown()).optional(),
        }),
        outputSchema: z.strictObject({ id: z.string() }),
      };
      server.registerTool("logger_log", config, () => ({
        content: [{ type: "text", text: "Stored." }],
        structuredContent: { id: "none" },
      }));
      return server;
    },
    { transport: new PlainSocket(socket) },
  );
});
