import { once } from "node:events";

import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { pino } from "pino";

import { readMcpConfig } from "../config/mcp.ts";
import type { Environment } from "../config/read.ts";
import { unknownVariables } from "../config/unknown.ts";
import { RemoteLogApi } from "../mcp/remote.ts";
import { createMcpServer } from "../mcp/server.ts";
import { LineTransport } from "../mcp/stdio/line-transport.ts";
import { ownStdout } from "../mcp/stdio/own-stdout.ts";
import { createLogger } from "../observe/logger.ts";

/**
 * Speaks MCP over standard input and output until the input ends; answers the exit code. Standard
 * output belongs to the protocol: one stray line there breaks every client, so the log goes to
 * standard error.
 */
export async function runMcpStdio(env: Environment): Promise<number> {
  const write = ownStdout();
  const config = readMcpConfig(env);
  const stderr = pino.destination({ fd: 2, sync: true });
  const logger = createLogger(config.logLevel, { role: "mcp" }, stderr);
  for (const warning of unknownVariables(env)) logger.warn(warning);
  const api = new RemoteLogApi(config.url, config.key?.reveal());
  const report = (error: unknown) => logger.error({ err: error }, "An MCP request failed");
  const handle = serveStdio(() => createMcpServer({ api, toolNames: config.toolNames, report }), {
    transport: new LineTransport(process.stdin, write),
    onerror: report,
  });
  await once(process.stdin, "end");
  await handle.close();
  return 0;
}
