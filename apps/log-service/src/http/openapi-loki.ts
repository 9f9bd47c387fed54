import { errorsAs, header, json, parameter, step, TEXT, type Json } from "./openapi-parts.ts";

/** What Grafana's data source and `logcli` read by. Parameters are Loki's; those not known are ignored. */

const RANGE = ["start", "end", "since"];

const CALLS: Readonly<Record<string, readonly [summary: string, parameters: readonly string[]]>> = {
  query_range: [
    "Lines, or a metric over time",
    ["query", ...RANGE, "limit", "direction", "step", "interval"],
  ],
  query: ["Lines, or a metric at one time", ["query", "time", "limit", "direction"]],
  labels: ["Names of labels", ["query", ...RANGE]],
  label: ["The same, as Loki called it before", ["query", ...RANGE]],
  "label/{argument}/values": ["A label's values", ["query", ...RANGE]],
  series: ["Streams by their labels", ["match[]", ...RANGE]],
  format_query: ["A query as it is printed", ["query"]],
  "index/stats": ["How much a selector is about", ["query", ...RANGE]],
  "index/volume": [
    "How much each label has",
    ["query", ...RANGE, "limit", "targetLabels", "aggregateBy"],
  ],
  "index/volume_range": [
    "The same over time",
    ["query", ...RANGE, "limit", "step", "targetLabels", "aggregateBy"],
  ],
  detected_fields: ["Fields of lines", ["query", ...RANGE, "limit", "line_limit"]],
  "detected_field/{argument}/values": [
    "A field's values",
    ["query", ...RANGE, "limit", "line_limit"],
  ],
  detected_labels: ["Labels with how many values each has", ["query", ...RANGE]],
  "drilldown-limits": ["What a reader may ask for", []],
  patterns: ["What lines have in common, over time", ["query", ...RANGE, "step"]],
};

const ORG = header("X-Scope-OrgID", "Logical namespaces, joined by |, where the tenant has them");
const TAGS = ["Loki"];

const failures = errorsAs("Text", "400", "401", "403", "503");

export function lokiPaths(): Json {
  const calls = Object.entries(CALLS).map(([path, [summary, parameters]]) => {
    const name = `loki_${path.replaceAll(/\W+/g, "_")}`;
    const steps = path.includes("{argument}") ? [step("argument")] : [];
    return [
      `/loki/api/v1/${path}`,
      {
        get: {
          ...operation(name, summary),
          parameters: [...steps, ...parameters.map((one) => parameter(one)), ORG],
        },
        post: {
          ...operation(`${name}_form`, summary),
          parameters: [...steps, ORG],
          requestBody: { content: form(parameters) },
        },
      },
    ] as const;
  });
  return {
    ...Object.fromEntries(calls),
    "/loki/api/v1/tail": { get: tail("lokiTail") },
    "/api/prom/tail": { get: tail("lokiTailBefore") },
    "/loki/api/v1/status/buildinfo": {
      get: {
        operationId: "lokiBuildInfo",
        tags: TAGS,
        summary: "Which Loki's interface this is",
        security: [],
        responses: { "200": { description: "Always", content: json({ type: "object" }) } },
      },
    },
    "/ready": {
      get: {
        operationId: "lokiReady",
        tags: TAGS,
        summary: "Whether to send requests here",
        security: [],
        responses: {
          "200": { description: "Yes", content: TEXT },
          "503": { description: "No", content: TEXT },
        },
      },
    },
  };
}

function operation(operationId: string, summary: string): Json {
  return {
    operationId,
    tags: TAGS,
    summary,
    responses: {
      "200": { description: "As Loki answers", content: json({ type: "object" }) },
      ...failures,
    },
  };
}

function tail(operationId: string): Json {
  return {
    operationId,
    tags: TAGS,
    summary: "Lines as they come, over a WebSocket",
    parameters: [...["query", "start", "limit"].map((one) => parameter(one)), ORG],
    responses: {
      "101": {
        description: "Messages as Loki sends them; dropped_entries counts what was dropped",
      },
      ...failures,
    },
  };
}

function form(parameters: readonly string[]): Json {
  const properties = Object.fromEntries(parameters.map((one) => [one, { type: "string" }]));
  return { "application/x-www-form-urlencoded": { schema: { type: "object", properties } } };
}
