import type { BlockRows } from "../block/rows.ts";
import { LABELS_KEY } from "../ingest/loki/stream.ts";
import { labelName } from "../ingest/loki/labels.ts";
import { LOKI_LIMITS } from "../limits.ts";
import { LEVELS } from "../record/level.ts";
import type { JsonValue } from "../record/record.ts";
import { Entry, type EntryRecord, type Fields } from "./entry.ts";
import type { Stream } from "./stream.ts";
import { fieldText, freeName, type Streams } from "./streams.ts";

type Column = readonly (string | undefined)[];

/**
 * The lines of one block, read by column: what a query does not look at is not decoded, and a stream
 * is worked out once for all rows that have it.
 */
export class RowTable {
  readonly rows: BlockRows;
  readonly streams: Streams;
  readonly #labels: { readonly texts: readonly string[]; readonly ids: Uint32Array };
  readonly #streams = new Map<number, Stream>();
  readonly #columns = new Map<string, Column>();

  constructor(streams: Streams, rows: BlockRows) {
    this.streams = streams;
    this.rows = rows;
    this.#labels = rows.membersAt(LABELS_KEY);
  }

  streamOf(row: number): Stream {
    const { rows, streams } = this;
    const labels = this.#labels.ids[row] ?? 0;
    const source = rows.sourceIndexes[row] ?? 0;
    const level = rows.levels[row] ?? 0;
    const key = (labels * rows.sourceNames.length + source) * LEVELS.length + level;
    const known = this.#streams.get(key);
    if (known !== undefined) return known;
    const text = this.#labels.texts[labels] ?? "";
    const made = streams.streamOf({
      namespace: rows.namespace,
      source: rows.source(row),
      level,
      metadata: text === "" ? "" : `{"${LABELS_KEY}":${text}}`,
    });
    this.#streams.set(key, made);
    return made;
  }

  entryOf(row: number): Entry {
    const line = new Row(this, row);
    return new Entry(line, this.streamOf(row), line);
  }

  /** A field by its name, for each row. */
  column(name: string): Column {
    const known = this.#columns.get(name);
    if (known !== undefined) return known;
    const made = this.#read(name);
    this.#columns.set(name, made);
    return made;
  }

  #read(name: string): Column {
    const { rows, streams } = this;
    const column: (string | undefined)[] = [];
    // Which labels are fields depends on their values, and what is too deep is one value as text.
    let needsAll = name === LABELS_KEY || name.startsWith(`${LABELS_KEY}_`);
    const wanted = (keys: readonly string[]) => {
      if (keys.length > LOKI_LIMITS.fieldDepth) needsAll = true;
      return keys[0] !== LABELS_KEY && freeName(keys.map(labelName).join("_")) === name;
    };
    const add = (row: number, value: JsonValue) => {
      const text = fieldText(value);
      if (text !== "") column[row] ??= text;
    };
    const addWhole = (row: number, object: JsonValue) => {
      column[row] = streams.fieldsOf(JSON.stringify(object)).get(name);
    };
    if (!needsAll) rows.eachLeaf(wanted, add, addWhole);
    if (!needsAll) return column;
    return Array.from({ length: rows.count }, (_, row) =>
      streams.fieldsOf(rows.metadata(row)).get(name),
    );
  }
}

/** One row; each part is read when it is asked for. */
class Row implements EntryRecord, Fields {
  readonly #table: RowTable;
  readonly #row: number;

  constructor(table: RowTable, row: number) {
    this.#table = table;
    this.#row = row;
  }

  get ms(): number {
    return this.#table.rows.ms[this.#row] ?? 0;
  }

  get nanos(): number {
    return this.#table.rows.nanos(this.#row);
  }

  get level(): number {
    return this.#table.rows.levels[this.#row] ?? 0;
  }

  get message(): string {
    return this.#table.rows.message(this.#row);
  }

  get traceId(): string {
    return this.#table.rows.trace(this.#row);
  }

  get spanId(): string {
    return this.#table.rows.span(this.#row);
  }

  get tags(): string {
    return this.#table.rows.tags(this.#row);
  }

  get metadata(): string {
    return this.#table.rows.metadata(this.#row);
  }

  get(name: string): string | undefined {
    return this.#table.column(name)[this.#row];
  }

  keys(): Iterable<string> {
    return this.#table.streams.fieldsOf(this.metadata).keys();
  }
}
