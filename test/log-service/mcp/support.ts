import {
  Client as ModernClient,
  StreamableHTTPClientTransport,
  type ClientOptions,
  type JSONRPCMessage,
  type Transport,
} from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as LegacyStdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import { StreamableHTTPClientTransport as LegacyTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { z } from "zod";

const NAME = { name: "neurallog-test", version: "1.0.0" };
/** Without it the newest client speaks as the ones before. */
const NEWEST: ClientOptions = { versionNegotiation: { mode: { pin: "2026-07-28" } } };

const result = z.object({
  content: z.array(z.object({ type: z.literal("text"), text: z.string() })),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  isError: z.boolean().optional(),
});
const resource = z.object({ contents: z.array(z.object({ text: z.string() })) });
const toolList = z.object({ tools: z.array(z.record(z.string(), z.unknown())) });

/** An answer of a tool, as both generations of clients give it. */
export interface ToolAnswer {
  readonly text: string;
  readonly output: Readonly<Record<string, unknown>>;
  readonly isError: boolean;
}

/** What the tests need of an official client, whichever generation it is of. */
export interface TestMcpClient extends AsyncDisposable {
  call(tool: string, input?: Record<string, unknown>): Promise<ToolAnswer>;
  tools(): Promise<Record<string, unknown>[]>;
  /** A resource's text. */
  read(uri: string): Promise<string>;
}

interface SdkClient {
  callTool(request: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
  listTools(): Promise<unknown>;
  readResource(request: { uri: string }): Promise<unknown>;
  close(): Promise<void>;
}

export function wrap(client: SdkClient): TestMcpClient {
  return {
    call: async (name, input = {}) => {
      const answer = result.parse(await client.callTool({ name, arguments: input }));
      return {
        text: answer.content.map(({ text }) => text).join("\n"),
        output: answer.structuredContent ?? {},
        isError: answer.isError ?? false,
      };
    },
    tools: async () => toolList.parse(await client.listTools()).tools,
    read: async (uri) => {
      const { contents } = resource.parse(await client.readResource({ uri }));
      return contents.map(({ text }) => text).join("\n");
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

export const GENERATIONS = ["2026-07-28", "2025-11-25"] as const;
export type Generation = (typeof GENERATIONS)[number];

/** An official client of the newest specification, or of the ones before, over Streamable HTTP. */
export async function connectHttp(
  generation: Generation,
  url: string,
  key: string | undefined,
): Promise<TestMcpClient> {
  const requestInit: RequestInit =
    key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } };
  if (generation === "2025-11-25") {
    const client = new LegacyClient(NAME);
    await client.connect(new LegacyTransport(new URL(url), { requestInit }));
    return wrap(client);
  }
  const client = new ModernClient(NAME, NEWEST);
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return wrap(client);
}

/** An official client that starts the program itself and talks to it over stdio. */
export async function connectStdio(
  generation: Generation,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<TestMcpClient> {
  const options = { command: process.execPath, args: [...args], env: { ...env } };
  if (generation === "2025-11-25") {
    const client = new LegacyClient(NAME);
    await client.connect(new LegacyStdio({ ...options, stderr: "ignore" }));
    return wrap(client);
  }
  const client = new ModernClient(NAME, NEWEST);
  await client.connect(new StdioClientTransport({ ...options, stderr: "ignore" }));
  return wrap(client);
}

/** The newest client has no WebSocket transport of its own, and takes anybody's. */
class ModernWebSocket implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.onmessage?.(JSON.parse(String(data))));
    socket.addEventListener("close", () => this.onclose?.());
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.addEventListener("open", () => resolve());
      this.#socket.addEventListener("error", () => reject(new Error("the socket failed")));
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.#socket.send(JSON.stringify(message));
  }

  async close(): Promise<void> {
    this.#socket.close();
  }
}

/** Node's own WebSocket sends headers that it is given beside the subprotocols. */
export function keyedWebSocket(key: string, headers: Readonly<Record<string, string>> = {}) {
  return class extends WebSocket {
    constructor(url: string | URL, asked: ConstructorParameters<typeof WebSocket>[1] = "mcp") {
      const given =
        typeof asked === "string" || Array.isArray(asked) ? { protocols: asked } : asked;
      super(url, { ...given, headers: { authorization: `Bearer ${key}`, ...headers } });
    }
  };
}

/** An official client over a WebSocket. */
export async function connectSocket(
  generation: Generation,
  url: string,
  key: string,
): Promise<TestMcpClient> {
  const Keyed = keyedWebSocket(key);
  if (generation === "2025-11-25") {
    const client = new LegacyClient(NAME);
    // The transport of the SDK makes its socket itself, of the class that is there.
    const plain = globalThis.WebSocket;
    globalThis.WebSocket = Keyed;
    try {
      await client.connect(new WebSocketClientTransport(new URL(url)));
    } finally {
      globalThis.WebSocket = plain;
    }
    return wrap(client);
  }
  const client = new ModernClient(NAME, NEWEST);
  await client.connect(new ModernWebSocket(new Keyed(url)));
  return wrap(client);
}
