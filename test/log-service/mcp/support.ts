import {
  Client as ModernClient,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as LegacyStdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as LegacyTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { z } from "zod";

const NAME = { name: "neurallog-test", version: "1.0.0" };

const result = z.object({
  content: z.array(z.object({ type: z.literal("text"), text: z.string() })),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  isError: z.boolean().optional(),
});
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
}

interface SdkClient {
  callTool(request: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
  listTools(): Promise<unknown>;
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
  const client = new ModernClient(NAME);
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
  const client = new ModernClient(NAME);
  await client.connect(new StdioClientTransport({ ...options, stderr: "ignore" }));
  return wrap(client);
}
