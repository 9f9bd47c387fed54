import { z } from "zod";

import { VERSION } from "../version.ts";
import {
  archiveReply,
  errorCode,
  errorReply,
  liveReply,
  readyReply,
  record,
  recordInput,
  rejectedReply,
  writeReply,
} from "./schemas.ts";
import {
  clearInput,
  clearReply,
  keyState,
  keysReply,
  levelInput,
  levelsReply,
  setLevel,
  setLevelsReply,
  tombstonesReply,
} from "./admin/schemas.ts";
import { REPLIES } from "./answer-schemas.ts";
import { adminPaths } from "./openapi-admin.ts";
import { elasticsearchPaths } from "./openapi-elasticsearch.ts";
import { ingestPaths, writeLogs } from "./openapi-ingest.ts";
import { lokiPaths } from "./openapi-loki.ts";
import { errorResponses, errors, json, reply, type Json } from "./openapi-parts.ts";
import { questionPaths } from "./question-paths.ts";

/** Any of them, on every route that is not open to everybody. */
const SECURITY = {
  key: {
    type: "http",
    scheme: "bearer",
    description: "An API key, nlk_…, or an OIDC access token",
  },
  basic: { type: "http", scheme: "basic", description: "Any user, the key as password" },
  elastic: {
    type: "apiKey",
    in: "header",
    name: "Authorization",
    description: "ApiKey base64(id:key), as Elasticsearch's clients send it",
  },
  certificate: { type: "mutualTLS", description: "Where the tenant names certificates" },
};

const COMPONENTS = {
  RecordInput: recordInput,
  Record: record,
  ErrorCode: errorCode,
  Error: errorReply,
  WriteReply: writeReply,
  RejectedReply: rejectedReply,
  ArchiveReply: archiveReply,
  ...REPLIES,
  ClearInput: clearInput,
  ClearReply: clearReply,
  TombstonesReply: tombstonesReply,
  KeyState: keyState,
  KeysReply: keysReply,
  LevelInput: levelInput,
  LevelsReply: levelsReply,
  SetLevel: setLevel,
  SetLevelsReply: setLevelsReply,
  LiveReply: liveReply,
  ReadyReply: readyReply,
};

/**
 * The API's description, OpenAPI 3.1, as text. `apps/log-service/openapi.json` is a copy of it;
 * a test writes it anew and compares.
 */
export function openApiDocument(): string {
  return `${JSON.stringify(
    {
      openapi: "3.1.0",
      info: {
        title: "NeuralLog log service",
        version: VERSION,
        description: "Writes and finds the log records of one tenant.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      // The address is the tenant's own: relative to wherever this document was found.
      servers: [{ url: "/" }],
      security: Object.keys(SECURITY).map((name) => ({ [name]: [] })),
      paths: paths(),
      components: {
        securitySchemes: SECURITY,
        responses: errorResponses(),
        schemas: components(),
      },
    },
    undefined,
    2,
  )}\n`;
}

function components(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(COMPONENTS)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    io: "input",
    uri: (id) => `#/components/schemas/${id}`,
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => [id, withoutDialect(schema)]),
  );
}

/** OpenAPI 3.1 says itself which dialect its schemas are in. */
function withoutDialect(schema: object): Json {
  return Object.fromEntries(
    Object.entries(schema).filter(([key]) => key !== "$schema" && key !== "$id" && key !== "id"),
  );
}

function paths(): Json {
  const { "/api/logs": searchPath, ...otherPaths } = questionPaths();
  return {
    "/api/logs": {
      post: writeLogs,
      ...searchPath,
    },
    ...otherPaths,
    ...ingestPaths(),
    ...adminPaths(),
    ...lokiPaths(),
    ...elasticsearchPaths(),
    "/mcp": mcpPath,
    "/api/namespaces": {
      get: {
        operationId: "listNamespaces",
        tags: TAGS,
        summary: "The logical namespaces that the key reaches",
        responses: {
          "200": reply("NamespacesReply", "By name"),
          ...errors("401", "403", "503"),
        },
      },
    },
    "/api/stats": {
      get: {
        operationId: "stats",
        tags: TAGS,
        summary: "How the service and its store do",
        responses: {
          "200": reply("StatsReply", "At this moment, of the namespaces that the key reaches"),
          ...errors("401", "403"),
        },
      },
    },
    "/health/live": {
      get: open("live", "The process answers", { "200": reply("LiveReply", "It does") }),
    },
    "/health/ready": {
      get: open("ready", "Whether to send requests here", {
        "200": reply("ReadyReply", "Yes"),
        "503": reply("ReadyReply", "No, and why"),
      }),
    },
    "/metrics": {
      get: {
        operationId: "metrics",
        tags: TAGS,
        summary: "Prometheus metrics; on this listener for admins",
        responses: {
          "200": {
            description: "Prometheus' text format",
            content: { "text/plain": { schema: { type: "string" } } },
          },
          ...errors("401", "403"),
        },
      },
    },
    "/openapi.json": {
      get: open("openapi", "This document", {
        "200": { description: "OpenAPI 3.1", content: json({ type: "object" }) },
      }),
    },
  };
}

const TAGS = ["Service"];

const stateless = {
  "401": { description: "No valid API key" },
  "405": { description: "There are no sessions: only POST is answered" },
};

const mcpPath: Json = {
  post: {
    operationId: "mcp",
    tags: ["MCP"],
    summary: "The Model Context Protocol over Streamable HTTP, without sessions",
    requestBody: { required: true, content: json({ description: "JSON-RPC 2.0" }) },
    responses: {
      "200": {
        description: "JSON-RPC 2.0",
        content: { ...json({}), "text/event-stream": { schema: { type: "string" } } },
      },
      ...errors("400", "401", "403", "413"),
    },
  },
  get: { operationId: "mcpGet", tags: ["MCP"], summary: "Refused", responses: stateless },
  delete: { operationId: "mcpDelete", tags: ["MCP"], summary: "Refused", responses: stateless },
};

/** A route without a key. */
function open(operationId: string, summary: string, responses: Json): Json {
  return { operationId, tags: TAGS, summary, security: [], responses };
}
