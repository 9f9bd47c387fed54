import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import type { Logger } from "pino";

import type { McpConfig } from "../config/mcp.ts";
import { BodyBudget } from "../access/body-budget.ts";
import { createApp } from "../http/app.ts";
import { addHealthRoutes, addMetricsRoute } from "../http/health.ts";
import { MCP_LIMITS } from "../limits.ts";
import { addMcpDoor } from "../mcp/door.ts";
import { addMcpSocketDoor } from "../mcp/websocket/door.ts";
import { Metrics } from "../observe/metrics.ts";
import { traceField } from "../observe/trace.ts";
import { identifyRemotely, keyFor } from "./identify-remotely.ts";
import { relayLevels } from "./levels-relay.ts";
import { listen } from "./listen.ts";
import { RemoteCallers } from "./remote-callers.ts";
import type { RunningRole } from "./serve.ts";

/**
 * Starts an MCP endpoint that reaches its log service over HTTP.
 *
 * A caller with a key of its own acts by that key, and by nothing else: a key that the log service
 * does not know is refused there, never replaced. A caller without one acts by the endpoint's own
 * key, if it has one: who can reach the endpoint is then the network policy's decision, and what
 * they may do is bounded by that key's role and namespaces. Whichever key it is, the log service is asked
 * whether it knows it before anything of the request's body is read.
 * @throws ServiceError when a port is taken; then nothing of it runs on.
 */
export async function startMcp(config: McpConfig, logger: Logger): Promise<RunningRole> {
  const metrics = new Metrics();
  let draining = false;
  const health = {
    // Of itself alone: a log service that is away would otherwise take every endpoint with it.
    readiness: async () =>
      draining
        ? ({ ready: false, code: "NL_DRAINING", reason: "the endpoint is shutting down" } as const)
        : ({ ready: true } as const),
  };
  const main = createApp({ logger, metrics, relays: true });
  const callers = new RemoteCallers({ identify: (key) => identifyRemotely(config.url, key) });
  const mcp = {
    identify: async ({ headers }: IncomingMessage) => callers.who(keyFor(headers, config.key)),
    bodies: new BodyBudget(),
    publicHosts: config.publicHosts,
    toolNames: config.toolNames,
    report: (error: unknown) =>
      logger.error({ err: error, ...traceField() }, "An MCP request failed"),
  };
  addMcpDoor(main, mcp);
  const sockets = createApp({ logger, metrics, relays: true });
  addMcpSocketDoor(sockets, { ...mcp, recheckMs: MCP_LIMITS.remoteRecheckMs });
  relayLevels(sockets, { url: config.url, keyFor: (headers) => keyFor(headers, config.key) });
  addHealthRoutes(main, health, "anybody");
  const ops = createApp({ logger, metrics });
  addHealthRoutes(ops, health, "operators");
  addMetricsRoute(ops, metrics);

  const close = async () => {
    await sockets.close();
    await main.close();
    await ops.close();
  };
  try {
    const port = await listen(main, config.host, config.port, "NEURALLOG_PORT");
    const opsPort =
      config.opsPort === undefined
        ? undefined
        : await listen(ops, config.host, config.opsPort, "NEURALLOG_OPS_PORT");
    const mcpSocketPort =
      config.mcpSocketPort === undefined
        ? undefined
        : await listen(sockets, config.host, config.mcpSocketPort, "NEURALLOG_MCP_WS_PORT");
    logger.info({ port, opsPort, mcpSocketPort, url: config.url }, "The MCP endpoint listens");
    return {
      port,
      opsPort,
      mcpSocketPort,
      stop: async () => {
        draining = true;
        await sleep(config.drainSeconds * 1000);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
