import { once } from "node:events";

import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { Logger } from "pino";

import type { McpConfig } from "../config/mcp.ts";
import { RemoteLogApi } from "../mcp/remote.ts";
import { createMcpServer } from "../mcp/tools.ts";

/**
 * Speaks MCP over standard input and output until the input ends. Standard output belongs to the
 * protocol: one stray line there breaks every client, so the logger has to write elsewhere.
 */
export async function runMcpStdio(config: McpConfig, logger: Logger): Promise<void> {
  const api = new RemoteLogApi(config.url, config.key?.reveal());
  const report = (error: unknown) => logger.error({ err: error }, "An MCP request failed");
  const handle = serveStdio(() => createMcpServer({ api, toolNames: config.toolNames, report }), {
    onerror: report,
  });
  await once(process.stdin, "end");
  await handle.close();
}
