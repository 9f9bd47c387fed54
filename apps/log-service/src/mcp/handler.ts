import type { IncomingMessage } from "node:http";

import {
  hostHeaderValidation,
  originValidation,
  toNodeHandler,
  type NodeIncomingMessageLike,
} from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";

import { MCP_LIMITS } from "../limits.ts";
import type { McpDoorOptions, McpHandler } from "./door.ts";
import type { LogApi } from "./log-api.ts";
import { ownHosts } from "./own-hosts.ts";
import { createMcpServer } from "./server.ts";
import { strictUtf8 } from "./strict-utf8.ts";
import { traceOfRequest } from "./trace.ts";
import type { Trace } from "../observe/trace.ts";

/** Carries a caller's API through the SDK, which passes on what it is given as authentication. */
class Caller {
  readonly api: LogApi;
  readonly trace: Trace | undefined;

  constructor(api: LogApi, trace: Trace | undefined) {
    this.api = api;
    this.trace = trace;
  }
}

/** What speaks the protocol; loading it takes some 10 MB. */
export function createHandler(options: McpDoorOptions): McpHandler {
  const { toolNames, report } = options;
  const handler = createMcpHandler(
    ({ authInfo }) => {
      const caller = authInfo?.extra?.["caller"];
      if (!(caller instanceof Caller)) throw new Error("a request came past the door");
      return createMcpServer({ api: caller.api, trace: caller.trace, toolNames, report });
    },
    { onerror: report, maxRequestBodySize: MCP_LIMITS.messageBytes },
  );
  const node = toNodeHandler(handler, {
    onerror: report,
    maxRequestBodySize: MCP_LIMITS.messageBytes,
  });
  const hosts = ownHosts(options.publicHosts);
  const isOurHost = hostHeaderValidation(hosts);
  const isOurOrigin = originValidation(hosts);
  return {
    admits: (request, response) => isOurHost(request, response) && isOurOrigin(request, response),
    answer: (request, response, api) => node(asSdkRequest(request, api), response),
    close: () => handler.close(),
  };
}

/** What the SDK's adapter reads of a request. The key stays at the door: nothing behind has a use for it. */
function asSdkRequest(raw: IncomingMessage, api: LogApi): NodeIncomingMessageLike {
  const { authorization: _key, ...headers } = raw.headers;
  return {
    method: raw.method ?? "POST",
    url: raw.url ?? "/mcp",
    headers,
    auth: {
      token: "",
      clientId: "caller",
      scopes: [],
      extra: { caller: new Caller(api, traceOfRequest(headers)) },
    },
    [Symbol.asyncIterator]: () => strictUtf8(raw),
  };
}
