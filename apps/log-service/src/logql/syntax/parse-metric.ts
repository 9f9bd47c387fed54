import {
  AGGREGATIONS,
  LINE_FUNCTIONS,
  VALUE_FUNCTIONS,
  type AggregateExpr,
  type BinaryExpr,
  type BinaryOp,
  type Expr,
  type Grouping,
  type LogExpr,
  type Matching,
  type RangeExpr,
  type SampleExpr,
  type Stage,
  type Unwrap,
} from "./ast.ts";
import { parseLabelTest, parseSelector, parseStages } from "./parse-log.ts";
import type { Tokens } from "./tokens.ts";
import { readDuration, readNumber } from "./units.ts";

/** Weakest first; `^` alone is read from the right. */
const PRECEDENCE: readonly (readonly BinaryOp[])[] = [
  ["or"],
  ["and", "unless"],
  ["==", "!=", ">", ">=", "<", "<="],
  ["+", "-"],
  ["*", "/", "%"],
  ["^"],
];
const COMPARISONS: readonly BinaryOp[] = ["==", "!=", ">", ">=", "<", "<="];
const SETS: readonly BinaryOp[] = ["and", "or", "unless"];

/** A whole query: logs or samples. */
export function parseExpr(input: Tokens): Expr {
  return parseBinary(input, 0);
}

function parseSamples(input: Tokens): SampleExpr {
  return samples(input, parseBinary(input, 0));
}

function samples(input: Tokens, expr: Expr): SampleExpr {
  if (expr.kind === "log") {
    throw input.error(
      "a log query stands where a metric is needed: put it into count_over_time(… [5m])",
    );
  }
  return expr;
}

function parseBinary(input: Tokens, level: number): Expr {
  const operators = PRECEDENCE[level];
  if (operators === undefined) return parseOperand(input);
  let left = parseBinary(input, level + 1);
  for (;;) {
    const op = operators.find((each) => input.is(each));
    if (op === undefined) return left;
    const at = input.next.at;
    if (left.kind === "log")
      throw input.error(`unexpected ${op}: only metrics are calculated with`, at);
    input.skip();
    const bool = input.take("bool") !== undefined;
    if (bool && !COMPARISONS.includes(op))
      throw input.error("bool stands after comparisons only", at);
    const matching = parseMatching(input, op);
    // Power binds to the right: what follows may have it again.
    const right = input.deeper(() =>
      samples(input, parseBinary(input, op === "^" ? level : level + 1)),
    );
    const literal = left.kind === "literal" || right.kind === "literal";
    if (literal && SETS.includes(op)) throw input.error(`${op} stands between vectors only`, at);
    left = { kind: "binary", op, left, right, bool, matching } satisfies BinaryExpr;
  }
}

/** Labels in parentheses, and no query in them: those follow a grouping too. */
function startsNames(input: Tokens): boolean {
  if (!input.is("(")) return false;
  const [first, second] = [input.ahead(1), input.ahead(2)];
  return first.text === ")" || (first.kind === "name" && [",", ")"].includes(second.text));
}

function parseMatching(input: Tokens, op: BinaryOp): Matching | undefined {
  const kind = input.is("on") || input.is("ignoring") ? input.next.text : undefined;
  if (kind === undefined) return undefined;
  input.skip();
  const labels = input.names();
  const matching: Matching = { kind: kind === "on" ? "on" : "ignoring", labels };
  const at = input.next.at;
  const group = input.take("group_left", "group_right");
  if (group === undefined) return matching;
  if (SETS.includes(op)) throw input.error(`no grouping allowed for ${op} operation`, at);
  const include = startsNames(input) ? input.names() : [];
  return { ...matching, many: group === "group_left" ? "left" : "right", include };
}

function parseOperand(input: Tokens): Expr {
  if (input.is("{")) {
    return { kind: "log", matchers: parseSelector(input), stages: parseStages(input) };
  }
  if (input.is("(")) {
    input.skip();
    const inner = input.deeper(() => parseExpr(input));
    input.expect(")");
    // `({…}) |= "x"`: the stages belong to what is inside.
    return inner.kind === "log"
      ? { ...inner, stages: [...inner.stages, ...parseStages(input)] }
      : inner;
  }
  if (input.is("-", "+") || input.next.kind === "quantity") {
    const sign = input.take("-", "+") === "-" ? -1 : 1;
    return { kind: "literal", value: sign * input.quantity(readNumber, "a number") };
  }
  return parseCall(input);
}

function parseCall(input: Tokens): SampleExpr {
  const at = input.next.at;
  const name = input.name("a selector, a function or a number");
  if (name === "vector") {
    input.expect("(");
    const sign = input.take("-") === undefined ? 1 : -1;
    const value = sign * input.quantity(readNumber, "a number");
    input.expect(")");
    return { kind: "vector", value };
  }
  if (name === "label_replace") return parseReplace(input);
  const aggregation = AGGREGATIONS.find((each) => each === name);
  if (aggregation !== undefined) return parseAggregation(input, aggregation);
  if (
    LINE_FUNCTIONS.some((each) => each === name) ||
    VALUE_FUNCTIONS.some((each) => each === name)
  ) {
    return parseRange(input, name, at);
  }
  throw input.error(`syntax error: unexpected IDENTIFIER ${JSON.stringify(name.slice(0, 32))}`, at);
}

function parseReplace(input: Tokens): SampleExpr {
  input.expect("(");
  const of = input.deeper(() => parseSamples(input));
  input.expect(",");
  const target = input.string("a label as a string");
  input.expect(",");
  const replacement = input.string("a replacement");
  input.expect(",");
  const source = input.string("a label as a string");
  input.expect(",");
  const at = input.next.at;
  const pattern = input.string("a pattern");
  input.checkRegex(pattern, at);
  input.expect(")");
  return { kind: "label_replace", of, target, replacement, source, pattern };
}

function parseGrouping(input: Tokens): Grouping | undefined {
  const kind = input.take("by", "without");
  if (kind === undefined) return undefined;
  return { kind: kind === "by" ? "by" : "without", labels: input.names() };
}

function parseAggregation(input: Tokens, fn: AggregateExpr["fn"]): AggregateExpr {
  const before = parseGrouping(input);
  input.expect("(");
  const ranked = fn === "topk" || fn === "bottomk";
  const at = input.next.at;
  const parameter = ranked ? input.quantity(readNumber, "how many") : undefined;
  if (parameter !== undefined && !(Number.isInteger(parameter) && parameter > 0)) {
    throw input.error(`${fn} needs a whole number above 0`, at);
  }
  if (ranked) input.expect(",");
  const of = input.deeper(() => parseSamples(input));
  input.expect(")");
  const after = before === undefined ? parseGrouping(input) : undefined;
  const sorts = fn === "sort" || fn === "sort_desc";
  if (sorts && (before ?? after) !== undefined) throw input.error(`${fn} takes no grouping`);
  return { kind: "aggregate", fn, of, parameter, grouping: before ?? after };
}

function parseRange(input: Tokens, name: string, at: number): RangeExpr {
  input.expect("(");
  const quantile = name === "quantile_over_time";
  const parameter = quantile ? input.quantity(readNumber, "a quantile such as 0.99") : undefined;
  if (quantile) input.expect(",");
  const { log, unwrap, range, offset } = input.deeper(() => parseLogRange(input));
  input.expect(")");
  const grouping = parseGrouping(input);
  const names: readonly RangeExpr["fn"][] = unwrap === undefined ? LINE_FUNCTIONS : VALUE_FUNCTIONS;
  const fn = names.find((each) => each === name);
  if (fn === undefined) {
    throw input.error(
      unwrap === undefined
        ? `invalid aggregation ${name} without unwrap`
        : `invalid aggregation ${name} with unwrap`,
      at,
    );
  }
  if (grouping !== undefined && unwrap === undefined && fn !== "absent_over_time") {
    throw input.error(`grouping not allowed for ${name} aggregation`, at);
  }
  return { kind: "range", fn, log, unwrap, range, offset, parameter, grouping };
}

interface LogRange {
  readonly log: LogExpr;
  readonly unwrap: Unwrap | undefined;
  readonly range: number;
  readonly offset: number;
}

/** The range may stand behind the selector or behind everything. */
function parseLogRange(input: Tokens): LogRange {
  if (input.is("(")) {
    input.skip();
    const inner = input.deeper(() => parseLogRange(input));
    input.expect(")");
    const range = inner.range === 0 ? parseBrackets(input) : undefined;
    return { ...inner, ...range };
  }
  const matchers = parseSelector(input);
  let range = input.is("[") ? parseBrackets(input) : undefined;
  const stages: Stage[] = parseStages(input);
  const unwrap = parseUnwrap(input);
  if (input.is("[") && range === undefined) range = parseBrackets(input);
  if (range === undefined && !input.is(")")) throw input.unexpected("expecting [ and a range");
  const log: LogExpr = { kind: "log", matchers, stages };
  const { range: nanos = 0, offset = 0 } = range ?? {};
  if (nanos === 0 && input.ahead(1).text !== "[") throw input.unexpected("expecting [ and a range");
  return { log, unwrap, range: nanos, offset };
}

function parseBrackets(input: Tokens): { range: number; offset: number } {
  input.expect("[");
  const at = input.next.at;
  const range = input.quantity(readDuration, "a range such as 5m");
  if (range <= 0) throw input.error("the range is not above 0", at);
  input.expect("]");
  if (input.take("offset") === undefined) return { range, offset: 0 };
  const sign = input.take("-") === undefined ? 1 : -1;
  return { range, offset: sign * input.quantity(readDuration, "a duration") };
}

function parseUnwrap(input: Tokens): Unwrap | undefined {
  if (!input.is("|")) return undefined;
  input.skip();
  input.expect("unwrap");
  const name = input.name("a label");
  let label = name;
  let convert: Unwrap["convert"];
  if (input.is("(")) {
    if (name !== "duration" && name !== "duration_seconds" && name !== "bytes") {
      throw input.unexpected("unwrap converts by duration, duration_seconds or bytes");
    }
    convert = name === "bytes" ? "bytes" : "duration";
    input.skip();
    label = input.name("a label");
    input.expect(")");
  }
  const tests = [];
  while (input.take("|") !== undefined) tests.push(parseLabelTest(input));
  return { label, convert, tests };
}
