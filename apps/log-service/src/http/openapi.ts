import { z } from "zod";

import { VERSION } from "../version.ts";
import {
  errorReply,
  liveReply,
  namespacesReply,
  readyReply,
  record,
  recordInput,
  rejectedReply,
  searchParameters,
  searchReply,
  writeReply,
} from "./schemas.ts";

type Json = { readonly [key: string]: unknown };

const COMPONENTS = {
  RecordInput: recordInput,
  Record: record,
  Error: errorReply,
  WriteReply: writeReply,
  RejectedReply: rejectedReply,
  SearchReply: searchReply,
  NamespacesReply: namespacesReply,
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
      get: {
        operationId: "searchLogs",
        summary: "Find records",
        parameters: [...searchParameterList(), metadataParameter],
        responses: {
          "200": reply("SearchReply", "A page of records, in the order asked for"),
          ...errors("400", "401", "403", "503"),
        },
      },
    },
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

const metadataParameter = {
  name: "metadata",
  in: "query",
  description:
    "metadata.<path>=<value>: the value at a dotted path of the metadata, or an element of the array there; may be repeated: all of them",
  schema: { type: "object", additionalProperties: { type: "string" } },
};

const REPEATED = new Set(["source", "tag", "namespace"]);

function searchParameterList(): Json[] {
  return Object.entries(searchParameters.shape).map(([name, field]) => {
    const { $schema: _dialect, description, ...schema } = z.toJSONSchema(field, { io: "input" });
    return {
      name,
      in: "query",
      ...(description === undefined ? {} : { description }),
      schema: REPEATED.has(name) ? { type: "array", items: schema } : schema,
    };
  });
}

function reference(name: keyof typeof COMPONENTS): Json {
  return { $ref: `#/components/schemas/${name}` };
}

function json(schema: Json): Json {
  return { "application/json": { schema } };
}

function reply(name: keyof typeof COMPONENTS, description: string): Json {
  return { description, content: json(reference(name)) };
}

const ERROR_MEANINGS: Readonly<Record<string, string>> = {
  "400": "The request is not valid",
  "401": "No valid API key",
  "403": "The key's role or namespaces do not allow this",
  "413": "Too large",
  "415": "Content type or encoding not supported",
  "429": "The key has used up its rate: try again after Retry-After seconds",
  "503": "The store cannot be reached or is full: try again after Retry-After seconds",
};

function errors(...statuses: string[]): Json {
  return Object.fromEntries(
    statuses.map((status) => [status, reply("Error", ERROR_MEANINGS[status] ?? "Error")]),
  );
}

/** A route without a key. */
function open(operationId: string, summary: string, responses: Json): Json {
  return { operationId, summary, security: [], responses };
}
