import type { IncomingMessage, ServerResponse } from "node:http";

import type { FastifyInstance } from "fastify";

import type { BodyBudget } from "../access/body-budget.ts";
import type { ToolNames } from "../config/fields.ts";
import { MCP_LIMITS } from "../limits.ts";
import type { McpCaller } from "./caller.ts";
import type { LogApi } from "./log-api.ts";
import type { ReportFailure } from "./tools/tool-failure.ts";

export interface McpDoorOptions {
  /**
   * Whom the credentials stand for; asked before any of the body is read.
   * @throws ServiceError when they stand for nobody.
   */
  readonly identify: (request: IncomingMessage) => Promise<McpCaller>;
  /** Room for bodies, shared with every other door of the process. */
  readonly bodies: BodyBudget;
  /** Host names, beside loopback's, that `Host` and `Origin` may have. */
  readonly publicHosts: readonly string[];
  readonly toolNames: ToolNames;
  readonly report: ReportFailure;
}

/** Answers one request of a caller that is known. */
export interface McpHandler {
  /** Whether the names that the request goes by are ours; answers it if they are not. */
  admits(request: IncomingMessage, response: ServerResponse): boolean;
  answer(request: IncomingMessage, response: ServerResponse, api: LogApi): Promise<void>;
  close(): Promise<void>;
}

/**
 * `/mcp`: Streamable HTTP for clients of the newest specification and of those before, without
 * sessions. Callers are known before anything of the protocol is read. What speaks the protocol is
 * loaded with the first request: most processes never have one.
 */
export function addMcpDoor(parent: FastifyInstance, options: McpDoorOptions): void {
  let loading: Promise<McpHandler> | undefined;
  const load = async () => (await import("./handler.ts")).createHandler(options);
  void parent.register(async (app) => {
    // The SDK reads the body by itself, within its own limit.
    app.addContentTypeParser("*", (_request, _payload, done) => done(null));
    app.route({
      method: ["GET", "POST", "DELETE"],
      url: "/mcp",
      handler: async (request, reply) => {
        const handler = await (loading ??= load());
        if (!handler.admits(request.raw, reply.raw)) return reply.hijack();
        const { name, api } = await options.identify(request.raw);
        options.bodies.reserve(name, request.raw, reply.raw, MCP_LIMITS.messageBytes);
        reply.hijack();
        await handler.answer(request.raw, reply.raw, api);
        return reply;
      },
    });
    app.addHook("onClose", async () => (await loading)?.close());
  });
}
