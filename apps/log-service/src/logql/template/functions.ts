import { LOKI_LIMITS, RECORD_LIMITS } from "../../limits.ts";
import { compilePattern, patternProblem } from "../regex.ts";
import { readBytes, readDuration, readNumber } from "../syntax/units.ts";
import { formatDate } from "./date.ts";
import { holds, numberOf, textOf, type Operand } from "./operand.ts";
import { printf } from "./printf.ts";

export interface TemplateFunction {
  /** How many arguments it takes; any number from one on when undefined. */
  readonly arity: number | undefined;
  readonly run: (...values: Operand[]) => Operand;
}

const texts = (arity: number, run: (...values: string[]) => Operand): TemplateFunction => ({
  arity,
  run: (...values) => run(...values.map(textOf)),
});
const numbers = (run: (a: number, b: number) => number): TemplateFunction => ({
  arity: 2,
  run: (a, b) => run(numberOf(a ?? 0), numberOf(b ?? 0)),
});
const whole = (run: (a: number, b: number) => number): TemplateFunction =>
  numbers((a, b) => Math.trunc(run(Math.trunc(a), Math.trunc(b))) || 0);
const one = (run: (value: number) => Operand): TemplateFunction => ({
  arity: 1,
  run: (value) => run(numberOf(value ?? 0)),
});
const compare = (run: (a: Operand, b: Operand) => boolean): TemplateFunction => ({
  arity: 2,
  run: (a = "", b = "") => {
    // Fields are texts: beside a number they are numbers.
    const asNumbers = typeof a === "number" || typeof b === "number";
    return asNumbers ? run(numberOf(a), numberOf(b)) : run(textOf(a), textOf(b));
  },
});

const lower = texts(1, (text = "") => text.toLowerCase());
const upper = texts(1, (text = "") => text.toUpperCase());
const trim = texts(1, (text = "") => text.trim());
const trimPrefix = (text: string, cut: string) =>
  text.startsWith(cut) ? text.slice(cut.length) : text;
const trimSuffix = (text: string, cut: string) =>
  cut !== "" && text.endsWith(cut) ? text.slice(0, -cut.length) : text;
const seconds = texts(1, (text = "") => (readDuration(text) ?? 0) / 1e9);

/** Go's templates' own, and those of Sprig that Loki has. The last argument is what a pipe brings. */
export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ["ToLower", lower],
  ["lower", lower],
  ["ToUpper", upper],
  ["upper", upper],
  ["title", texts(1, (text = "") => text.replace(/(?<!\S)\S/g, (first) => first.toUpperCase()))],
  ["TrimSpace", trim],
  ["trim", trim],
  ["Trim", texts(2, (text = "", set = "") => trimSet(text, set, true, true))],
  ["TrimLeft", texts(2, (text = "", set = "") => trimSet(text, set, true, false))],
  ["TrimRight", texts(2, (text = "", set = "") => trimSet(text, set, false, true))],
  ["trimAll", texts(2, (set = "", text = "") => trimSet(text, set, true, true))],
  ["TrimPrefix", texts(2, (text = "", cut = "") => trimPrefix(text, cut))],
  ["trimPrefix", texts(2, (cut = "", text = "") => trimPrefix(text, cut))],
  ["TrimSuffix", texts(2, (text = "", cut = "") => trimSuffix(text, cut))],
  ["trimSuffix", texts(2, (cut = "", text = "") => trimSuffix(text, cut))],
  [
    "Replace",
    texts(4, (text = "", from = "", to = "", times = "-1") =>
      replaceTimes(text, from, to, Number(times)),
    ),
  ],
  ["replace", texts(3, (from = "", to = "", text = "") => replaceTimes(text, from, to, -1))],
  [
    "trunc",
    texts(2, (length = "0", text = "") =>
      Number(length) < 0 ? text.slice(Number(length)) : text.slice(0, Number(length)),
    ),
  ],
  [
    "substr",
    texts(3, (from = "0", to = "0", text = "") =>
      text.slice(Math.max(0, Number(from)), Number(to) < 0 ? undefined : Number(to)),
    ),
  ],
  ["default", texts(2, (fallback = "", text = "") => (text === "" ? fallback : text))],
  [
    "alignLeft",
    texts(2, (width = "0", text = "") => text.slice(0, widthOf(width)).padEnd(widthOf(width))),
  ],
  [
    "alignRight",
    texts(2, (width = "0", text = "") =>
      text.slice(-widthOf(width) || text.length).padStart(widthOf(width)),
    ),
  ],
  ["indent", texts(2, (width = "0", text = "") => indented(text, widthOf(width)))],
  ["nindent", texts(2, (width = "0", text = "") => `\n${indented(text, widthOf(width))}`)],
  ["repeat", texts(2, (times = "0", text = "") => repeated(text, Number(times)))],
  ["contains", texts(2, (part = "", text = "") => text.includes(part))],
  ["hasPrefix", texts(2, (part = "", text = "") => text.startsWith(part))],
  ["hasSuffix", texts(2, (part = "", text = "") => text.endsWith(part))],
  [
    "regexReplaceAll",
    texts(3, (pattern = "", text = "", to = "") => replacePattern(pattern, text, to)),
  ],
  [
    "regexReplaceAllLiteral",
    texts(3, (pattern = "", text = "", to = "") =>
      replacePattern(pattern, text, to.replaceAll("$", "$$$$")),
    ),
  ],
  ["urlencode", texts(1, (text = "") => encodeURIComponent(text.toWellFormed()))],
  ["urldecode", texts(1, (text = "") => decoded(text))],
  ["b64enc", texts(1, (text = "") => Buffer.from(text).toString("base64"))],
  ["b64dec", texts(1, (text = "") => Buffer.from(text, "base64").toString())],
  ["len", texts(1, (text = "") => Buffer.byteLength(text))],
  ["printf", { arity: undefined, run: (format = "", ...values) => printf(textOf(format), values) }],
  ["print", { arity: undefined, run: (...values) => values.map(textOf).join(" ") }],
  ["eq", compare((a, b) => a === b)],
  ["ne", compare((a, b) => a !== b)],
  ["lt", compare((a, b) => a < b)],
  ["le", compare((a, b) => a <= b)],
  ["gt", compare((a, b) => a > b)],
  ["ge", compare((a, b) => a >= b)],
  [
    "and",
    {
      arity: undefined,
      run: (...values) => values.find((value) => !holds(value)) ?? values.at(-1) ?? "",
    },
  ],
  ["or", { arity: undefined, run: (...values) => values.find(holds) ?? values.at(-1) ?? "" }],
  ["not", { arity: 1, run: (value = "") => !holds(value) }],
  ["add", whole((a, b) => a + b)],
  ["sub", whole((a, b) => a - b)],
  ["mul", whole((a, b) => a * b)],
  ["div", whole((a, b) => a / b)],
  ["mod", whole((a, b) => a % b)],
  ["min", whole(Math.min)],
  ["max", whole(Math.max)],
  ["addf", numbers((a, b) => a + b)],
  ["subf", numbers((a, b) => a - b)],
  ["mulf", numbers((a, b) => a * b)],
  ["divf", numbers((a, b) => a / b)],
  ["int", one(Math.trunc)],
  ["float64", one((value) => value)],
  ["floor", one(Math.floor)],
  ["ceil", one(Math.ceil)],
  [
    "round",
    {
      arity: 2,
      run: (value = 0, digits = 0) =>
        Number(numberOf(value).toFixed(Math.min(15, Math.max(0, Math.trunc(numberOf(digits)))))),
    },
  ],
  ["bytes", texts(1, (text = "") => readBytes(text) ?? readNumber(text) ?? 0)],
  ["duration", seconds],
  ["duration_seconds", seconds],
  ["date", texts(2, (layout = "", nanos = "") => formatDate(layout, nanos))],
  ["unixEpoch", texts(1, (nanos = "") => nanos.slice(0, -9))],
  ["unixEpochMillis", texts(1, (nanos = "") => nanos.slice(0, -6))],
  ["unixEpochNanos", texts(1, (nanos = "") => nanos)],
]);

function widthOf(text: string): number {
  return Math.min(1_000, Math.max(0, Math.trunc(Number(text)) || 0));
}

function indented(text: string, width: number): string {
  const lines = text.split("\n");
  if (text.length + lines.length * width > RECORD_LIMITS.messageUnits) return text;
  return lines.map((line) => " ".repeat(width) + line).join("\n");
}

function repeated(text: string, times: number): string {
  const most = Math.floor(RECORD_LIMITS.messageUnits / Math.max(1, text.length));
  return text.repeat(Math.min(most, Math.max(0, Math.trunc(times) || 0)));
}

function trimSet(text: string, set: string, left: boolean, right: boolean): string {
  let from = 0;
  let to = text.length;
  if (left) while (from < to && set.includes(text.charAt(from))) from += 1;
  if (right) while (to > from && set.includes(text.charAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

/** Stops where the text would grow beyond a line: a replacement may be longer than what it replaces. */
function replaceTimes(text: string, from: string, to: string, times: number): string {
  if (from === "") return text;
  const parts = text.split(from);
  if (times >= 0 && parts.length > times + 1) {
    parts.splice(times, parts.length, parts.slice(times).join(from));
  }
  const grown = text.length + (parts.length - 1) * (to.length - from.length);
  return grown > RECORD_LIMITS.messageUnits ? text : parts.join(to);
}

function replacePattern(pattern: string, text: string, to: string): string {
  if (patternProblem(pattern) !== undefined) return text;
  // A pattern may match between any two characters.
  if ((text.length + 1) * to.length > LOKI_LIMITS.replacedUnits) return text;
  return compilePattern(pattern).replaceAll(text, to);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
