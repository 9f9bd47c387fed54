import type { Histogram } from "@neurallog/client";
import { LIMITS } from "../limits.ts";
import { answer } from "../output/answer.ts";
import { levelBar } from "../output/bar.ts";
import { columns, count } from "../output/columns.ts";
import type { Commands } from "./commands.ts";
import type { Context } from "./context.ts";
import {
  addQuestion,
  paramsOf,
  wholeNumber,
  type FilterOptions,
  type TimeOptions,
} from "./filters.ts";

interface HistogramOptions extends FilterOptions, TimeOptions {
  readonly interval?: string;
  readonly buckets: number;
}

/** `histogram`: how many records there were when, by severity. */
export function addHistogram({ root, run }: Commands): void {
  const command = addQuestion(root.command("histogram [text...]"))
    .description("draw how many records there were when")
    .option("--interval <length>", "of each row: 30s, 5m, 1h, 1d; chosen when left out")
    .option("--buckets <n>", "rows to aim at when the interval is chosen", wholeNumber, 30);
  run<HistogramOptions>(command, async ({ client, words, options, context }) => {
    const { interval, buckets } = options;
    const params = { ...paramsOf(options, words), interval, buckets };
    const body = await client().histogram(params, { signal: context.interrupted });
    return answer(body, {
      json: options.json ?? false,
      context,
      isEmpty: body.count === 0,
      text: () => drawn(body, context),
    });
  });
}

function drawn({ buckets, interval_ms }: Histogram, { out, style }: Context): string {
  if (buckets.length === 0) return "";
  const most = Math.max(...buckets.map((bucket) => bucket.count));
  const head = [
    { name: "START (UTC)" },
    { name: "RECORDS", right: true },
    { name: "WARN", right: true },
    { name: "ERROR", right: true },
    { name: "" },
  ];
  const figure = (value: number) => (value === 0 ? "·" : count(value));
  const facts = buckets.map(({ start, count: all, levels }) => [
    timeOf(start, interval_ms),
    figure(all),
    figure(levels.WARN),
    figure(levels.ERROR + levels.FATAL),
  ]);
  const taken = columns(head, facts).indexOf("\n");
  const room = Math.max(10, out.columns - Math.max(taken, LIMITS.histogramCells) - 2);
  return columns(
    head,
    facts.map((row, at) => {
      const levels = buckets[at]?.levels;
      return [...row, levels === undefined ? "" : levelBar(levels, most, room, style)];
    }),
  );
}

/** As fine as the interval asks for. */
function timeOf(start: string, intervalMs: number): string {
  const text = start.replace("T", " ").replace("Z", "");
  if (intervalMs % 86_400_000 === 0) return text.slice(0, 10);
  if (intervalMs % 60_000 === 0) return text.slice(0, 16);
  return intervalMs % 1_000 === 0 ? text.slice(0, 19) : text.slice(0, 23);
}
