import { readMcpConfig } from "../config/mcp.ts";
import type { Environment } from "../config/read.ts";
import { unknownVariables } from "../config/unknown.ts";
import { createLogger } from "../observe/logger.ts";
import { startMcp } from "./mcp.ts";
import { untilTold } from "./signals.ts";

/** The MCP endpoint as a process, until it is told to stop; answers the exit code. */
export async function runMcp(env: Environment): Promise<number> {
  const config = readMcpConfig(env);
  const logger = createLogger(config.logLevel, { role: "mcp" });
  for (const warning of unknownVariables(env)) logger.warn(warning);
  const role = await startMcp(config, logger);
  await untilTold();
  await role.stop();
  return 0;
}
