import type { Histogram, LevelCounts, TracePart } from "@neurallog/client";

import { MCP_LIMITS } from "../../limits.ts";
import { filterOf } from "./filter.ts";
import { fitting } from "../answer/fit.ts";
import type { Call, LogApi } from "../log-api.ts";
import type {
  ContextInput,
  ContextOutput,
  CountInput,
  CountOutput,
  PatternsInput,
  PatternsOutput,
  StatsInput,
  StatsOutput,
  TraceInput,
  TraceOutput,
} from "./question-schemas.ts";
import type { FoundRecord } from "../answer/found-record.ts";
import { oneLine, recordText, shorten, shortText } from "../answer/shorten.ts";
import { fence, NOTICE, visible, visibleJson } from "../answer/untrusted.ts";
import type { ForModel } from "./tool.ts";
import { warningLines, warningsOf } from "./warnings.ts";

export async function countForModel(
  api: LogApi,
  input: CountInput,
  call: Call,
): Promise<ForModel<CountOutput>> {
  const filter = filterOf(input);
  const { by = "level", interval, over_time: overTime = interval !== undefined } = input;
  const [counted, histogram] = await Promise.all([
    api.count({ ...filter, by }, call),
    overTime ? api.histogram({ ...filter, interval, buckets: 30 }, call) : undefined,
  ]);
  const values = (counted.by?.values ?? [])
    .slice(0, MCP_LIMITS.values)
    .map(({ value, count }) => ({ value: shortText(value), count }));
  const output: CountOutput = {
    notice: NOTICE,
    count: counted.count,
    by: {
      field: visible(by),
      values,
      more: counted.by?.more === true || values.length < (counted.by?.values.length ?? 0),
    },
    ...(histogram === undefined ? {} : { overTime: bucketsOf(histogram) }),
    truncated:
      counted.truncated ||
      histogram?.truncated === true ||
      (histogram?.buckets.length ?? 0) > MCP_LIMITS.buckets,
    ...warningsOf(counted, histogram),
  };
  const { overTime: rows } = output;
  const times = (rows?.buckets ?? []).map(
    ({ start, count, warnings, errors }) =>
      `${start}: ${count}, of them ${errors} errors and ${warnings} warnings`,
  );
  const text = [
    `${counted.count} records match.`,
    ...fenced(values.map(({ value, count }) => `${count} ${oneLine(value)}`)),
    ...(output.by.more ? [`There are more values of ${output.by.field}.`] : []),
    ...(rows === undefined ? [] : [`In each ${rows.interval} from:`, ...times]),
    ...(output.truncated ? [MORE] : []),
    ...warningLines(output),
  ];
  return { text: text.join("\n"), output };
}

export async function statsForModel(
  api: LogApi,
  { q, ...input }: StatsInput,
  call: Call,
): Promise<ForModel<StatsOutput>> {
  const answer = await api.aggregate({ ...filterOf(input), q }, call);
  const columns = answer.columns.map(shortText);
  const all = answer.rows.slice(0, MCP_LIMITS.rows).map(rowOf);
  const rows = all.slice(
    0,
    fitting(all, (row) => JSON.stringify(row)),
  );
  const isCut = rows.length < answer.rows.length;
  const notes = [
    ...answer.notes.map(shortText),
    ...(isCut
      ? [`Only the first ${rows.length} of ${answer.rows.length} rows are shown: add | limit.`]
      : []),
  ];
  const output: StatsOutput = {
    notice: NOTICE,
    columns,
    rows,
    notes,
    truncated: answer.truncated || isCut,
    ...warningsOf(answer),
  };
  const lines = [columns, ...rows.map((row) => columns.map((name) => row[name] ?? null))].map(
    (line) =>
      line
        .map((cell) => (typeof cell === "string" ? oneLine(cell) : JSON.stringify(cell)))
        .join(" | "),
  );
  const text = [`${answer.rows.length} rows.`, ...fenced(lines), ...notes, ...warningLines(output)];
  return { text: text.join("\n"), output };
}

export async function patternsForModel(
  api: LogApi,
  { limit = 20, ...input }: PatternsInput,
  call: Call,
): Promise<ForModel<PatternsOutput>> {
  const answer = await api.patterns({ ...filterOf(input), limit }, call);
  const all = answer.patterns.map(({ pattern, count, levels, example, first, last }) => ({
    pattern: shortText(pattern),
    count,
    errors: errorsOf(levels),
    warnings: levels.WARN,
    example: example.id,
    first,
    last,
  }));
  const textOf = (one: (typeof all)[number]) =>
    `${one.count} time${one.count === 1 ? "" : "s"}, ${one.errors} errors, ${one.warnings} warnings, from ${one.first} to ${one.last}, as [${one.example}]: ${oneLine(one.pattern)}`;
  const patterns = all.slice(0, fitting(all, textOf));
  const truncated = answer.truncated || answer.more || patterns.length < all.length;
  const output: PatternsOutput = {
    notice: NOTICE,
    count: answer.count,
    patterns,
    truncated,
    ...warningsOf(answer),
  };
  const text = [
    `${answer.count} records match.`,
    ...fenced(patterns.map(textOf)),
    ...(truncated ? [MORE] : []),
    ...warningLines(output),
  ];
  return { text: text.join("\n"), output };
}

export async function contextForModel(
  api: LogApi,
  { id, before = 5, after = 5, same = "source" }: ContextInput,
  call: Call,
): Promise<ForModel<ContextOutput>> {
  const answer = await api.context({ id, before, after, same }, call);
  const record = shorten(answer.record);
  // The nearest ones are kept, on either side as many bytes.
  const room = MCP_LIMITS.answerBytes / 3;
  const nearest = answer.before.toReversed().map(shorten);
  const earlier = nearest.slice(0, fitting(nearest, recordText, room)).reverse();
  const behind = answer.after.map(shorten);
  const later = behind.slice(0, fitting(behind, recordText, room));
  const isCut = earlier.length < nearest.length || later.length < behind.length;
  const output: ContextOutput = {
    notice: NOTICE,
    before: earlier,
    record,
    after: later,
    truncated: answer.truncated || isCut,
    ...warningsOf(answer),
  };
  const lines = [...earlier.map(recordText), `> ${recordText(record)}`, ...later.map(recordText)];
  const text = [
    `${earlier.length} records before the one marked with >, ${later.length} after it.`,
    ...fenced(lines),
    ...(output.truncated ? [MORE] : []),
    ...warningLines(output),
  ];
  return { text: text.join("\n"), output };
}

export async function traceForModel(
  api: LogApi,
  { trace_id, limit = 50, ...input }: TraceInput,
  call: Call,
): Promise<ForModel<TraceOutput>> {
  const answer = await api.trace({ ...filterOf(input), trace_id, limit }, call);
  const all = answer.records.map(shorten);
  const records: FoundRecord[] = all.slice(0, fitting(all, recordText));
  const sources = answer.sources.slice(0, MCP_LIMITS.values).map(partOf);
  const truncated = answer.truncated || records.length < all.length;
  const output: TraceOutput = {
    notice: NOTICE,
    trace_id: shortText(trace_id),
    tookMs: answer.duration_ms,
    sources,
    spans: answer.spans.slice(0, MCP_LIMITS.values).map(partOf),
    records,
    truncated,
    ...warningsOf(answer),
  };
  const lines = [
    ...sources.map(
      ({ name, records: count, afterMs, tookMs, errors }) =>
        `${oneLine(name)}: ${count} records, ${errors} errors, after ${afterMs} ms, for ${tookMs} ms`,
    ),
    ...records.map(recordText),
  ];
  const text = [
    `${records.length} records in ${answer.duration_ms} ms.`,
    ...fenced(lines),
    ...(truncated ? [MORE] : []),
    ...warningLines(output),
  ];
  return { text: text.join("\n"), output };
}

export const MORE = "A limit was reached: narrow it with from, to or q to see the rest.";

function bucketsOf({ interval_ms, buckets }: Histogram): CountOutput["overTime"] {
  return {
    interval: interval_ms % 1_000 === 0 ? `${interval_ms / 1_000} s` : `${interval_ms} ms`,
    buckets: buckets.slice(-MCP_LIMITS.buckets).map(({ start, count, levels }) => ({
      start,
      count,
      warnings: levels.WARN,
      errors: errorsOf(levels),
    })),
  };
}

function partOf({ name, records, offset_ms, duration_ms, levels }: TracePart) {
  return {
    name: shortText(name),
    records,
    afterMs: offset_ms,
    tookMs: duration_ms,
    errors: errorsOf(levels),
  };
}

function errorsOf({ ERROR, FATAL }: LevelCounts): number {
  return ERROR + FATAL;
}

function rowOf(row: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (typeof value !== "object" || value === null)
        return [shortText(name), typeof value === "string" ? shortText(value) : value];
      const shown = visibleJson(value);
      const text = JSON.stringify(shown);
      return [shortText(name), text.length <= MCP_LIMITS.valueUnits ? shown : shortText(text)];
    }),
  );
}

export function fenced(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [fence(lines.join("\n"))];
}
