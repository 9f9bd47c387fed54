import { invalidParameter } from "../operations/invalid-parameter.ts";
import type { Asked, ExportAsked } from "../operations/questions.ts";
import { readOrder, type FilterQuery } from "../operations/search-query.ts";
import { metadataParameters, single, type Parameters } from "./parameters.ts";
import { PARAMETERS } from "./question-schemas.ts";

interface Route<T> {
  readonly path: string;
  /** Parameters that it takes; `metadata.` stands for all paths. */
  readonly known: readonly string[];
  readonly read: (parameters: Parameters) => T;
}

/** Each question's route, and how its parameters become what is asked. */
export const QUESTIONS: readonly Route<Asked>[] = [
  route("/api/logs", PARAMETERS.search, (parameters) => ({
    kind: "search",
    ...filterOf(parameters),
    order: readOrder(single(parameters, "order")),
    limit: whole(parameters, "limit"),
    cursor: single(parameters, "cursor"),
    after: single(parameters, "after"),
  })),
  route("/api/logs/count", PARAMETERS.count, (parameters) => ({
    kind: "count",
    ...filterOf(parameters),
    by: single(parameters, "by"),
  })),
  route("/api/logs/histogram", PARAMETERS.histogram, (parameters) => ({
    kind: "histogram",
    ...filterOf(parameters),
    interval: single(parameters, "interval"),
    buckets: whole(parameters, "buckets"),
  })),
  route("/api/logs/facets", PARAMETERS.facets, (parameters) => ({
    kind: "facets",
    ...filterOf(parameters),
    field: listOf(parameters, "field"),
    limit: whole(parameters, "limit"),
  })),
  route("/api/logs/values", PARAMETERS.values, (parameters) => ({
    kind: "values",
    ...filterOf(parameters),
    field: single(parameters, "field"),
    prefix: single(parameters, "prefix"),
    limit: whole(parameters, "limit"),
  })),
  route("/api/logs/patterns", PARAMETERS.patterns, (parameters) => ({
    kind: "patterns",
    ...filterOf(parameters),
    limit: whole(parameters, "limit"),
  })),
  route("/api/logs/context", PARAMETERS.context, (parameters) => ({
    kind: "context",
    ...filterOf(parameters),
    id: single(parameters, "id"),
    before: whole(parameters, "before"),
    after: whole(parameters, "after"),
    same: single(parameters, "same"),
  })),
  route("/api/logs/trace", PARAMETERS.trace, (parameters) => ({
    kind: "trace",
    ...filterOf(parameters),
    limit: whole(parameters, "limit"),
  })),
  route("/api/logs/aggregate", PARAMETERS.aggregate, (parameters) => ({
    kind: "aggregate",
    ...filterOf(parameters),
  })),
];

export const EXPORT: Route<ExportAsked> = route(
  "/api/logs/export",
  PARAMETERS.export,
  (parameters) => ({
    ...filterOf(parameters),
    order: readOrder(single(parameters, "order")),
    limit: whole(parameters, "limit"),
    cursor: single(parameters, "cursor"),
  }),
);

function route<T>(
  path: string,
  { shape }: { readonly shape: object },
  read: (parameters: Parameters) => T,
): Route<T> {
  return { path, known: [...Object.keys(shape), "metadata."], read };
}

export function filterOf(parameters: Parameters): FilterQuery {
  return {
    q: single(parameters, "q"),
    from: single(parameters, "from"),
    to: single(parameters, "to"),
    level: listOf(parameters, "level"),
    source: parameters.get("source"),
    tag: parameters.get("tag"),
    trace_id: single(parameters, "trace_id"),
    text: single(parameters, "text"),
    metadata: metadataParameters(parameters),
    namespace: parameters.get("namespace"),
  };
}

/** Repeated, separated by commas, or both. */
function listOf(parameters: Parameters, name: string): readonly string[] | undefined {
  return parameters.get(name)?.flatMap((value) => value.split(","));
}

function whole(parameters: Parameters, name: string): number | undefined {
  const text = single(parameters, name);
  if (text !== undefined && !/^\d{1,15}$/.test(text)) {
    throw invalidParameter(name, "is a whole number");
  }
  return text === undefined ? undefined : Number(text);
}
