import { PIPE_LIMITS } from "../../limits.ts";
import { presentRecord } from "../../record/present.ts";
import { unitsOf } from "../../record/record.ts";
import type { Pipe, SortColumn } from "../pipe.ts";
import type { Row } from "./types.ts";
import { detach } from "./detach.ts";
import { applyPipe, rowComparison, sortKeyOf, type SortKey, type Table } from "./table.ts";
import { eachFieldValue, eachRow, instantText, isPath, type Looked } from "./values.ts";
import { isField } from "../fields.ts";

export interface RecordsState {
  readonly stage: "records";
  readonly found: readonly Found[];
  readonly leftOut: boolean;
}

interface Found {
  readonly keys: readonly SortKey[];
  readonly row: Row;
  readonly units: number;
}

/** Newest first where nothing else is asked, or where that leaves records equal. */
const LAST_KEYS: readonly SortColumn[] = [
  { column: "timestamp", descending: true },
  { column: "id", descending: true },
];

const COLUMNS = [
  "id",
  "timestamp",
  "received",
  "level",
  "message",
  "source",
  "trace_id",
  "span_id",
  "tags",
  "metadata",
  "namespace",
];

/** The first records of those that match, in the order that the pipes ask for. */
export class Records {
  readonly #pipes: readonly Pipe[];
  readonly #by: readonly SortColumn[];
  readonly #compare: (a: readonly SortKey[], b: readonly SortKey[]) => number;
  readonly #limit: number;
  #found: Found[] = [];
  #units = 0;
  #leftOut = false;

  /** @param pipes `sort`, `fields` and `limit`. */
  constructor(pipes: readonly Pipe[]) {
    this.#pipes = pipes;
    const end = pipes.findIndex(({ kind }) => kind === "limit");
    const before = end === -1 ? pipes : pipes.slice(0, end);
    // A later sort leaves what is equal as the one before it had it.
    this.#by = [
      ...before.flatMap((pipe) => (pipe.kind === "sort" ? [pipe.by] : [])).toReversed(),
      LAST_KEYS,
    ].flat();
    this.#compare = rowComparison(this.#by);
    const limit = pipes[end];
    const most = PIPE_LIMITS.records;
    this.#limit = limit?.kind === "limit" ? Math.min(limit.limit, most) : most;
  }

  addBlock(looked: Looked): void {
    const { rows, ids } = looked;
    const columns = this.#by.map(({ column }) => sortColumn(looked, column));
    const added: Found[] = [];
    const worst = this.#found.length >= this.#limit ? this.#found.at(-1) : undefined;
    const candidates: { readonly row: number; readonly keys: readonly SortKey[] }[] = [];
    eachRow(looked, (row) => {
      const keys = columns.map((column) => column(row));
      if (worst === undefined || this.#compare(keys, worst.keys) < 0)
        candidates.push({ row, keys });
      else this.#leftOut = true;
    });
    candidates.sort((a, b) => this.#compare(a.keys, b.keys));
    if (candidates.length > this.#limit) this.#leftOut = true;
    for (const { row, keys } of candidates.slice(0, this.#limit)) {
      const record = rows.record(row);
      const own = { ...record, message: detach(record.message), source: detach(record.source) };
      const shown = presentRecord(ids.idOf(row), own);
      added.push({ keys: keys.map(detach), row: { ...shown }, units: unitsOf(record) });
    }
    this.#add(added);
  }

  state(): RecordsState {
    return { stage: "records", found: this.#found, leftOut: this.#leftOut };
  }

  merge({ found, leftOut }: RecordsState): void {
    this.#leftOut ||= leftOut;
    this.#add(found);
  }

  table(): Table {
    return this.#pipes.reduce<Table>(applyPipe, {
      columns: COLUMNS,
      rows: this.#found.map(({ row }) => row),
    });
  }

  /** Whether records were left out that no limit of the query asked to leave out. */
  get truncated(): boolean {
    const asked = this.#pipes.find(({ kind }) => kind === "limit");
    const reached = asked?.kind === "limit" && this.#found.length >= asked.limit;
    return this.#leftOut && !reached;
  }

  #add(found: readonly Found[]): void {
    this.#found = [...this.#found, ...found].sort((a, b) => this.#compare(a.keys, b.keys));
    this.#units += found.reduce((sum, { units }) => sum + units, 0);
    while (
      this.#found.length > this.#limit ||
      (this.#units > PIPE_LIMITS.recordUnits && this.#found.length > 1)
    ) {
      this.#units -= this.#found.pop()?.units ?? 0;
      this.#leftOut = true;
    }
  }
}

/** What each chosen row of a block is sorted by in one column. */
function sortColumn(looked: Looked, column: string): (row: number) => SortKey {
  const { rows, ids } = looked;
  if (column === "id") return (row) => ids.idOf(row);
  if (column === "level") return (row) => rows.levels[row];
  // Every record has one, be it empty.
  if (column === "message") return (row) => rows.message(row);
  if (column === "timestamp") {
    return (row) => sortKeyOf(instantText(rows.ms[row] ?? 0, rows.nanos(row)), column);
  }
  const keys = new Map<number, SortKey>();
  if (isPath(column)) {
    const path = column.slice("metadata.".length);
    rows.eachValue(path, (row, value) => {
      if (!keys.has(row)) keys.set(row, sortKeyOf(value, column));
    });
  } else if (column === "tags") {
    eachRow(looked, (row) => {
      if (rows.tags(row) !== "") keys.set(row, rows.tags(row));
    });
  } else if (isField(column)) {
    eachFieldValue(looked, column, (row, value) => keys.set(row, sortKeyOf(value, column)));
  }
  return (row) => keys.get(row);
}
