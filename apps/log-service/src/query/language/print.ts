import type { Bound, Filter, LikeFilter, RangeFilter, TextField, TimeFilter } from "../filter.ts";
import { modern } from "../match/old-filter.ts";
import type { Field, GroupKey, Pipe, StatsFunction } from "../pipe.ts";
import type { Query } from "./parse.ts";
import { writeDuration, writeTime } from "./times.ts";

/** Writes a query so that it reads as the same one again, with its times as they were at parsing. */
export function printQuery({ filter, pipes }: Query): string {
  // Columns of a table are names of their own; those of records are fields.
  const table = pipes.findIndex(({ kind }) => kind !== "sort" && kind !== "limit");
  const written = pipes.map((pipe, at) => printPipe(pipe, table !== -1 && at > table));
  return [printFilter(filter), ...written].join(" | ");
}

/** Filters that the language cannot say are written as near to them as it can. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case "all":
      return filter.of.length === 0 ? "*" : filter.of.map(printPart).join(" ");
    case "any":
      return filter.of.length === 0 ? "NOT *" : filter.of.map(printPart).join(" OR ");
    case "not":
      return `NOT ${printPart(filter.of)}`;
    case "level":
      return filter.levels.length === 0 ? "level<TRACE" : `level:${list(filter.levels)}`;
    case "time":
      return printTime(filter);
    case "is":
      return `${name(filter.field)}${filter.field === "message" ? "=" : ":"}${list(filter.values)}`;
    case "exists":
      return `${name(filter.field)}:*`;
    case "range":
      return printRange(filter);
    case "like":
      return printLike(filter);
    case "regex": {
      const i = filter.ignoreCase ? "i" : "";
      return `${filter.field === "message" ? "" : name(filter.field)}~${quoteAlways(filter.pattern)}${i}`;
    }
    default:
      return printFilter(modern(filter));
  }
}

function printPart(filter: Filter): string {
  const text = printFilter(filter);
  const several = (filter.kind === "all" || filter.kind === "any") && filter.of.length > 0;
  return several ? `(${text})` : text;
}

function printTime({ field, from, to }: TimeFilter): string {
  if (from !== undefined && to !== undefined) {
    return `${field}:[${writeTime(from)} TO ${writeTime(to)}}`;
  }
  if (from !== undefined) return `${field}>=${writeTime(from)}`;
  return to === undefined ? `${field}:*` : `${field}<${writeTime(to)}`;
}

function printRange({ field, from, to }: RangeFilter): string {
  const open = from?.inclusive === false ? "{" : "[";
  const close = to?.inclusive === false ? "}" : "]";
  const edge = (bound: Bound | undefined): string =>
    bound === undefined ? "*" : quote(bound.value);
  return `${name(field)}:${open}${edge(from)} TO ${edge(to)}${close}`;
}

function printLike({ field, parts, start, end }: LikeFilter): string {
  const middle = parts.map(quote).join("*");
  const stars = `${start === "any" ? "*" : ""}${middle}${end === "any" ? "*" : ""}`;
  return field === "message" ? stars : `${name(field)}:${stars}`;
}

function list(values: readonly string[]): string {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return quote(only);
  return `(${values.map(quote).join(", ")})`;
}

/** Words of the language itself are quoted, and whatever is no plain word. */
function quote(text: string): string {
  const plain = /^\w+$/.test(text) && !/^(?:and|or|not|in|to|i)$/i.test(text);
  return plain ? text : quoteAlways(text);
}

function quoteAlways(text: string): string {
  return `"${text.replaceAll(/[\\"]/g, "\\$&")}"`;
}

function name(field: TextField | Field): string {
  return nameText(field);
}

/** Steps of a path that are no plain names are quoted. */
function nameText(field: string): string {
  if (!field.startsWith("metadata.")) return field;
  const path = field.slice("metadata.".length);
  return /^[\w.@$/-]+$/.test(path) ? field : `metadata.${quoteAlways(path)}`;
}

function printPipe(pipe: Pipe, table: boolean): string {
  const printColumn = (column: string): string => (table ? quote(column) : nameText(column));
  switch (pipe.kind) {
    case "stats": {
      const by = pipe.by.length === 0 ? "" : ` by ${pipe.by.map(printKey).join(", ")}`;
      return `stats ${pipe.functions.map(printFunction).join(", ")}${by}`;
    }
    case "top":
      return `top ${pipe.limit} ${name(pipe.field)}`;
    case "uniq":
      return `uniq ${pipe.by.map(name).join(", ")}`;
    case "sort":
      return `sort ${pipe.by.map(({ column, descending }) => printColumn(column) + (descending ? " desc" : "")).join(", ")}`;
    case "fields":
      return `fields ${pipe.columns.map(printColumn).join(", ")}`;
    case "limit":
      return `limit ${pipe.limit}`;
  }
}

function printKey(key: GroupKey): string {
  return key.kind === "bin" ? `bin(${writeDuration(key.ms)})` : name(key.field);
}

function printFunction(fn: StatsFunction): string {
  const as = ` as ${quote(fn.as)}`;
  if (fn.name === "count") return `count()${as}`;
  return fn.name === "quantile"
    ? `quantile(${fn.phi}) of ${name(fn.of)}${as}`
    : `${fn.name}(${name(fn.of)})${as}`;
}
