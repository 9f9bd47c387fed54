import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceTemplate,
  type McpServer,
} from "@modelcontextprotocol/server";

import { MCP_LIMITS } from "../../limits.ts";
import { isNamespaceName } from "../../record/namespace.ts";
import { completing, guarded, offered, type Served } from "../guard.ts";
import { QUERY_LANGUAGE } from "./query-language.ts";
import { namespaceShape } from "./shape.ts";

const SHAPE = "neurallog://namespaces/";

/** What an assistant may read before it asks: in a fixed order, bounded, log text as data. */
export function addResources(server: McpServer, { api, report, callOf }: Served): void {
  server.registerResource(
    "query-language",
    "neurallog://query-language",
    {
      title: "The query language",
      description: "What q takes, with examples",
      mimeType: "text/markdown",
    },
    async ({ href }) => ({
      contents: [{ uri: href, mimeType: "text/markdown", text: QUERY_LANGUAGE }],
    }),
  );

  server.registerResource(
    "levels",
    "neurallog://levels",
    {
      title: "Log levels",
      description: "The least level that each component should send, where one is set",
      mimeType: "application/json",
    },
    ({ href }, context) =>
      guarded(report, async () => {
        const levels = await api.levels(callOf(context));
        const text = JSON.stringify({
          levels: levels.map(({ source, namespace, level }) => ({
            component: source,
            namespace,
            level,
          })),
        });
        return { contents: [{ uri: href, mimeType: "application/json", text }] };
      }),
  );

  const names = async (call: Parameters<typeof api.namespaces>[0]) =>
    (await api.namespaces(call)).map(({ name }) => name).sort();
  server.registerResource(
    "namespace",
    new ResourceTemplate(`${SHAPE}{namespace}`, {
      list: (context) =>
        guarded(report, async () => ({
          resources: (await names(callOf(context)))
            .slice(0, MCP_LIMITS.completions)
            .map((name) => ({
              name,
              uri: `${SHAPE}${name}`,
              mimeType: "text/plain",
            })),
        })),
      complete: {
        namespace: (start) =>
          offered(async () => (await names(completing())).filter((name) => name.startsWith(start))),
      },
    }),
    {
      title: "A namespace's shape",
      description: "Levels, sources, time range and metadata fields of a logical namespace",
      mimeType: "text/plain",
    },
    ({ href }, { namespace }, context) =>
      guarded(report, async () => {
        if (typeof namespace !== "string" || !isNamespaceName(namespace)) {
          throw new ProtocolError(
            ProtocolErrorCode.InvalidParams,
            "The address names no logical namespace: neurallog://namespaces/<name>",
          );
        }
        const text = await namespaceShape(api, namespace, callOf(context));
        return { contents: [{ uri: href, mimeType: "text/plain", text }] };
      }),
  );
}
