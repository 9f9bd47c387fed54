import { LOKI_LIMITS } from "../../limits.ts";
import { readStreams } from "../catalog.ts";
import { stepsOf } from "../metric/windows.ts";
import { streamWith, type Stream } from "../stream.ts";
import { parseLogQuery } from "../syntax/parse.ts";
import { MS } from "../time.ts";
import type { Call } from "./call.ts";
import { sampleText } from "./format.ts";
import { streamsAsked } from "./labels.ts";
import { success } from "./query.ts";

/** `index/stats`: how much a selector would read. */
export async function answerStats(call: Call): Promise<object> {
  const streams = await streamsAsked(call, [call.parameters.query()], true);
  const total = (name: "entries" | "bytes") =>
    streams.reduce((sum, stream) => sum + stream[name], 0);
  return {
    streams: streams.length,
    chunks: streams.length,
    bytes: total("bytes"),
    entries: total("entries"),
  };
}

/** How streams are grouped: by the selector's labels, those that are named, or each label apart. */
function groupsFor({ parameters }: Call): (stream: Stream) => readonly Stream[] {
  const expr = parseLogQuery(parameters.query());
  const targets = parameters.all("targetLabels").flatMap((text) => text.split(","));
  const known = new Map<string, readonly Stream[]>();
  const byLabel = parameters.text("aggregateBy") === "labels";
  const own = byLabel ? [] : expr.matchers.map(({ name }) => name);
  const names = targets.length > 0 ? targets : own;
  const pick = ({ labels }: Stream): readonly Stream[] => {
    const shown = [...labels].filter(([name]) => names.length === 0 || names.includes(name));
    if (!byLabel) return shown.length === 0 ? [] : [streamWith(new Map(shown))];
    return shown.map(([name]) => streamWith(new Map([[name, ""]])));
  };
  return (stream) => {
    const before = known.get(stream.key);
    if (before !== undefined) return before;
    const groups = pick(stream);
    known.set(stream.key, groups);
    return groups;
  };
}

function metricOf({ labels }: Stream): object {
  return Object.fromEntries(labels);
}

/** `index/volume`: bytes by group, the largest first. */
export async function answerVolume(call: Call): Promise<object> {
  const { parameters, scope, streams, asking } = call;
  const range = parameters.range();
  const groups = groupsFor(call);
  const bytes = new Map<string, { group: Stream; bytes: number }>();
  const expr = parseLogQuery(parameters.query());
  for (const { stream, bytes: more } of await readStreams(
    { expr, range, scope, streams },
    asking,
  )) {
    for (const group of groups(stream)) {
      const known = bytes.get(group.key);
      if (known === undefined) bytes.set(group.key, { group, bytes: more });
      else known.bytes += more;
    }
  }
  const limit = parameters.limit("limit", LOKI_LIMITS.defaultLines, LOKI_LIMITS.lines);
  const largest = [...bytes.values()].sort((a, b) => b.bytes - a.bytes).slice(0, limit);
  const at = Number(range.end / MS) / 1000;
  const result = largest.map(({ group, bytes: total }) => ({
    metric: metricOf(group),
    value: [at, sampleText(total)],
  }));
  return success({ resultType: "vector", result });
}

/** `index/volume_range`: the same for each step, told by its last millisecond as Loki does. */
export async function answerVolumeRange(call: Call): Promise<object> {
  const { parameters, scope, streams, asking } = call;
  const range = parameters.range();
  const { step } = stepsOf(range, parameters.step(range));
  const stepMs = Math.max(1, Number(step / MS));
  const endMs = Number(range.end / MS);
  const groups = groupsFor(call);
  const bytes = new Map<string, { group: Stream; values: Map<number, number> }>();
  const visit = (stream: Stream, ms: number, more: number) => {
    const at = Math.floor(ms / stepMs);
    for (const group of groups(stream)) {
      let known = bytes.get(group.key);
      if (known === undefined) {
        if (bytes.size >= LOKI_LIMITS.series) continue;
        known = { group, values: new Map() };
        bytes.set(group.key, known);
      }
      known.values.set(at, (known.values.get(at) ?? 0) + more);
    }
  };
  const expr = parseLogQuery(parameters.query());
  await readStreams({ expr, range, scope, streams, visit }, asking);
  const result = [...bytes.values()].map(({ group, values }) => ({
    metric: metricOf(group),
    values: [...values]
      .sort(([a], [b]) => a - b)
      .map(([at, total]) => [Math.min((at + 1) * stepMs - 1, endMs) / 1000, sampleText(total)]),
  }));
  return success({ resultType: "matrix", result });
}
