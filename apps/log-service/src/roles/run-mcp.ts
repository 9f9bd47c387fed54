import { readMcpConfig } from "../config/mcp.ts";
import type { Environment } from "../config/read.ts";
import { createLogger } from "../observe/logger.ts";
import { startMcp } from "./mcp.ts";
import { untilTold } from "./signals.ts";

/** The MCP endpoint as a process, until it is told to stop; answers the exit code. */
export async function runMcp(env: Environment): Promise<number> {
  const config = readMcpConfig(env);
  const role = await startMcp(config, createLogger(config.logLevel, { role: "mcp" }));
  await untilTold();
  await role.stop();
  return 0;
}
