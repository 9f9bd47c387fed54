import { pino } from "pino";

import { readMcpConfig } from "./config/mcp.ts";
import { readServeConfig } from "./config/serve.ts";
import { ServiceError } from "./errors.ts";
import { createLogger } from "./observe/logger.ts";
import { startMcp } from "./roles/mcp.ts";
import { runMcpStdio } from "./roles/mcp-stdio.ts";
import { startServe, type RunningRole } from "./roles/serve.ts";
import { untilTold } from "./roles/signals.ts";
import { createRedisStore } from "./store/redis/redis-store.ts";

const USAGE = `Usage: node apps/log-service/src/main.ts <role>

Roles:
  serve         the log service: HTTP and MCP, on a Redis of its own
  mcp           an MCP endpoint over Streamable HTTP that talks to a log service
  mcp --stdio   the same over standard input and output

Everything else is set by NEURALLOG_… variables; docs/call-the-log-service.md lists them.
Exit codes: 0 stopped when told to, 1 could not start or failed, 2 wrong usage.
`;

/** The whole process, to its exit code. */
async function main(args: readonly string[]): Promise<number> {
  switch (args.join(" ")) {
    case "serve": {
      const config = readServeConfig(process.env);
      const logger = createLogger(config.logLevel, { tenant: config.tenant, role: "serve" });
      const { url, username, password } = config.redis;
      const store = createRedisStore({
        url,
        username,
        ...(password === undefined ? {} : { password: password.reveal() }),
      });
      return runUntilTold(await startServe(config, store, logger));
    }
    case "mcp": {
      const config = readMcpConfig(process.env);
      return runUntilTold(await startMcp(config, createLogger(config.logLevel, { role: "mcp" })));
    }
    case "mcp --stdio": {
      const config = readMcpConfig(process.env);
      const stderr = pino.destination({ fd: 2, sync: true });
      await runMcpStdio(config, createLogger(config.logLevel, { role: "mcp" }, stderr));
      return 0;
    }
    case "--help":
      process.stdout.write(USAGE);
      return 0;
    default:
      process.stderr.write(USAGE);
      return 2;
  }
}

async function runUntilTold(role: RunningRole): Promise<number> {
  await untilTold();
  await role.stop();
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // A mistake of whoever started us needs its sentence; anything else needs its stack.
  const known = error instanceof ServiceError;
  process.stderr.write(`${known ? `${error.code}: ${error.message}` : inspectError(error)}\n`);
  process.exitCode = 1;
}

function inspectError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
