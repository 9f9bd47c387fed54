import type { Trace, TracePart } from "@neurallog/client";
import { LIMITS } from "../limits.ts";
import { answer } from "../output/answer.ts";
import { spanBar } from "../output/bar.ts";
import { columns, counted } from "../output/columns.ts";
import { recordText } from "../output/record.ts";
import { harmlessLine } from "../output/terminal.ts";
import type { Commands } from "./commands.ts";
import type { Context } from "./context.ts";
import {
  addQuestion,
  paramsOf,
  wholeNumber,
  type FilterOptions,
  type TimeOptions,
} from "./filters.ts";

interface TraceOptions extends FilterOptions, TimeOptions {
  readonly limit: number;
}

/** `trace`: a trace's records across sources, and what took how long. */
export function addTrace({ root, run }: Commands): void {
  const command = addQuestion(root.command("trace <trace-id>"))
    .description("print a trace's records across sources, with durations")
    .option("--limit <n>", "how many records", wholeNumber, LIMITS.pageRecords);
  run<TraceOptions>(command, async ({ client, words, options, context }) => {
    const [trace_id = ""] = words;
    const params = { ...paramsOf(options), trace_id, limit: options.limit };
    const body = await client().trace(params, { signal: context.interrupted });
    return answer(body, {
      json: options.json ?? false,
      context,
      isEmpty: body.records.length === 0,
      text: () => shown(body, context),
    });
  });
}

function shown(trace: Trace, { style }: Context): string {
  const { trace_id, records, duration_ms, sources, spans, start } = trace;
  if (records.length === 0) return "";
  const size = `${counted(records.length, "record")} in ${length(duration_ms)}`;
  return [
    `trace ${harmlessLine(trace_id)}: ${size} from ${start}\n`,
    table("SOURCE", sources, duration_ms),
    ...(spans.length === 0 ? [] : [table("SPAN", spans, duration_ms)]),
    records.map((record) => recordText(record, style)).join(""),
  ].join("\n");
}

function table(name: string, parts: readonly TracePart[], whole: number): string {
  return columns(
    [
      { name },
      { name: "RECORDS", right: true },
      { name: "AFTER", right: true },
      { name: "TOOK", right: true },
      { name: "" },
    ],
    parts.map((part) => [
      harmlessLine(part.name),
      String(part.records),
      length(part.offset_ms),
      length(part.duration_ms),
      spanBar(part.offset_ms, part.duration_ms, whole, LIMITS.barCells),
    ]),
  );
}

function length(ms: number): string {
  if (ms < 1_000) return `${Number(ms.toFixed(3))} ms`;
  return `${(ms / 1_000).toLocaleString("en", { maximumFractionDigits: 3 })} s`;
}
