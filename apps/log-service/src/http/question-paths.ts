import type { REPLIES } from "./answer-schemas.ts";
import {
  errors,
  header,
  metadataParameter,
  parameterList,
  reference,
  type Json,
} from "./openapi-parts.ts";
import { PARAMETERS } from "./question-schemas.ts";

interface Entry {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: keyof typeof PARAMETERS;
  readonly reply: keyof typeof REPLIES;
  /** What NDJSON has a line for. */
  readonly lines: string;
  readonly statuses?: readonly string[];
}

const ENTRIES: Readonly<Record<string, Entry>> = {
  "/api/logs": {
    operationId: "searchLogs",
    summary: "Find records",
    parameters: "search",
    reply: "SearchReply",
    lines: "record",
  },
  "/api/logs/count": {
    operationId: "countLogs",
    summary: "Count records, and those of each value of a field",
    parameters: "count",
    reply: "CountReply",
    lines: "answer",
  },
  "/api/logs/histogram": {
    operationId: "histogramOfLogs",
    summary: "Count records by time and level",
    parameters: "histogram",
    reply: "HistogramReply",
    lines: "bucket",
  },
  "/api/logs/facets": {
    operationId: "facetsOfLogs",
    summary: "The commonest values of several fields",
    parameters: "facets",
    reply: "FacetsReply",
    lines: "field",
  },
  "/api/logs/values": {
    operationId: "valuesOfLogs",
    summary: "The distinct values of a field, by value",
    parameters: "values",
    reply: "ValuesReply",
    lines: "value",
  },
  "/api/logs/patterns": {
    operationId: "patternsOfLogs",
    summary: "What messages have in common, the commonest first",
    parameters: "patterns",
    reply: "PatternsReply",
    lines: "pattern",
  },
  "/api/logs/context": {
    operationId: "contextOfLog",
    summary: "What came before and after a record",
    parameters: "context",
    reply: "ContextReply",
    lines: "record",
    statuses: ["404"],
  },
  "/api/logs/trace": {
    operationId: "traceOfLogs",
    summary: "A trace's records across sources, with durations",
    parameters: "trace",
    reply: "TraceReply",
    lines: "record",
  },
  "/api/logs/aggregate": {
    operationId: "aggregateLogs",
    summary: "What a query's pipes make of the records",
    parameters: "aggregate",
    reply: "AggregateReply",
    lines: "row",
  },
};

const TAGS = ["Ask"];

/** The description of each question's route. */
export function questionPaths(): Readonly<Record<string, Json>> {
  const paths = Object.entries(ENTRIES).map(([path, entry]) => [path, { get: operation(entry) }]);
  return {
    ...Object.fromEntries(paths),
    "/api/logs/export": { get: exportOperation() },
    "/api/logs/stream": { get: streamOperation() },
  };
}

function operation({ operationId, summary, parameters, reply, lines, statuses = [] }: Entry): Json {
  return {
    operationId,
    tags: TAGS,
    summary,
    parameters: [...parameterList(PARAMETERS[parameters]), metadataParameter],
    responses: {
      "200": {
        description: "The answer; as NDJSON if Accept names it",
        content: {
          "application/json": { schema: reference(reply) },
          "application/x-ndjson": {
            schema: {
              type: "string",
              description: `A line for each ${lines}; the last one has the rest, under \`end\``,
            },
          },
        },
      },
      ...errors("400", "401", "403", ...statuses, "503"),
    },
  };
}

function exportOperation(): Json {
  return {
    operationId: "exportLogs",
    tags: TAGS,
    summary: "Everything that matches, as a stream",
    description:
      "Lines of records; now and then one with a `checkpoint`, whose cursor goes on from there should the stream break; and last one with the `end`, or with an `error`, as while the archive does not answer, which has the cursor too. A stream without an `end` was cut, and goes on with the last cursor.",
    parameters: [...parameterList(PARAMETERS.export), metadataParameter],
    responses: {
      "200": {
        description: "The records, as fast as they are read",
        content: { "application/x-ndjson": { schema: reference("ExportLine") } },
      },
      ...errors("400", "401", "403", "503"),
    },
  };
}

function streamOperation(): Json {
  return {
    operationId: "followLogs",
    tags: TAGS,
    summary: "What is stored from now on, as server-sent events",
    description:
      "An event for each record, with its JSON as data and an id to go on from. `dropped` says how many records this client missed because it was slow or retention was faster; `error` why the stream ends. Comments are heartbeats.",
    parameters: [
      ...parameterList(PARAMETERS.stream),
      metadataParameter,
      header("Last-Event-ID", "An event's id: what was stored since comes first"),
    ],
    responses: {
      "200": {
        description: "Until the client goes, its key is revoked or the service stops",
        content: { "text/event-stream": { schema: reference("Record") } },
      },
      ...errors("400", "401", "403", "503"),
    },
  };
}
