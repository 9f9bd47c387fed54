import type {
  Expr,
  Grouping,
  LabelTest,
  LogExpr,
  Matcher,
  Matching,
  RangeExpr,
  Stage,
} from "./ast.ts";
import { writeDuration } from "./units.ts";

/** A query as text that reads back to the same. */
export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case "log":
      return printLog(expr);
    case "literal":
      return printNumber(expr.value);
    case "vector":
      return `vector(${printNumber(expr.value)})`;
    case "range":
      return printRange(expr);
    case "label_replace": {
      const texts = [expr.target, expr.replacement, expr.source, expr.pattern].map(quote);
      return `label_replace(${[printExpr(expr.of), ...texts].join(", ")})`;
    }
    case "aggregate": {
      const parameter = expr.parameter === undefined ? "" : `${expr.parameter}, `;
      return `${expr.fn}${printGrouping(expr.grouping)}(${parameter}${printExpr(expr.of)})`;
    }
    case "binary": {
      const { matching } = expr;
      const bool = expr.bool ? " bool" : "";
      return `(${printExpr(expr.left)} ${expr.op}${bool}${printMatching(matching)} ${printExpr(expr.right)})`;
    }
  }
}

function printLog({ matchers, stages }: LogExpr): string {
  return [`{${matchers.map(printMatcher).join(", ")}}`, ...stages.map(printStage)].join(" ");
}

function printRange({ fn, log, unwrap, range, offset, parameter, grouping }: RangeExpr): string {
  const quantile = parameter === undefined ? "" : `${parameter}, `;
  let inner = printLog(log);
  if (unwrap !== undefined) {
    const { label, convert, tests } = unwrap;
    inner += ` | unwrap ${convert === undefined ? label : `${convert}(${label})`}`;
    for (const test of tests) inner += ` | ${printTest(test)}`;
  }
  const back = offset === 0 ? "" : ` offset ${writeDuration(offset)}`;
  const by = grouping === undefined ? "" : printGrouping(grouping);
  return `${fn}(${quantile}${inner} [${writeDuration(range)}]${back})${by}`;
}

function printGrouping(grouping: Grouping | undefined): string {
  return grouping === undefined ? "" : ` ${grouping.kind} (${grouping.labels.join(", ")})`;
}

export function printMatcher({ name, op, value }: Matcher): string {
  return `${name}${op}${quote(value)}`;
}

function printStage(stage: Stage): string {
  switch (stage.kind) {
    case "line":
      return `${stage.op} ${stage.texts.map(quote).join(" or ")}`;
    case "address":
      return `${stage.negative ? "!=" : "|="} ip(${quote(stage.pattern)})`;
    case "filter":
      return `| ${printTest(stage.test)}`;
    case "json":
    case "logfmt": {
      const flags =
        stage.kind === "json"
          ? ""
          : `${stage.strict ? " --strict" : ""}${stage.keepEmpty ? " --keep-empty" : ""}`;
      const fields = stage.fields.map(({ label, path }) => `${label}=${quote(path)}`);
      return `| ${stage.kind}${flags}${fields.length === 0 ? "" : ` ${fields.join(", ")}`}`;
    }
    case "regexp":
    case "pattern":
      return `| ${stage.kind} ${quote(stage.pattern)}`;
    case "unpack":
    case "decolorize":
      return `| ${stage.kind}`;
    case "line_format":
      return `| line_format ${quote(stage.template)}`;
    case "label_format":
      return `| label_format ${stage.fields
        .map((field) => `${field.label}=${"from" in field ? field.from : quote(field.template)}`)
        .join(", ")}`;
    case "drop":
    case "keep":
      return `| ${stage.kind} ${stage.labels
        .map((label) => (typeof label === "string" ? label : printMatcher(label)))
        .join(", ")}`;
  }
}

function printTest(test: LabelTest): string {
  switch (test.kind) {
    case "match":
      return printMatcher(test.matcher);
    case "address":
      return `${test.name} ${test.negative ? "!=" : "="} ip(${quote(test.pattern)})`;
    case "compare": {
      const { name, op, unit, value } = test;
      const text =
        unit === "duration" ? writeDuration(value) : `${value}${unit === "bytes" ? "B" : ""}`;
      return `${name} ${op} ${text}`;
    }
    default:
      return `(${printTest(test.left)} ${test.kind} ${printTest(test.right)})`;
  }
}

function printMatching(matching: Matching | undefined): string {
  if (matching === undefined) return "";
  const { kind, labels, many, include = [] } = matching;
  const group = many === undefined ? "" : ` group_${many} (${include.join(", ")})`;
  return ` ${kind}(${labels.join(", ")})${group}`;
}

function printNumber(value: number): string {
  return String(value);
}

/** As a literal of Go: JSON's escapes are among its own. */
function quote(text: string): string {
  return JSON.stringify(text);
}
