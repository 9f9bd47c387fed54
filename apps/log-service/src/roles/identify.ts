import type { IncomingMessage } from "node:http";

import type { Authenticator } from "../access/authenticator.ts";
import { credentialsOf } from "../http/authenticate.ts";
import { DirectLogApi, type DirectDeps } from "../mcp/direct.ts";
import type { McpCaller } from "../mcp/caller.ts";

/** Whom an MCP request or connection is from, where the log service itself answers. */
export function identifyDirectly(
  authenticator: Authenticator,
  deps: DirectDeps,
): (request: IncomingMessage) => Promise<McpCaller> {
  return async (request) => {
    const forwarded = request.headers["x-forwarded-for"];
    const from = {
      address: request.socket.remoteAddress ?? "",
      forwardedFor: Array.isArray(forwarded) ? forwarded.join(", ") : forwarded,
    };
    let principal = await authenticator.authenticate(credentialsOf(request));
    return {
      name: principal.name,
      api: new DirectLogApi(() => ({ principal, ...from }), deps),
      recheck: async () => {
        principal = await authenticator.authenticate(credentialsOf(request));
      },
    };
  };
}
