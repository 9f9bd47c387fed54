import type {
  Field,
  GroupKey,
  Pipe,
  StatsFunction,
} from "../../../apps/log-service/src/query/pipe.ts";
import { LEVELS } from "../../../apps/log-service/src/record/level.ts";
import type { JsonValue, LogRecord } from "../../../apps/log-service/src/record/record.ts";
import { isMetadata, isNumber, nanosOf, valuesOf } from "./naive.ts";

export type Row = Record<string, JsonValue>;

/** What pipes make of records, said as plainly as possible: every row at once, exactly. */
export function evaluate(pipes: readonly Pipe[], records: readonly LogRecord[]): Row[] {
  // Newest first, as records come without a sort.
  const newest = records.toSorted(
    (a, b) =>
      compare(cell({ ...b }, "timestamp"), cell({ ...a }, "timestamp")) || (a.id < b.id ? 1 : -1),
  );
  return pipes.reduce<Row[]>(
    (rows, pipe) => apply(pipe, rows, newest),
    newest.map((record) => ({ ...record })),
  );
}

function apply(pipe: Pipe, rows: Row[], records: readonly LogRecord[]): Row[] {
  switch (pipe.kind) {
    case "stats":
      return group(records, pipe.by, pipe.functions, false);
    case "uniq": {
      const by = pipe.by.map((field): GroupKey => ({ kind: "field", field }));
      return group(records, by, [], by.length === 1);
    }
    case "top": {
      const count: StatsFunction = { name: "count", as: "count" };
      const counted = group(records, [{ kind: "field", field: pipe.field }], [count], true);
      return counted
        .toSorted((a, b) => Number(b["count"]) - Number(a["count"]))
        .slice(0, pipe.limit);
    }
    case "sort":
      return rows.toSorted((a, b) => {
        for (const { column, descending } of pipe.by) {
          const [left, right] = [cell(a, column), cell(b, column)];
          const missing = Number(left === undefined) - Number(right === undefined);
          const order = missing || (left === undefined ? 0 : compareOf(left, right, descending));
          if (order !== 0) return order;
        }
        return 0;
      });
    case "fields":
      return rows.map((row) => {
        const cells = pipe.columns.map((column): [string, JsonValue | undefined] => [
          column,
          valueIn(row, column),
        ]);
        return Object.fromEntries(
          cells.filter((pair): pair is [string, JsonValue] => pair[1] !== undefined),
        );
      });
    case "limit":
      return rows.slice(0, pipe.limit);
  }
}

function compareOf(a: Key, b: Key, descending: boolean): number {
  // Numbers stay before texts: only what lies within each kind turns round.
  return compare(a, b) * (descending && typeof a === typeof b ? -1 : 1);
}

type Key = string | number | bigint | undefined;

function compare(a: Key, b: Key): number {
  if (a === b || a === undefined || b === undefined) return 0;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return a < b ? -1 : 1;
}

function valueIn(row: Row, column: string): JsonValue | undefined {
  if (Object.hasOwn(row, column)) return row[column];
  if (!isMetadata(column) || !("metadata" in row)) return undefined;
  // The shortest key comes first where a path can be read in several ways.
  return reachFirst(row["metadata"], column.slice("metadata.".length).split("."));
}

function reachFirst(value: JsonValue | undefined, steps: readonly string[]): JsonValue | undefined {
  if (steps.length === 0) return value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const object = new Map(Object.entries(value));
  for (let taken = 1; taken <= steps.length; taken += 1) {
    const found = reachFirst(object.get(steps.slice(0, taken).join(".")), steps.slice(taken));
    if (found !== undefined) return found;
  }
  return undefined;
}

function cell(row: Row, column: string): Key {
  const value = valueIn(row, column);
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number") return value;
  if (typeof value !== "string") return JSON.stringify(value);
  if (column === "level") return LEVELS.findIndex((level) => level === value);
  if (column === "timestamp" || column === "received") return nanosOf(value);
  return value;
}

type Scalar = string | number | boolean;

/** The values of a record that count: of lists each different one. */
function scalarsIn(record: LogRecord, field: Field): Scalar[] {
  if (field === "timestamp" || field === "received") return [timeText(record[field])];
  return valuesOf(record, field).flatMap((value): Scalar[] => {
    if (Array.isArray(value))
      return value.filter((item): item is Scalar => typeof item !== "object");
    if (typeof value === "object") return [];
    return value === "" && !isMetadata(field) ? [] : [value];
  });
}

/** Three digits of a second, or nine where three are not enough. */
function timeText(text: string): string {
  const nanos = nanosOf(text);
  const below = String(nanos % 1_000_000n).padStart(6, "0");
  const shown = new Date(Number(nanos / 1_000_000n)).toISOString();
  return below === "000000" ? shown : shown.replace("Z", `${below}Z`);
}

function group(
  records: readonly LogRecord[],
  by: readonly GroupKey[],
  functions: readonly StatsFunction[],
  skipMissing: boolean,
): Row[] {
  const groups = new Map<string, { keys: (Scalar | undefined)[]; records: LogRecord[] }>();
  if (by.length === 0) groups.set("[]", { keys: [], records: [] });
  for (const record of records) {
    let combinations: (Scalar | undefined)[][] = [[]];
    for (const key of by) {
      const values =
        key.kind === "bin" ? [binOf(record, key.ms)] : [...new Set(scalarsIn(record, key.field))];
      const choices = values.length === 0 && !skipMissing ? [undefined] : values;
      combinations = combinations.flatMap((keys) => choices.map((value) => [...keys, value]));
    }
    for (const keys of combinations) {
      const name = JSON.stringify(keys.map((key) => [typeof key, key]));
      const known = groups.get(name) ?? { keys, records: [] };
      known.records.push(record);
      groups.set(name, known);
    }
  }
  const names = by.map((key) => (key.kind === "bin" ? "timestamp" : key.field));
  const rows = [...groups.values()].map(({ keys, records }) => {
    const cells = names.flatMap((name, at): [string, JsonValue][] => {
      const key = keys[at];
      return key === undefined ? [] : [[name, key]];
    });
    const figures = functions.map((fn): [string, JsonValue] => [fn.as, figure(fn, records)]);
    return Object.fromEntries([...cells, ...figures]);
  });
  return apply(
    { kind: "sort", by: names.map((column) => ({ column, descending: false })) },
    rows,
    [],
  );
}

function binOf(record: LogRecord, width: number): string {
  const ms = Number(nanosOf(record.timestamp) / 1_000_000n);
  return new Date(Math.floor(ms / width) * width).toISOString();
}

function figure(fn: StatsFunction, records: readonly LogRecord[]): JsonValue {
  if (fn.name === "count") return records.length;
  const values = records.flatMap((record) => scalarsIn(record, fn.of));
  if (fn.name === "count_uniq") return new Set(values).size;
  const numbers = values.flatMap((value) =>
    typeof value === "number" || (typeof value === "string" && isNumber(value))
      ? [Number(value)]
      : [],
  );
  const sorted = numbers.toSorted((a, b) => a - b);
  const sum = numbers.reduce((total, number) => total + number, 0);
  switch (fn.name) {
    case "sum":
      return numbers.length === 0 ? null : sum;
    case "avg":
      return numbers.length === 0 ? null : sum / numbers.length;
    case "quantile":
      return sorted[Math.max(0, Math.ceil(fn.phi * sorted.length) - 1)] ?? null;
    case "min":
    case "max": {
      const texts = values.map(String).toSorted();
      const end = fn.name === "min" ? 0 : -1;
      return sorted.at(end) ?? texts.at(end) ?? null;
    }
  }
}
