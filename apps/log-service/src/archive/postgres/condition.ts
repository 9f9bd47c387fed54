import { LEVELS } from "../../record/level.ts";
import { lanePrefix } from "../../store/position.ts";
import type { ArchiveSelection, ClearQuery, Condition, IdRange, Instant } from "../port.ts";
import { wordQuery } from "./words.ts";

/** The values of a statement, which never become part of its text. */
export class Values {
  readonly #all: unknown[] = [];

  /** @returns How a text names it until it is a statement. */
  add(value: unknown): string {
    return `$<${this.#all.push(value) - 1}>`;
  }

  /** A statement of the text, with the values that it names: parts may have been left out since. */
  statement(text: string): { readonly text: string; readonly values: readonly unknown[] } {
    const used: number[] = [];
    const numbered = text.replace(/\$<(\d+)>/g, (_, index: string) => {
      const at = used.indexOf(Number(index));
      return `$${at === -1 ? used.push(Number(index)) : at + 1}`;
    });
    return { text: numbered, values: used.map((index) => this.#all[index]) };
  }
}

const TRUE = "true";
const FALSE = "false";

/** The condition of WHERE. */
export function selectionSql(selection: ArchiveSelection, values: Values): string {
  const { namespaces, from, to, condition, without = [], within } = selection;
  const parts = [namespacesSql(namespaces, values), conditionSql(condition, values)];
  if (from !== undefined) parts.push(`created_ns >= ${values.add(nanosOf(from))}::bigint`);
  if (to !== undefined) parts.push(`created_ns < ${values.add(nanosOf(to))}::bigint`);
  if (within !== undefined) parts.push(any(within.map((range) => rangeSql(range, values))));
  for (const range of without) parts.push(`NOT ${rangeSql(range, values)}`);
  return all(parts);
}

/** Nanoseconds since the epoch as text, kept within what the column holds. */
export function nanosOf({ ms, nanos }: Instant): string {
  const clamped = Math.min(Math.max(Math.floor(ms), -CLAMP_MS), CLAMP_MS);
  return String(BigInt(clamped) * 1_000_000n + BigInt(clamped === Math.floor(ms) ? nanos : 0));
}

/** What the column of nanoseconds holds: a question's bounds may lie beyond every record's time. */
const CLAMP_MS = 9_223_372_036_853;

/** A moment as the database reads it. */
export function timeOf(ms: number): string {
  const clamped = Math.min(Math.max(Math.floor(ms), -CLAMP_MS), CLAMP_MS);
  return new Date(clamped).toISOString();
}

export function namespacesSql(namespaces: ArchiveSelection["namespaces"], values: Values): string {
  if ("only" in namespaces) return anyOf("namespace", namespaces.only, values);
  const except = namespaces.except.filter(isStorable);
  return except.length === 0 ? TRUE : `NOT namespace = ANY(${values.add(except)}::text[])`;
}

export function rangeSql([first, end]: IdRange, values: Values): string {
  if (!isStorable(first) || !isStorable(end)) return FALSE;
  return `(id >= ${values.add(first)}::text AND id < ${values.add(end)}::text)`;
}

/** The ranges of the lanes that are named, and in others what was received until then. */
export function reachSql({ within, receivedUntilMs }: ClearQuery, values: Values): string {
  const ranges = within.map((range) => rangeSql(range, values));
  const lanes = [...new Set(within.map(([first]) => lanePrefix(first)))];
  const elsewhere = lanes.map((lane) => `NOT starts_with(id, ${values.add(lane)}::text)`);
  const until = `received_at <= ${values.add(timeOf(receivedUntilMs))}::timestamptz`;
  return `(${[...ranges, `(${[until, ...elsewhere].join(" AND ")})`].join(" OR ")})`;
}

export function conditionSql(condition: Condition, values: Values): string {
  switch (condition.kind) {
    case "all":
      return all(condition.of.map((part) => conditionSql(part, values)));
    case "any":
      return anySql(condition.of, values);
    case "level":
      return levelSql(condition.levels);
    case "is":
      return isSql(condition.field, condition.values, values);
    case "received":
      return receivedSql(condition, values);
    case "word":
      return wordSql(condition, values);
    case "contains":
      return containsSql(condition, values);
    case "metadata":
      return metadataSql([condition], values);
  }
}

/** Names instead of values: only then is the index of warnings and worse known to hold them. */
function levelSql(levels: readonly number[]): string {
  const names = LEVELS.filter((_, index) => levels.includes(index));
  if (names.length === LEVELS.length) return TRUE;
  if (names.length === 0) return FALSE;
  return `level IN (${names.map((name) => `'${name}'::neurallog.level`).join(", ")})`;
}

const COLUMNS = {
  id: "id",
  source: "component",
  trace_id: "trace_id",
  span_id: "span_id",
  namespace: "namespace",
} as const;

function isSql(field: keyof typeof COLUMNS, wanted: readonly string[], values: Values): string {
  const column = COLUMNS[field];
  const texts = wanted.filter((text) => text !== "");
  const none = wanted.length > texts.length && field !== "id" && field !== "namespace";
  return any([anyOf(column, texts, values), none ? `${column} IS NULL` : FALSE]);
}

function anyOf(column: string, wanted: readonly string[], values: Values): string {
  const texts = wanted.filter(isStorable);
  return texts.length === 0 ? FALSE : `${column} = ANY(${values.add(texts)}::text[])`;
}

function receivedSql(
  { fromMs, toMs }: { readonly fromMs?: number; readonly toMs?: number },
  values: Values,
): string {
  return all([
    fromMs === undefined ? TRUE : `received_at >= ${values.add(timeOf(fromMs))}::timestamptz`,
    toMs === undefined ? TRUE : `received_at < ${values.add(timeOf(toMs))}::timestamptz`,
  ]);
}

function wordSql(
  condition: { readonly text: string; readonly isPrefix: boolean },
  values: Values,
): string {
  const { isPrefix } = condition;
  // A beginning may end within a pair: what is before it is a beginning too.
  const text = isPrefix ? condition.text.replace(/[\ud800-\udbff]$/, "") : condition.text;
  if (text === "") return TRUE;
  if (!isStorable(text)) return FALSE;
  const query = values.add(wordQuery(text, isPrefix));
  const like = containsSql({ text, ignoreCase: true }, values);
  return `(words @@ ${query}::tsquery OR (words IS NULL AND ${like}))`;
}

/** Letters beyond ASCII have no other case in the "C" collation: anything may stand for them. */
function containsSql(
  { text, ignoreCase }: { readonly text: string; readonly ignoreCase: boolean },
  values: Values,
): string {
  if (text === "") return TRUE;
  if (!isStorable(text)) return FALSE;
  const escaped = text.replace(/[\\%_]/g, "\\$&");
  const pattern = ignoreCase ? escaped.replace(/[^\0-\x7f]+/g, "%") : escaped;
  return `message ${ignoreCase ? "ILIKE" : "LIKE"} ${values.add(`%${pattern}%`)}::text`;
}

type MetadataCondition = Extract<Condition, { kind: "metadata" }>;

/** What is asked of the metadata is asked together: each question of its own goes through the index once more. */
function anySql(of: readonly Condition[], values: Values): string {
  const parts = of.filter((part) => part.kind !== "metadata");
  const metadata = of.filter((part) => part.kind === "metadata");
  return any([
    ...parts.map((part) => conditionSql(part, values)),
    metadata.length === 0 ? FALSE : metadataSql(metadata, values),
  ]);
}

/** One path of JSON for them all, strict: a step goes into no array, and only the last value may be in one. */
function metadataSql(conditions: readonly MetadataCondition[], values: Values): string {
  const tests = conditions.flatMap(({ path, value }) => {
    const isStored = path.every(isStorable) && (typeof value !== "string" || isStorable(value));
    const isNumber = typeof value !== "number" || Number.isFinite(value);
    if (path.length === 0 || !isStored || !isNumber) return [];
    const place = `@${path.map((key) => `.${JSON.stringify(key)}`).join("")}`;
    const scalar = JSON.stringify(value);
    // A filter on each value, as an array with one of another type in it compares with nothing.
    return ["", "[*]"].map((step) => `exists(${place}${step} ? (@ == ${scalar}))`);
  });
  if (tests.length === 0) return FALSE;
  return `data @? ${values.add(`strict $ ? (${tests.join(" || ")})`)}::jsonpath`;
}

/** What holds NUL or half a pair is in no record, and no value of a statement either. */
export function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

function all(parts: readonly string[]): string {
  if (parts.includes(FALSE)) return FALSE;
  const left = parts.filter((part) => part !== TRUE);
  return left.length === 0 ? TRUE : left.length === 1 ? left.join("") : `(${left.join(" AND ")})`;
}

function any(parts: readonly string[]): string {
  if (parts.includes(TRUE)) return TRUE;
  const left = parts.filter((part) => part !== FALSE);
  return left.length === 0 ? FALSE : left.length === 1 ? left.join("") : `(${left.join(" OR ")})`;
}

/**
 * Whether an index finds all that matches, and few as a rule: what PostgreSQL has no good guess for,
 * so that it would rather go through everything in order.
 */
export function isSelective({ condition, within }: ArchiveSelection): boolean {
  // A range that begins with its lane, as those of a cursor do, may hold most of what there is.
  const isNarrow = within?.every(([first]) => first.length > lanePrefix(first).length) ?? false;
  return isNarrow || narrows(condition);
}

/** The same of a condition alone. */
export function narrows(condition: Condition): boolean {
  switch (condition.kind) {
    case "all":
      return condition.of.some(narrows);
    case "any":
      return condition.of.length > 0 && condition.of.every(narrows);
    case "is":
      return (
        condition.field === "id" ||
        (condition.field === "trace_id" && !condition.values.includes(""))
      );
    case "word":
    case "metadata":
      return true;
    default:
      return false;
  }
}
