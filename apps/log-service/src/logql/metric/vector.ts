import { ServiceError } from "../../errors.ts";
import { COMPARE } from "../stages/test.ts";
import type { LabelMap, Stream } from "../stream.ts";
import type { AggregateExpr, BinaryExpr, BinaryOp } from "../syntax/ast.ts";
import { groupLabels, Groups, type Series, type Value } from "./series.ts";

interface Group {
  readonly stream: Stream;
  readonly of: Series[];
}

function groupsOf(series: readonly Series[], { grouping }: AggregateExpr): Group[] {
  const groups = new Groups();
  const found = new Map<Stream, Group>();
  for (const each of series) {
    const stream = groups.of(groupLabels(each.stream.labels, grouping));
    const group = found.get(stream);
    if (group === undefined) found.set(stream, { stream, of: [each] });
    else group.of.push(each);
  }
  return [...found.values()];
}

/** `sum`, `topk` and their like, at every step apart. */
export function aggregate(series: readonly Series[], expr: AggregateExpr, steps: number): Series[] {
  if (expr.fn === "sort" || expr.fn === "sort_desc") return sorted(series, expr.fn === "sort");
  const groups = groupsOf(series, expr);
  if (expr.fn === "topk" || expr.fn === "bottomk") {
    const { parameter = 1, fn } = expr;
    return groups.flatMap(({ of }) => ranked(of, parameter, fn === "topk", steps));
  }
  const { fn } = expr;
  return groups.map(({ stream, of }) => {
    const values = new Float64Array(steps);
    const present = new Uint8Array(steps);
    for (let step = 0; step < steps; step += 1) {
      const here = of
        .filter((each) => each.present[step] === 1)
        .map((each) => each.values[step] ?? 0);
      if (here.length === 0) continue;
      present[step] = 1;
      values[step] = reduce(fn, here);
    }
    return { stream, values, present };
  });
}

function reduce(fn: AggregateExpr["fn"], values: readonly number[]): number {
  const total = values.reduce((sum, value) => sum + value, 0);
  switch (fn) {
    case "count":
      return values.length;
    case "avg":
      return total / values.length;
    case "min":
      return values.reduce((a, b) => Math.min(a, b));
    case "max":
      return values.reduce((a, b) => Math.max(a, b));
    case "stdvar":
    case "stddev": {
      const mean = total / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      return fn === "stdvar" ? variance : Math.sqrt(variance);
    }
    default:
      return total;
  }
}

/** Each series keeps the steps at which it is among the `count` first. */
function ranked(
  series: readonly Series[],
  count: number,
  largest: boolean,
  steps: number,
): Series[] {
  const kept = series.map((each) => ({ ...each, present: new Uint8Array(steps) }));
  for (let step = 0; step < steps; step += 1) {
    const here = series.flatMap((each, at) =>
      each.present[step] === 1 ? [{ at, value: each.values[step] ?? 0 }] : [],
    );
    here.sort((a, b) => (largest ? b.value - a.value : a.value - b.value) || a.at - b.at);
    for (const { at } of here.slice(0, count)) {
      const present = kept[at]?.present;
      if (present !== undefined) present[step] = 1;
    }
  }
  const wanted = kept.filter(({ present }) => present.includes(1));
  return steps === 1 ? sorted(wanted, !largest) : wanted;
}

function sorted(series: readonly Series[], ascending: boolean): Series[] {
  const value = ({ values }: Series) => values[0] ?? 0;
  return series.toSorted((a, b) => (ascending ? value(a) - value(b) : value(b) - value(a)));
}

type Calculate = (a: number, b: number) => number;

const ARITHMETIC: ReadonlyMap<BinaryOp, Calculate> = new Map<BinaryOp, Calculate>([
  ["+", (a, b) => a + b],
  ["-", (a, b) => a - b],
  ["*", (a, b) => a * b],
  ["/", (a, b) => a / b],
  ["%", (a, b) => a % b],
  ["^", (a, b) => a ** b],
]);

/** What an operator makes of two values; undefined where a comparison lets nothing through. */
function calculation(expr: BinaryExpr): (a: number, b: number) => number | undefined {
  const arithmetic = ARITHMETIC.get(expr.op);
  if (arithmetic !== undefined) return arithmetic;
  const compare = isComparison(expr.op) ? COMPARE[expr.op] : () => false;
  if (expr.bool) return (a, b) => (compare(a, b) ? 1 : 0);
  return (a, b) => (compare(a, b) ? a : undefined);
}

function isComparison(op: BinaryOp): op is keyof typeof COMPARE {
  return Object.hasOwn(COMPARE, op);
}

/** @throws ServiceError NL_LOGQL_PIPELINE where a series has more than one partner. */
export function binary(left: Value, right: Value, expr: BinaryExpr, steps: number): Value {
  const calculate = calculation(expr);
  if ("scalar" in left && "scalar" in right) {
    // Two plain numbers have nothing to filter: a comparison answers whether it holds.
    const value = calculate(left.scalar, right.scalar);
    if (!isComparison(expr.op)) return { scalar: value ?? 0 };
    return { scalar: COMPARE[expr.op](left.scalar, right.scalar) ? 1 : 0 };
  }
  if ("scalar" in right && "series" in left) {
    return { series: map(left.series, (value) => calculate(value, right.scalar)) };
  }
  if ("scalar" in left && "series" in right) {
    // A comparison that filters gives the series' own value, on whichever side it stands.
    const filters = isComparison(expr.op) && !expr.bool;
    return {
      series: map(right.series, (value) => {
        const result = calculate(left.scalar, value);
        return filters && result !== undefined ? value : result;
      }),
    };
  }
  if (!("series" in left && "series" in right)) return { series: [] };
  if (expr.op === "and" || expr.op === "or" || expr.op === "unless") {
    return { series: sets(left.series, right.series, expr, steps) };
  }
  return { series: matched(left.series, right.series, expr) };
}

/** Series of both sides that belong together, calculated with at every step. */
function matched(left: readonly Series[], right: readonly Series[], expr: BinaryExpr): Series[] {
  const calculate = calculation(expr);
  const many = expr.matching?.many;
  const swapped = many === "right";
  const partners = partnersOf(swapped ? left : right, expr);
  const groups = new Groups();
  const seen = new Set<Stream>();
  return (swapped ? right : left).flatMap((mine) => {
    const theirs = partners.get(matchKey(mine.stream.labels, expr));
    if (theirs === undefined) return [];
    const stream = groups.of(
      many === undefined
        ? matchLabels(mine.stream.labels, expr)
        : withIncluded(mine.stream.labels, theirs.stream.labels, expr.matching?.include ?? []),
    );
    if (seen.has(stream)) throw manyMatches();
    seen.add(stream);
    return map([mine], (value, step) => {
      if (theirs.present[step] !== 1) return undefined;
      const other = theirs.values[step] ?? 0;
      return swapped ? calculate(other, value) : calculate(value, other);
    }).map((each) => ({ ...each, stream }));
  });
}

/** Labels of the many, with some of the one: there they are gone where the one has none. */
function withIncluded(many: LabelMap, one: LabelMap, include: readonly string[]): LabelMap {
  const labels = new Map(many);
  for (const name of include) {
    const value = one.get(name);
    if (value === undefined) labels.delete(name);
    else labels.set(name, value);
  }
  return labels;
}

function partnersOf(series: readonly Series[], expr: BinaryExpr): Map<string, Series> {
  const partners = new Map<string, Series>();
  for (const each of series) {
    const key = matchKey(each.stream.labels, expr);
    if (partners.has(key)) throw manyMatches();
    partners.set(key, each);
  }
  return partners;
}

function manyMatches(): ServiceError {
  return new ServiceError(
    "NL_LOGQL_PIPELINE",
    "multiple matches for labels: a series has more than one partner; use on(), ignoring(), group_left(), group_right() or an aggregation",
  );
}

function matchLabels(labels: LabelMap, { matching }: BinaryExpr): LabelMap {
  if (matching === undefined) return labels;
  return groupLabels(labels, {
    kind: matching.kind === "on" ? "by" : "without",
    labels: matching.labels,
  });
}

function matchKey(labels: LabelMap, expr: BinaryExpr): string {
  return JSON.stringify([...matchLabels(labels, expr)]);
}

function map(
  series: readonly Series[],
  calculate: (value: number, step: number) => number | undefined,
): Series[] {
  return series.map(({ stream, values, present }) => {
    const results = new Float64Array(values.length);
    const there = new Uint8Array(values.length);
    for (let step = 0; step < values.length; step += 1) {
      if (present[step] !== 1) continue;
      const result = calculate(values[step] ?? 0, step);
      if (result === undefined) continue;
      results[step] = result;
      there[step] = 1;
    }
    return { stream, values: results, present: there };
  });
}

function sets(
  left: readonly Series[],
  right: readonly Series[],
  expr: BinaryExpr,
  steps: number,
): Series[] {
  const presence = (series: readonly Series[]) => {
    const found = new Map<string, Uint8Array>();
    for (const { stream, present } of series) {
      const key = matchKey(stream.labels, expr);
      const known = found.get(key) ?? new Uint8Array(steps);
      found.set(
        key,
        known.map((there, step) => there | (present[step] ?? 0)),
      );
    }
    return found;
  };
  const keep = (series: readonly Series[], others: Map<string, Uint8Array>, wanted: 0 | 1) =>
    series.map((each) => {
      const there = others.get(matchKey(each.stream.labels, expr));
      const present = each.present.map((mine, step) =>
        (there?.[step] ?? 0) === wanted ? mine : 0,
      );
      return { ...each, present };
    });
  if (expr.op === "and") return keep(left, presence(right), 1);
  if (expr.op === "unless") return keep(left, presence(right), 0);
  return joined([...left, ...keep(right, presence(left), 0)]);
}

/** One series for those with equal labels, which have no step in common. */
function joined(series: readonly Series[]): Series[] {
  const found = new Map<string, Series>();
  for (const each of series) {
    const known = found.get(each.stream.key);
    if (known === undefined) {
      found.set(each.stream.key, each);
      continue;
    }
    const values = known.values.map((value, step) =>
      known.present[step] === 1 ? value : (each.values[step] ?? 0),
    );
    const present = known.present.map((there, step) => there | (each.present[step] ?? 0));
    found.set(each.stream.key, { stream: known.stream, values, present });
  }
  return [...found.values()];
}
