import { BlockRows } from "../../block/rows.ts";
import { levelName } from "../../record/level.ts";
import { readTagList } from "../../record/present.ts";
import type { JsonValue } from "../../record/record.ts";
import { writeInstant } from "../../record/time.ts";
import type { RowIds, Selection } from "../match/matcher.ts";
import type { Field } from "../pipe.ts";
import type { Scalar } from "./types.ts";

export type Visit = (row: number, value: Scalar) => void;

/** A block with what is asked of it. */
export interface Looked {
  readonly rows: BlockRows;
  readonly ids: RowIds;
  readonly selection: Selection;
}

/** Visits each row that was chosen. */
export function eachRow({ rows, selection }: Looked, visit: (row: number) => void): void {
  if (selection === "none") return;
  for (let row = 0; row < rows.count; row += 1) {
    if (selection === "all" || selection[row] === 1) visit(row);
  }
}

/**
 * Visits the values that chosen records have in a field, rows in order: none where the field is
 * missing, each element of a list; never null, an object or a list inside a list.
 */
export function eachFieldValue(looked: Looked, field: Field, visit: Visit): void {
  const { rows, selection } = looked;
  if (selection === "none") return;
  if (isPath(field)) {
    rows.eachValue(pathOf(field), (row, value) => {
      if (selection === "all" || selection[row] === 1) eachScalar(row, value, visit);
    });
    return;
  }
  if (field === "tags") {
    eachRow(looked, (row) => {
      const text = rows.tags(row);
      if (text !== "") for (const tag of readTagList(text)) visit(row, tag);
    });
    return;
  }
  const read = reader(looked, field);
  eachRow(looked, (row) => {
    const text = read(row);
    if (text !== "") visit(row, text);
  });
}

/** The text of a record's own field, which no list is; "" where it is missing. */
function reader({ rows, ids }: Looked, field: Field): (row: number) => string {
  switch (field) {
    case "level":
      return (row) => levelName(rows.levels[row] ?? 0);
    case "timestamp":
      return (row) => instantText(rows.ms[row] ?? 0, rows.nanos(row));
    case "received":
      return (row) => instantText(rows.received(row), 0);
    case "source":
      return (row) => rows.source(row);
    case "trace_id":
      return (row) => rows.trace(row);
    case "span_id":
      return (row) => rows.span(row);
    case "message":
      return (row) => rows.message(row);
    case "namespace":
      return () => rows.namespace;
    case "id":
      return (row) => ids.idOf(row);
    default:
      throw new RangeError(`${field} is no text of a record`);
  }
}

/** As precise as it is, always as long for one precision: three digits or nine. */
export function instantText(ms: number, nanos: number): string {
  return writeInstant(ms, nanos, nanos === 0 ? 3 : 9);
}

export function isPath(field: string): field is `metadata.${string}` {
  return field.startsWith("metadata.");
}

export function pathOf(field: `metadata.${string}`): string {
  return field.slice("metadata.".length);
}

function eachScalar(row: number, value: JsonValue, visit: Visit): void {
  if (isScalar(value)) visit(row, value);
  else if (isList(value)) for (const item of value) if (isScalar(item)) visit(row, item);
}

export function isScalar(value: JsonValue): value is Scalar {
  return typeof value !== "object";
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
