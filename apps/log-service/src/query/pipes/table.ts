import { reachValues } from "../../block/path.ts";
import { levelIndex } from "../../record/level.ts";
import type { JsonValue } from "../../record/record.ts";
import { readInstant } from "../../record/time.ts";
import type { Pipe, SortColumn } from "../pipe.ts";
import type { Row } from "./types.ts";
import { instantText, isPath, pathOf } from "./values.ts";

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** A pipe that makes one table of another. */
export function applyPipe({ columns, rows }: Table, pipe: Pipe): Table {
  switch (pipe.kind) {
    case "sort": {
      const compare = rowComparison(pipe.by);
      const keyed = rows.map((row) => ({
        row,
        keys: pipe.by.map(({ column }) => sortKey(row, column)),
      }));
      return { columns, rows: keyed.sort((a, b) => compare(a.keys, b.keys)).map(({ row }) => row) };
    }
    case "fields":
      return { columns: pipe.columns, rows: rows.map((row) => pick(row, pipe.columns)) };
    case "limit":
      return { columns, rows: rows.slice(0, pipe.limit) };
    default:
      throw new RangeError(`'${pipe.kind}' makes no table of another`);
  }
}

function pick(row: Row, columns: readonly string[]): Row {
  const picked: Record<string, JsonValue> = {};
  for (const column of columns) {
    const value = cell(row, column);
    if (value !== undefined) picked[column] = value;
  }
  return picked;
}

/** What a row has in a column; in a whole record, at a path too: the first way to read it counts. */
function cell(row: Row, column: string): JsonValue | undefined {
  if (Object.hasOwn(row, column)) return row[column];
  if (!isPath(column)) return undefined;
  let first: JsonValue | undefined;
  reachValues(row["metadata"], pathOf(column).split("."), (value) => {
    if (first === undefined) first = value;
  });
  return first;
}

/** What rows are sorted by in a column: undefined comes last. */
export type SortKey = string | number | undefined;

export function sortKey(row: Row, column: string): SortKey {
  return sortKeyOf(cell(row, column), column);
}

/** Levels go by severity, times by time, booleans and lists by their text. */
export function sortKeyOf(value: JsonValue | undefined, column: string): SortKey {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number") return value;
  if (typeof value !== "string") return JSON.stringify(value);
  if (column === "level") return levelIndex(value);
  if (column === "timestamp" || column === "received") return timeKey(value);
  return value;
}

function timeKey(text: string): string {
  const instant = readInstant(text);
  // Nine digits always, so that times compare as text.
  return typeof instant === "string"
    ? text
    : `${instantText(instant.ms, 0).slice(0, -1)}${String(instant.nanos).padStart(6, "0")}`;
}

/** Numbers come before texts, and what is missing comes last in both directions. */
export function rowComparison(
  by: readonly SortColumn[],
): (a: readonly SortKey[], b: readonly SortKey[]) => number {
  return (a, b) => {
    for (const [at, { descending }] of by.entries()) {
      const order = compareKeys(a[at], b[at], descending);
      if (order !== 0) return order;
    }
    return 0;
  };
}

function compareKeys(a: SortKey, b: SortKey, descending: boolean): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return (a < b ? -1 : 1) * (descending ? -1 : 1);
}
