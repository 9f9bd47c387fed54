import { ServiceError } from "../../errors.ts";
import { LOKI_LIMITS } from "../../limits.ts";
import type { Asking } from "../../query/engine/asking.ts";
import type { Scope } from "../../query/engine/questions.ts";
import { sumUp } from "../../query/engine/sums/sum.ts";
import { compileStages, streamTest } from "../pipeline.ts";
import { anchored, compilePattern } from "../regex.ts";
import { selectionOf } from "../select.ts";
import { streamWith } from "../stream.ts";
import { type Streams } from "../streams.ts";
import type { Grouping, RangeExpr, SampleExpr } from "../syntax/ast.ts";
import { momentOf } from "../time.ts";
import { RangeSum } from "./range-sum.ts";
import { tooManySeries, type Series, type Value } from "./series.ts";
import { aggregate, binary } from "./vector.ts";
import { Windows, type Steps } from "./windows.ts";

export interface Evaluation {
  readonly scope: Scope;
  readonly steps: Steps;
  readonly streams: Streams;
  readonly asking: Asking;
}

/**
 * What a metric query comes to at each step.
 * @throws ServiceError NL_LOGQL_LIMIT when it would take too much: a part of a sum would be a lie.
 */
export async function evaluate(expr: SampleExpr, evaluation: Evaluation): Promise<Value> {
  const value = await valueOf(expr, evaluation, namesIn(expr), undefined);
  if ("scalar" in value) return value;
  const series = value.series.filter(({ present }) => present.includes(1));
  if (series.length > LOKI_LIMITS.series) throw tooManySeries();
  return { series };
}

async function valueOf(
  expr: SampleExpr,
  evaluation: Evaluation,
  wanted: ReadonlySet<string>,
  grouping: Grouping | undefined,
): Promise<Value> {
  const { count } = evaluation.steps;
  switch (expr.kind) {
    case "literal":
      return { scalar: expr.value };
    case "vector": {
      const values = new Float64Array(count).fill(expr.value);
      return { series: [{ stream: streamWith(new Map()), values, present: ones(count) }] };
    }
    case "range":
      return { series: await rangeSeries(expr, evaluation, wanted, grouping) };
    case "aggregate": {
      const inner = pushedDown(expr.fn, expr.of, expr.grouping);
      const of = seriesOf(await valueOf(expr.of, evaluation, wanted, inner));
      return { series: aggregate(of, expr, count) };
    }
    case "binary": {
      const left = await valueOf(expr.left, evaluation, wanted, undefined);
      const right = await valueOf(expr.right, evaluation, wanted, undefined);
      return binary(left, right, expr, count);
    }
    case "label_replace": {
      const of = seriesOf(await valueOf(expr.of, evaluation, wanted, undefined));
      const pattern = compilePattern(anchored(expr.pattern));
      return {
        series: of.map((each) => {
          const labels = new Map(each.stream.labels);
          const made = pattern.expand(labels.get(expr.source) ?? "", expr.replacement);
          if (made === undefined) return each;
          if (made === "") labels.delete(expr.target);
          else labels.set(expr.target, made);
          return { ...each, stream: streamWith(labels) };
        }),
      };
    }
  }
}

function seriesOf(value: Value): readonly Series[] {
  if ("series" in value) return value.series;
  throw new ServiceError("NL_LOGQL_INVALID", "parse error : a vector is needed, not a number");
}

const ADDITIVE: readonly string[] = ["rate", "count_over_time", "bytes_rate", "bytes_over_time"];

/** A sum of sums needs no series but those of the result. */
function pushedDown(
  fn: string,
  of: SampleExpr,
  grouping: Grouping | undefined,
): Grouping | undefined {
  if (fn !== "sum" || of.kind !== "range") return undefined;
  if (!ADDITIVE.includes(of.fn) || of.grouping !== undefined) return undefined;
  return grouping ?? { kind: "by", labels: [] };
}

async function rangeSeries(
  expr: RangeExpr,
  { scope, steps, streams, asking }: Evaluation,
  wanted: ReadonlySet<string>,
  pushed: Grouping | undefined,
): Promise<Series[]> {
  const windows = new Windows(steps, expr.range, expr.offset);
  const { filter, rest } = selectionOf(expr.log);
  const sum = new RangeSum({
    expr,
    windows,
    takes: streamTest(rest),
    pipeline: compileStages(rest),
    streams,
    grouping: pushed ?? expr.grouping,
    wanted,
  });
  const first = steps.start - BigInt(Math.round(expr.offset));
  const last = first + steps.step * BigInt(steps.count - 1);
  // Windows are open at their start and closed at their end; questions are the other way round.
  const from = momentOf(first - BigInt(Math.round(expr.range)) + 1n);
  const summed = await sumUp({ scope, filter, from, to: momentOf(last + 1n) }, asking, () => sum);
  if (summed.truncated) {
    throw new ServiceError(
      "NL_LOGQL_LIMIT",
      "the query would take too long: narrow its time range or its selector",
    );
  }
  const series = sum.series();
  return expr.fn === "absent_over_time" ? [absence(expr, series, steps.count)] : series;
}

/** 1 at each step without a sample, with the labels that the selector demands. */
function absence({ log }: RangeExpr, series: readonly Series[], count: number): Series {
  const labels = log.matchers.flatMap(({ name, op, value }): [string, string][] =>
    op === "=" && value !== "" ? [[name, value]] : [],
  );
  const present = ones(count).map((_, step) =>
    series.some((each) => each.present[step] === 1) ? 0 : 1,
  );
  return { stream: streamWith(new Map(labels)), values: new Float64Array(count).fill(1), present };
}

function ones(count: number): Uint8Array {
  return new Uint8Array(count).fill(1);
}

/** Labels that something above the lines looks at. */
function namesIn(expr: SampleExpr): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (at: SampleExpr): void => {
    if (at.kind === "aggregate" || at.kind === "range") {
      for (const name of at.grouping?.labels ?? []) names.add(name);
    }
    if (at.kind === "label_replace") names.add(at.source);
    if (at.kind === "binary") {
      for (const name of at.matching?.labels ?? []) names.add(name);
      visit(at.left);
      visit(at.right);
    } else if (at.kind === "aggregate" || at.kind === "label_replace") visit(at.of);
  };
  visit(expr);
  return names;
}
