import type { IncomingMessage } from "node:http";

import {
  hostHeaderValidation,
  originValidation,
  toNodeHandler,
  type NodeIncomingMessageLike,
} from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import type { FastifyInstance } from "fastify";

import type { ToolNames } from "../config/fields.ts";
import { MCP_LIMITS } from "../limits.ts";
import type { LogApi } from "./log-api.ts";
import { createMcpServer } from "./tools.ts";
import type { ReportFailure } from "./tool-failure.ts";

export interface McpDoorOptions {
  /**
   * What the caller's credentials open.
   * @throws ServiceError when they open nothing.
   */
  readonly identify: (request: IncomingMessage) => LogApi | Promise<LogApi>;
  /** Host names, beside loopback's, that `Host` and `Origin` may have. */
  readonly publicHosts: readonly string[];
  readonly toolNames: ToolNames;
  readonly report: ReportFailure;
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** Carries a caller's API through the SDK, which passes on what it is given as authentication. */
class Caller {
  readonly api: LogApi;

  constructor(api: LogApi) {
    this.api = api;
  }
}

/**
 * `/mcp`: Streamable HTTP for clients of the newest specification and of those before, without
 * sessions. Callers are known before anything of the protocol is read.
 */
export function addMcpDoor(parent: FastifyInstance, options: McpDoorOptions): void {
  const { toolNames, report } = options;
  const handler = createMcpHandler(
    ({ authInfo }) => {
      const caller = authInfo?.extra?.["caller"];
      if (!(caller instanceof Caller)) throw new Error("a request came past the door");
      return createMcpServer({ api: caller.api, toolNames, report });
    },
    { onerror: report, maxRequestBodySize: MCP_LIMITS.messageBytes },
  );
  const node = toNodeHandler(handler, {
    onerror: report,
    maxRequestBodySize: MCP_LIMITS.messageBytes,
  });
  // A page of a stranger's site can name our address as its own host (DNS rebinding) and then read
  // what comes back: only the names that we go by are answered.
  const hosts = [...LOOPBACK, ...options.publicHosts];
  const isOurHost = hostHeaderValidation(hosts);
  const isOurOrigin = originValidation(hosts);

  void parent.register(async (app) => {
    // The SDK reads the body by itself, within its own limit.
    app.addContentTypeParser("*", (_request, _payload, done) => done(null));
    app.route({
      method: ["GET", "POST", "DELETE"],
      url: "/mcp",
      handler: async (request, reply) => {
        if (!isOurHost(request.raw, reply.raw) || !isOurOrigin(request.raw, reply.raw)) {
          return reply.hijack();
        }
        const api = await options.identify(request.raw);
        reply.hijack();
        await node(asSdkRequest(request.raw, api), reply.raw);
        return reply;
      },
    });
    app.addHook("onClose", () => handler.close());
  });
}

/** What the SDK's adapter reads of a request. The key stays at the door: nothing behind has a use for it. */
function asSdkRequest(raw: IncomingMessage, api: LogApi): NodeIncomingMessageLike {
  const { authorization: _key, ...headers } = raw.headers;
  return {
    method: raw.method ?? "POST",
    url: raw.url ?? "/mcp",
    headers,
    auth: { token: "", clientId: "caller", scopes: [], extra: { caller: new Caller(api) } },
    [Symbol.asyncIterator]: () => raw[Symbol.asyncIterator](),
  };
}
