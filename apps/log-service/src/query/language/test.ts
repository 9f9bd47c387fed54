import { LEVELS, levelIndex } from "../../record/level.ts";
import { suggest } from "../../suggest.ts";
import { EVERYTHING, levelsFrom, type Filter, type Moment, type TextField } from "../filter.ts";
import { regexProblem } from "../regex/regex.ts";
import { after, readTime } from "./times.ts";
import type { Piece, Reader } from "./reader.ts";

export type Comparison = "<" | "<=" | ">" | ">=";

/** A value as it stands in the query. */
export interface Value {
  readonly pieces: readonly Piece[];
  readonly from: number;
  readonly to: number;
}

/** What a range has on one side; undefined for `*`. */
export interface Edge {
  readonly value: Value | undefined;
  readonly inclusive: boolean;
}

export function textOf({ pieces }: Value): string {
  return pieces.map(({ text }) => text).join("");
}

/** A word, phrase or pattern in the message. */
export function messageTest(reader: Reader, value: Value): Filter {
  const { parts, open } = partsOf(value);
  if (parts.every((part) => part === "")) {
    if (open.start) return EVERYTHING;
    reader.mistakes.add(value.from, value.to, "there is no text to look for");
  }
  return {
    kind: "like",
    field: "message",
    parts,
    start: open.start ? "any" : "word",
    end: open.end ? "any" : "word",
    ignoreCase: true,
  };
}

/** `:` with a field that holds text, the message apart: the whole value, or a pattern of it. */
export function textTest(field: TextField, value: Value): Filter {
  if (isStar(value)) return { kind: "exists", field };
  if (field === "message") throw new RangeError("messages have words");
  if (!value.pieces.some(({ text, quoted }) => !quoted && text.includes("*"))) {
    return { kind: "is", field, values: [textOf(value)] };
  }
  const { parts, open } = partsOf(value);
  return {
    kind: "like",
    field,
    parts,
    start: open.start ? "any" : "value",
    end: open.end ? "any" : "value",
    ignoreCase: false,
  };
}

export function isStar({ pieces }: Value): boolean {
  return pieces.length > 0 && pieces.every(({ text, quoted }) => !quoted && /^\*+$/.test(text));
}

/** What stands between the stars; those at the edges leave the edges open. */
function partsOf({ pieces }: Value): {
  readonly parts: readonly string[];
  readonly open: { readonly start: boolean; readonly end: boolean };
} {
  const parts: string[] = [""];
  for (const { text, quoted } of pieces) {
    const [head = "", ...more] = quoted ? [text] : text.split("*");
    parts.push((parts.pop() ?? "") + head, ...more);
  }
  const [first] = pieces;
  const last = pieces.at(-1);
  const start = first?.quoted === false && first.text.startsWith("*");
  const end = last?.quoted === false && last.text.endsWith("*");
  const inner = parts.filter((part) => part !== "");
  return { parts: inner.length === 0 ? [""] : inner, open: { start, end } };
}

/** @throws nothing: a pattern that may not run is noted, and stands for any. */
export function regexTest(
  reader: Reader,
  field: TextField,
  { pattern, ignoreCase }: { readonly pattern: string; readonly ignoreCase: boolean },
  from: number,
): Filter {
  const problem = regexProblem(pattern);
  if (problem !== undefined) {
    reader.mistakes.add(from, reader.at, `the regular expression ${problem}`);
    return EVERYTHING;
  }
  return { kind: "regex", field, pattern, ignoreCase };
}

export function levelTest(reader: Reader, operator: ":" | Comparison, value: Value): Filter {
  if (operator === ":" && isStar(value)) return { kind: "level", levels: LEVELS };
  const name = textOf(value);
  const index = levelIndex(name);
  const level = LEVELS[index];
  if (level === undefined) {
    const near = suggest(name, LEVELS);
    const meant = near === undefined ? `one of ${LEVELS.join(", ")}` : `'${near}'`;
    reader.mistakes.add(value.from, value.to, `'${name}' is no level; did you mean ${meant}?`);
    return EVERYTHING;
  }
  switch (operator) {
    case ":":
      return { kind: "level", levels: [level] };
    case ">=":
      return { kind: "level", levels: levelsFrom(level) };
    case ">":
      return { kind: "level", levels: LEVELS.slice(index + 1) };
    case "<":
      return { kind: "level", levels: LEVELS.slice(0, index) };
    case "<=":
      return { kind: "level", levels: LEVELS.slice(0, index + 1) };
  }
}

export function timeTest(
  reader: Reader,
  field: "timestamp" | "received",
  lower: Edge,
  upper: Edge,
  nowMs: number,
): Filter {
  const read = ({ value }: Edge): Moment | undefined => {
    if (value === undefined) return undefined;
    const moment = readTime(textOf(value), nowMs);
    if (moment === undefined) {
      const message = `'${textOf(value)}' is no time: write RFC 3339, a date, an epoch, now, or how long ago as -15m`;
      reader.mistakes.add(value.from, value.to, message);
    }
    return moment;
  };
  const from = read(lower);
  const to = read(upper);
  return {
    kind: "time",
    field,
    ...(from !== undefined && { from: lower.inclusive ? from : after(from) }),
    ...(to !== undefined && { to: upper.inclusive ? after(to) : to }),
  };
}

export function rangeTest(field: TextField, lower: Edge, upper: Edge): Filter {
  const bound = ({ value, inclusive }: Edge) => value && { value: textOf(value), inclusive };
  const from = bound(lower);
  const to = bound(upper);
  return {
    kind: "range",
    field,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}
