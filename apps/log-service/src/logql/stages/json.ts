import { LOKI_LIMITS, RECORD_LIMITS } from "../../limits.ts";
import { labelName } from "../../ingest/loki/labels.ts";
import { isObject } from "../../record/record.ts";
import type { Entry } from "../entry.ts";
import type { Extraction } from "../syntax/ast.ts";

const NAMED = "JSONParserErr";

/** `| json`: all values of the line's object, nested ones by their path joined with `_`. */
export function extractJson(entry: Entry): void {
  const value = parseObject(entry);
  if (value !== undefined) addAll(entry, "", value, 0);
}

/** `| json a="b.c[0]"`. */
export function extractJsonFields(entry: Entry, fields: readonly Extraction[]): void {
  const value = parseObject(entry);
  if (value === undefined) return;
  for (const { label, path } of fields) {
    const found = reach(value, stepsOf(path));
    addParsed(entry, label, found === undefined ? "" : textOf(found));
  }
}

/** `| unpack`: what Promtail's pack stage wrapped; `_entry` is the line. */
export function unpack(entry: Entry): void {
  const value = parseObject(entry);
  if (value === undefined) return;
  for (const [key, field] of Object.entries(value)) {
    if (typeof field !== "string") continue;
    if (key === "_entry") entry.line = field;
    else addParsed(entry, labelName(key), field);
  }
}

/** A label of the stream keeps its name: what a line has by the same one gets another. */
export function addParsed(entry: Entry, name: string, value: string): void {
  if (name === "" || entry.parsed.size >= LOKI_LIMITS.fields) return;
  entry.set(entry.stream.labels.has(name) ? `${name}_extracted` : name, value);
}

function parseObject(entry: Entry): Readonly<Record<string, unknown>> | undefined {
  // Almost every line that is no object ends here, without the cost of an exception.
  const start = entry.line.trimStart();
  if (!start.startsWith("{")) {
    entry.fail(NAMED, "Value looks like object, but can't find closing '}' symbol");
    return undefined;
  }
  try {
    const value = parseExactly(entry.line);
    return isMap(value) ? value : undefined;
  } catch (error) {
    entry.fail(NAMED, error instanceof Error ? error.message.slice(0, 100) : "");
    return undefined;
  }
}

/** A number that would be written in another way than it stands in the line. */
class Numeral {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): number {
    return Number(this.text);
  }
}

/** Whether a line may have one: too many digits, an exponent, a zero at the end, minus zero. */
const NUMERALS = /\d{16}|\d[eE][-+]?\d|\.\d*0(?!\d)|-0/;

/** Ids of nineteen digits are labels digit by digit. */
function parseExactly(line: string): unknown {
  if (!NUMERALS.test(line)) return JSON.parse(line);
  const keep = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    const source = context?.source;
    const changed = typeof value === "number" && source !== undefined && String(value) !== source;
    return changed ? new Numeral(source) : value;
  };
  return JSON.parse(line, keep);
}

function addAll(
  entry: Entry,
  prefix: string,
  value: Readonly<Record<string, unknown>>,
  depth: number,
): void {
  if (depth > RECORD_LIMITS.depth) return;
  for (const [key, field] of Object.entries(value)) {
    const name = prefix === "" ? labelName(key) : `${prefix}_${labelName(key)}`;
    if (isMap(field)) addAll(entry, name, field, depth + 1);
    // Lists have no names: only an expression reaches into them.
    else if (!Array.isArray(field)) addParsed(entry, name, textOf(field));
  }
}

/** The keys, from the outermost on, by which `| json` came to a label; undefined for none. */
export function jsonPathOf(line: string, label: string): readonly string[] | undefined {
  const find = (
    value: Readonly<Record<string, unknown>>,
    before: readonly string[],
    prefix: string,
  ): readonly string[] | undefined => {
    if (before.length > RECORD_LIMITS.depth) return undefined;
    for (const [key, field] of Object.entries(value)) {
      const name = prefix === "" ? labelName(key) : `${prefix}_${labelName(key)}`;
      const path = [...before, key];
      if (!isMap(field)) {
        if (name === label && !Array.isArray(field)) return path;
      } else if (label.startsWith(`${name}_`)) {
        const inner = find(field, path, name);
        if (inner !== undefined) return inner;
      }
    }
    return undefined;
  };
  const value: unknown = JSON.parse(line);
  return isMap(value) ? find(value, [], "") : undefined;
}

const STEP = /\.?([^.[\]"]+)|\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]/g;

function stepsOf(path: string): readonly (string | number)[] {
  return [...path.matchAll(STEP)].map(([, plain, quoted, index]) =>
    index === undefined ? (plain ?? quoted ?? "") : Number(index),
  );
}

function reach(value: unknown, steps: readonly (string | number)[]): unknown {
  let at = value;
  for (const step of steps) {
    if (Array.isArray(at)) at = typeof step === "number" ? at[step] : undefined;
    else at = isMap(at) && Object.hasOwn(at, step) ? at[step] : undefined;
  }
  return at;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Numeral) return value.text;
  return value === null ? "" : JSON.stringify(value);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && !(value instanceof Numeral);
}
