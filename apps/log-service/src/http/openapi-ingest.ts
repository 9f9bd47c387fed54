import {
  BINARY,
  errors,
  errorsAs,
  header,
  json,
  parameter,
  reference,
  reply,
  step,
  TEXT,
  type Json,
} from "./openapi-parts.ts";

/** The doors for records: our own forms and those of agents. */

const ENCODED = "Bodies may be compressed (Content-Encoding: gzip, deflate, zstd).";
const TAGS = ["Write"];

const common = [
  parameter("namespace", "For records that name none"),
  header("X-NeuralLog-Namespace", "The same, where the address cannot be changed"),
  header(
    "X-Trace-ID",
    "The trace of the request and of its records that name none, in 1 to 128 visible ASCII characters; every answer has it too",
  ),
];

const rejected = {
  description: "No record was stored",
  content: json({ anyOf: [reference("RejectedReply"), reference("Error")] }),
};

const refused = ["401", "403", "413", "415", "429", "503"] as const;

export function ingestPaths(): Json {
  return {
    "/api/logs/archive": { post: archiveLogs },
    "/api/ingest/json": { post: ingestJson },
    "/api/ingest/lines": { post: ingestLines },
    "/v1/logs": { post: otlp },
    "/gelf": { post: gelf },
    "/_bulk": { post: bulk("bulk"), put: bulk("bulkPut") },
    "/{index}/_bulk": { post: bulk("bulkOfIndex", "index"), put: bulk("bulkOfIndexPut", "index") },
    "/loki/api/v1/push": { post: lokiPush("lokiPush") },
    "/api/prom/push": { post: lokiPush("lokiPushBefore") },
  };
}

export const writeLogs: Json = {
  operationId: "writeLogs",
  tags: TAGS,
  summary: "Store records: one, an array, or lines of JSON",
  description: `200 means that the accepted records are kept. Rejected ones are named by their index; if all are, the answer is 400. ${ENCODED}`,
  parameters: [
    ...common,
    header(
      "Idempotency-Key",
      "Names the batch, in 1 to 128 visible ASCII characters: sent again with it within ten minutes, it is stored once and answered as before",
    ),
  ],
  requestBody: {
    required: true,
    content: {
      ...json({
        oneOf: [reference("RecordInput"), { type: "array", items: reference("RecordInput") }],
      }),
      "application/x-ndjson": {
        schema: { type: "string", description: "A RecordInput on each line" },
      },
    },
  },
  responses: {
    "200": reply("WriteReply", "Some or all records are kept"),
    "400": rejected,
    ...errors("422", ...refused),
  },
};

const archiveLogs: Json = {
  operationId: "archiveLogs",
  tags: TAGS,
  summary: "Store a batch in the archive, all of it in one transaction or nothing",
  description: `At most 1,000 records, all in one namespace; searches find them at once, and who follows does not get them. 409 where the tenant has no archive. ${ENCODED}`,
  parameters: [
    ...common,
    header(
      "Idempotency-Key",
      "Names the batch, in 1 to 128 visible ASCII characters: sent again with it within an hour, it is stored once and answered as before",
    ),
  ],
  requestBody: {
    required: true,
    content: json({
      oneOf: [reference("RecordInput"), { type: "array", items: reference("RecordInput") }],
    }),
  },
  responses: {
    "200": reply("ArchiveReply", "All records are kept"),
    ...errors("400", "409", "422", "504", ...refused),
  },
};

const ingestJson: Json = {
  operationId: "ingestObjects",
  tags: TAGS,
  summary: "Store JSON objects with any fields: one, an array, or lines",
  description: `Whatever the Content-Type. What they call time, level and message is found by its usual names; all else becomes metadata. ${ENCODED}`,
  parameters: common,
  requestBody: {
    required: true,
    content: {
      ...json({ anyOf: [{ type: "object" }, { type: "array", items: { type: "object" } }] }),
      "application/x-ndjson": { schema: { type: "string", description: "An object on each line" } },
      "*/*": { schema: { type: "string" } },
    },
  },
  responses: {
    "200": reply("WriteReply", "Some or all records are kept"),
    "400": rejected,
    ...errors(...refused),
  },
};

const ingestLines: Json = {
  operationId: "ingestLines",
  tags: TAGS,
  summary: "Store plain lines, each read by the format that it has",
  description: `Whatever the Content-Type. ${ENCODED}`,
  parameters: [
    ...common,
    parameter("source", "Of lines that name none"),
    parameter("join", "Whether lines without a time of their own belong to the one before; true", {
      type: "boolean",
    }),
  ],
  requestBody: { required: true, content: { ...TEXT, "*/*": { schema: { type: "string" } } } },
  responses: {
    "200": reply("WriteReply", "The lines are kept"),
    "400": rejected,
    ...errors(...refused),
  },
};

const otlp: Json = {
  operationId: "otlpLogs",
  tags: TAGS,
  summary: "OTLP over HTTP: ExportLogsServiceRequest, in protobuf or JSON",
  description: `Answers speak as the request did. ${ENCODED}`,
  parameters: common,
  requestBody: {
    content: { "application/x-protobuf": BINARY, ...json({ type: "object" }) },
  },
  responses: {
    "200": {
      description: "ExportLogsServiceResponse; partialSuccess names what was rejected",
      content: { "application/x-protobuf": BINARY, ...json({ type: "object" }) },
    },
    ...errorsAs("OtlpStatus", "400", ...refused),
  },
};

const gelf: Json = {
  operationId: "gelf",
  tags: TAGS,
  summary: "One GELF message, plain, gzip or zlib",
  parameters: common,
  requestBody: { required: true, content: { ...json({ type: "object" }), "*/*": BINARY } },
  responses: { "202": { description: "It is kept" }, ...errors("400", ...refused) },
};

function bulk(operationId: string, index?: string): Json {
  return {
    operationId,
    tags: TAGS,
    summary: "Elasticsearch's bulk: index and create actions with their documents",
    description: `Whatever the Content-Type and the query arguments. ${ENCODED}`,
    parameters: [
      ...(index === undefined
        ? []
        : [step(index, "Kept as metadata._index where an action names none")]),
      ...common.slice(1),
    ],
    requestBody: {
      required: true,
      content: { "application/x-ndjson": { schema: { type: "string" } }, "*/*": BINARY },
    },
    responses: {
      "200": {
        description: "An item for each action, with a status of its own",
        content: json({
          type: "object",
          properties: {
            took: { type: "integer" },
            errors: { type: "boolean" },
            items: { type: "array", items: { type: "object" } },
          },
        }),
      },
      ...errorsAs("ElasticsearchError", "400", ...refused),
    },
  };
}

function lokiPush(operationId: string): Json {
  return {
    operationId,
    tags: TAGS,
    summary: "Loki's push: streams of lines with labels",
    description:
      "JSON where the Content-Type says so, else protobuf in snappy. X-Scope-OrgID is the namespace.",
    parameters: [
      header("X-Scope-OrgID", "A logical namespace, where the tenant has them"),
      ...common.slice(1),
    ],
    requestBody: {
      required: true,
      content: {
        ...json({
          type: "object",
          properties: { streams: { type: "array", items: { type: "object" } } },
        }),
        "application/x-protobuf": BINARY,
      },
    },
    responses: {
      "204": { description: "What could be stored is kept" },
      ...errorsAs("Text", "400", "422", ...refused),
    },
  };
}
