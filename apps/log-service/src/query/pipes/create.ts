import type { GroupKey, Pipe } from "../pipe.ts";
import type { Aggregation, TableAnswer } from "./aggregation.ts";
import type { Row } from "./types.ts";
import { Groups, type GroupsOptions } from "./groups.ts";
import type { HeaderNeeds } from "./header-groups.ts";
import { Records } from "./records.ts";
import { applyPipe, rowComparison, sortKey, type Table } from "./table.ts";

/**
 * Makes pipes ready to be fed.
 * @param pipes As `parseQuery` lets them through: `stats`, `top` and `uniq` only in the first place.
 */
export function createAggregation(pipes: readonly Pipe[]): Aggregation {
  const [first, ...rest] = pipes;
  switch (first?.kind) {
    case "stats": {
      const { by, functions } = first;
      const columns = [...by.map(columnOf), ...functions.map(({ as }) => as)];
      const options = { by, functions, skipMissing: false, evict: false };
      return new Grouped(options, columns, (rows) => byKeys(rows, by), rest);
    }
    case "uniq": {
      const by = first.by.map((field): GroupKey => ({ kind: "field", field }));
      const options = { by, functions: [], skipMissing: by.length === 1, evict: false };
      return new Grouped(options, by.map(columnOf), (rows) => byKeys(rows, by), rest);
    }
    case "top": {
      const { field, limit } = first;
      const by: GroupKey[] = [{ kind: "field", field }];
      const options: GroupsOptions = {
        by,
        functions: [{ name: "count", as: "count" }],
        skipMissing: true,
        evict: true,
      };
      const order = [
        { column: "count", descending: true },
        { column: field, descending: false },
      ];
      const most = (rows: readonly Row[]): readonly Row[] =>
        applyPipe({ columns: [], rows }, { kind: "sort", by: order }).rows.slice(0, limit);
      return new Grouped(options, [field, "count"], most, rest);
    }
    default:
      return new Listed(pipes);
  }
}

/** The column that a key gets; a bin takes the place of the timestamp. */
export function columnOf(key: GroupKey): string {
  return key.kind === "bin" ? "timestamp" : key.field;
}

function byKeys(rows: readonly Row[], by: readonly GroupKey[]): readonly Row[] {
  const order = by.map((key) => ({ column: columnOf(key), descending: false }));
  const compare = rowComparison(order);
  return rows
    .map((row) => ({ row, keys: order.map(({ column }) => sortKey(row, column)) }))
    .sort((a, b) => compare(a.keys, b.keys))
    .map(({ row }) => row);
}

class Grouped implements Aggregation {
  readonly #options: GroupsOptions;
  readonly #columns: readonly string[];
  readonly #order: (rows: readonly Row[]) => readonly Row[];
  readonly #rest: readonly Pipe[];
  readonly #groups: Groups;

  constructor(
    options: GroupsOptions,
    columns: readonly string[],
    order: (rows: readonly Row[]) => readonly Row[],
    rest: readonly Pipe[],
  ) {
    this.#options = options;
    this.#columns = columns;
    this.#order = order;
    this.#rest = rest;
    this.#groups = new Groups(options);
  }

  get headerNeeds(): HeaderNeeds | undefined {
    return this.#groups.headerNeeds;
  }

  addHeader: Aggregation["addHeader"] = (header, levels, namespace) =>
    this.#groups.addHeader(header, levels, namespace);

  addBlock: Aggregation["addBlock"] = (ids, rows, selection) => {
    if (selection !== "none") this.#groups.addBlock({ ids, rows, selection });
  };

  state: Aggregation["state"] = () => this.#groups.state();

  merge: Aggregation["merge"] = (state) => {
    if (state.stage === "groups") this.#groups.merge(state);
  };

  result(): TableAnswer {
    const rows = this.#order(this.#groups.rows(this.#options.by.map(columnOf)));
    const table = this.#rest.reduce<Table>(applyPipe, { columns: this.#columns, rows });
    const { approximate, truncated } = this.#groups;
    return { ...table, approximate, truncated, notes: this.#groups.notes() };
  }
}

class Listed implements Aggregation {
  readonly headerNeeds = undefined;
  readonly #records: Records;

  constructor(pipes: readonly Pipe[]) {
    this.#records = new Records(pipes);
  }

  addHeader(): boolean {
    return false;
  }

  addBlock: Aggregation["addBlock"] = (ids, rows, selection) => {
    if (selection !== "none") this.#records.addBlock({ ids, rows, selection });
  };

  state: Aggregation["state"] = () => this.#records.state();

  merge: Aggregation["merge"] = (state) => {
    if (state.stage === "records") this.#records.merge(state);
  };

  result(): TableAnswer {
    const { truncated } = this.#records;
    const { columns, rows } = this.#records.table();
    const notes = truncated ? [`records beyond the first ${rows.length} were left out`] : [];
    return { columns, rows, approximate: false, truncated, notes };
  }
}
