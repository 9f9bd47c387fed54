import { readStreams, type StreamCount } from "../catalog.ts";
import type { LogExpr } from "../syntax/ast.ts";
import { parseLogQuery } from "../syntax/parse.ts";
import type { Call } from "./call.ts";
import { success } from "./query.ts";

const EVERY_STREAM: LogExpr = { kind: "log", matchers: [], stages: [] };

/**
 * The streams of a call's `query`, or of all its matchers.
 * @param sized Whether their bytes are asked for, which takes reading every line.
 */
export async function streamsAsked(
  { parameters, scope, streams, asking }: Call,
  queries: readonly string[],
  sized = false,
): Promise<readonly StreamCount[]> {
  const range = parameters.range();
  const exprs = queries.length === 0 ? [EVERY_STREAM] : queries.map(parseLogQuery);
  const found = new Map<string, StreamCount>();
  for (const expr of exprs) {
    for (const count of await readStreams({ expr, range, scope, streams, sized }, asking)) {
      found.set(count.stream.key, count);
    }
  }
  return [...found.values()];
}

/** `labels`: the names of all labels. */
export async function answerLabels(call: Call): Promise<object> {
  const streams = await streamsAsked(call, call.parameters.all("query"));
  return success(distinct(streams.flatMap(({ stream }) => [...stream.labels.keys()])));
}

/** `label/<name>/values`. */
export async function answerLabelValues(call: Call): Promise<object> {
  const streams = await streamsAsked(call, call.parameters.all("query"));
  return success(distinct(streams.flatMap(({ stream }) => stream.labels.get(call.argument) ?? [])));
}

/** `series`: the streams that any `match[]` lets through. */
export async function answerSeries(call: Call): Promise<object> {
  const streams = await streamsAsked(call, call.parameters.all("match[]", "match"));
  return success(streams.map(({ stream }) => Object.fromEntries(stream.labels)));
}

/** `detected_labels`. */
export async function answerDetectedLabels(call: Call): Promise<object> {
  const streams = await streamsAsked(call, call.parameters.all("query"));
  const values = new Map<string, Set<string>>();
  for (const { stream } of streams) {
    for (const [name, value] of stream.labels) {
      const known = values.get(name);
      if (known === undefined) values.set(name, new Set([value]));
      else known.add(value);
    }
  }
  return {
    detectedLabels: [...values].map(([label, found]) => ({ label, cardinality: found.size })),
  };
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}
