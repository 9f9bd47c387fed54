import { z } from "zod";

import { VERSION } from "../version.ts";
import {
  errorReply,
  liveReply,
  readyReply,
  record,
  recordInput,
  rejectedReply,
  writeReply,
} from "./schemas.ts";
import { REPLIES } from "./answer-schemas.ts";
import { errors, json, reference, reply, type Json } from "./openapi-parts.ts";
import { questionPaths } from "./question-paths.ts";

const COMPONENTS = {
  RecordInput: recordInput,
  Record: record,
  Error: errorReply,
  WriteReply: writeReply,
  RejectedReply: rejectedReply,
  ...REPLIES,
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
      security: [{ key: [] }],
      paths: paths(),
      components: {
        securitySchemes: {
          key: { type: "http", scheme: "bearer", description: "An API key: nlk_…" },
        },
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
      post: {
        operationId: "writeLogs",
        summary: "Store records: one, an array, or lines of JSON",
        description:
          "200 means that the accepted records are kept. Rejected ones are named by their index; if all are, the answer is 400. Bodies may be compressed (gzip, deflate, zstd).",
        parameters: [namespaceParameter],
        requestBody: {
          required: true,
          content: {
            "application/json": {
              schema: {
                oneOf: [
                  reference("RecordInput"),
                  { type: "array", items: reference("RecordInput") },
                ],
              },
            },
            "application/x-ndjson": {
              schema: { type: "string", description: "A RecordInput on each line" },
            },
          },
        },
        responses: {
          "200": reply("WriteReply", "Some or all records are kept"),
          "400": {
            description: "No record was stored",
            content: json({ anyOf: [reference("RejectedReply"), reference("Error")] }),
          },
          ...errors("401", "403", "413", "415", "429", "503"),
        },
      },
      ...searchPath,
    },
    ...otherPaths,
    "/api/namespaces": {
      get: {
        operationId: "listNamespaces",
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

const namespaceParameter = {
  name: "namespace",
  in: "query",
  description: "For records that name none",
  schema: { type: "string" },
};

/** A route without a key. */
function open(operationId: string, summary: string, responses: Json): Json {
  return { operationId, summary, security: [], responses };
}
