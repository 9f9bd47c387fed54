import { LOKI_LIMITS, RECORD_LIMITS } from "../limits.ts";
import { unquote } from "../ingest/loki/labels.ts";
import { compilePattern, patternProblem } from "./regex.ts";

/** What a template looks at: labels by name, `__line__` and `__timestamp__`. */
export type Lookup = (name: string) => string;

/** Text with `{{ … }}` in it, filled in for each line. */
export type Template = (lookup: Lookup) => string;

type Value = (lookup: Lookup) => string;

class TemplateError extends Error {}

/** Why a template cannot be used; undefined if it can. */
export function templateProblem(text: string): string | undefined {
  try {
    compileTemplate(text);
    return undefined;
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

// `{{-` and `-}}` take the blanks beside them away.
const ACTION = /(\s+(?=\{\{- ))?\{\{(?:- )?([^{}]*?)(?: -\}\}\s*|\}\})/g;

/** @param text One of which `templateProblem` has nothing to say. */
export function compileTemplate(text: string): Template {
  const parts: Value[] = [];
  let at = 0;
  for (const match of text.matchAll(ACTION)) {
    const before = text.slice(at, match.index);
    if (before !== "") parts.push(() => before);
    parts.push(compileAction(match[2] ?? ""));
    at = match.index + match[0].length;
    if (parts.length > LOKI_LIMITS.stages * 2) throw new TemplateError("it has too many parts");
  }
  const rest = text.slice(at);
  if (rest.includes("{{")) throw new TemplateError("an action does not close");
  if (rest !== "") parts.push(() => rest);
  return (lookup) => {
    let line = "";
    for (const part of parts) {
      line += part(lookup);
      // Nine copies of a line are nine times its length: what comes out is a line again.
      if (line.length > RECORD_LIMITS.messageUnits)
        return line.slice(0, RECORD_LIMITS.messageUnits);
    }
    return line;
  };
}

const WORD =
  /\s*(?:(\()|(\))|(\|)|("[^"\\\n]*(?:\\.[^"\\\n]*)*"|`[^`]*`)|(-?\d{1,9})|(\.?[a-zA-Z_][a-zA-Z0-9_]*)|(\S))/gy;

interface Word {
  readonly kind: "(" | ")" | "|" | "text" | "name";
  readonly text: string;
}

function wordsOf(action: string): Word[] {
  const words: Word[] = [];
  for (const [, open, close, bar, quoted, number, name, other] of action.trim().matchAll(WORD)) {
    if (open !== undefined) words.push({ kind: "(", text: "(" });
    else if (close !== undefined) words.push({ kind: ")", text: ")" });
    else if (bar !== undefined) words.push({ kind: "|", text: "|" });
    else if (number !== undefined) words.push({ kind: "text", text: number });
    else if (name !== undefined) words.push({ kind: "name", text: name });
    else if (quoted !== undefined) {
      const text = quoted.startsWith("`") ? quoted.slice(1, -1) : unquote(quoted);
      if (text === undefined) throw new TemplateError("a text has an unknown escape");
      words.push({ kind: "text", text });
    } else throw new TemplateError(`${JSON.stringify(other)} is not understood`);
  }
  return words;
}

function compileAction(action: string): Value {
  const words = wordsOf(action);
  let at = 0;
  let depth = 0;
  const pipeline = (): Value => {
    depth += 1;
    if (depth > 8) throw new TemplateError("it is nested too deeply");
    let value = command(undefined);
    while (words[at]?.kind === "|") {
      at += 1;
      value = command(value);
    }
    depth -= 1;
    return value;
  };
  const operand = (): Value | undefined => {
    const word = words[at];
    if (word === undefined || word.kind === ")" || word.kind === "|") return undefined;
    at += 1;
    if (word.kind === "(") {
      const inner = pipeline();
      if (words[at]?.kind !== ")") throw new TemplateError("a parenthesis does not close");
      at += 1;
      return inner;
    }
    const { text } = word;
    if (word.kind === "text") return () => text;
    if (text.startsWith(".")) return (lookup) => lookup(text.slice(1));
    if (text === "__line__" || text === "__timestamp__") return (lookup) => lookup(text);
    throw new TemplateError(`the function ${text} stands where a value is needed`);
  };
  // What comes through the pipe is a command's last argument.
  const command = (piped: Value | undefined): Value => {
    const word = words[at];
    const named = word?.kind === "name" && !/^\.|^__/.test(word.text) ? word.text : undefined;
    if (named === undefined) {
      const value = operand();
      if (value === undefined || piped !== undefined)
        throw new TemplateError("a function is missing");
      return value;
    }
    const fn = FUNCTIONS.get(named);
    if (fn === undefined) throw new TemplateError(`the function ${named} is not supported`);
    at += 1;
    const given: Value[] = [];
    for (let next = operand(); next !== undefined; next = operand()) given.push(next);
    if (piped !== undefined) given.push(piped);
    if (given.length !== fn.arity) throw new TemplateError(`${named} takes ${fn.arity} arguments`);
    checkPattern(named, words);
    return (lookup) => fn.run(...given.map((value) => value(lookup)));
  };
  const value = pipeline();
  if (at < words.length) throw new TemplateError("an action has too much in it");
  return value;
}

/** A pattern that is written out is checked at once; one that a label brings is tried and else left. */
function checkPattern(fn: string, words: readonly Word[]): void {
  if (!fn.startsWith("regexReplaceAll")) return;
  const pattern = words.find((word) => word.kind === "text");
  const problem = pattern?.kind === "text" ? patternProblem(pattern.text) : undefined;
  if (problem !== undefined) throw new TemplateError(`the regular expression ${problem}`);
}

interface TemplateFunction {
  readonly arity: number;
  readonly run: (...values: string[]) => string;
}

const fn = (run: (...values: string[]) => string, arity: number): TemplateFunction => ({
  run,
  arity,
});
const lower = fn((text = "") => text.toLowerCase(), 1);
const upper = fn((text = "") => text.toUpperCase(), 1);
const trim = fn((text = "") => text.trim(), 1);

const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map([
  ["ToLower", lower],
  ["lower", lower],
  ["ToUpper", upper],
  ["upper", upper],
  ["TrimSpace", trim],
  ["trim", trim],
  ["Trim", fn((text = "", set = "") => trimSet(text, set, true, true), 2)],
  ["TrimLeft", fn((text = "", set = "") => trimSet(text, set, true, false), 2)],
  ["TrimRight", fn((text = "", set = "") => trimSet(text, set, false, true), 2)],
  [
    "TrimPrefix",
    fn((text = "", cut = "") => (text.startsWith(cut) ? text.slice(cut.length) : text), 2),
  ],
  [
    "TrimSuffix",
    fn(
      (text = "", cut = "") =>
        cut !== "" && text.endsWith(cut) ? text.slice(0, -cut.length) : text,
      2,
    ),
  ],
  [
    "Replace",
    fn(
      (text = "", from = "", to = "", times = "-1") => replaceTimes(text, from, to, Number(times)),
      4,
    ),
  ],
  ["replace", fn((from = "", to = "", text = "") => replaceTimes(text, from, to, -1), 3)],
  [
    "trunc",
    fn(
      (length = "0", text = "") =>
        Number(length) < 0 ? text.slice(Number(length)) : text.slice(0, Number(length)),
      2,
    ),
  ],
  [
    "substr",
    fn(
      (from = "0", to = "0", text = "") =>
        text.slice(Math.max(0, Number(from)), Number(to) < 0 ? undefined : Number(to)),
      3,
    ),
  ],
  ["default", fn((fallback = "", text = "") => (text === "" ? fallback : text), 2)],
  [
    "alignLeft",
    fn((width = "0", text = "") => text.slice(0, widthOf(width)).padEnd(widthOf(width)), 2),
  ],
  [
    "alignRight",
    fn(
      (width = "0", text = "") =>
        text.slice(-widthOf(width) || text.length).padStart(widthOf(width)),
      2,
    ),
  ],
  [
    "regexReplaceAll",
    fn((pattern = "", text = "", to = "") => replacePattern(pattern, text, to), 3),
  ],
  ["urlencode", fn((text = "") => encodeURIComponent(text.toWellFormed()), 1)],
  ["urldecode", fn((text = "") => decoded(text), 1)],
  ["b64enc", fn((text = "") => Buffer.from(text).toString("base64"), 1)],
  ["b64dec", fn((text = "") => Buffer.from(text, "base64").toString(), 1)],
]);

function widthOf(text: string): number {
  return Math.min(1_000, Math.max(0, Number(text)));
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
  return compilePattern(pattern).replaceAll(text, to);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
