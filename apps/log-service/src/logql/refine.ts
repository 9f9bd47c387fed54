import type { Refine } from "../query/engine/selector.ts";
import { compileStages, streamTest } from "./pipeline.ts";
import { RowTable } from "./row-table.ts";
import type { Streams } from "./streams.ts";
import type { LogExpr } from "./syntax/ast.ts";

/** Rows between two looks at whether anybody still waits: a millisecond or two of work. */
const ROWS_AT_ONCE = 512;

/** The rows whose lines come through what a filter could not say of a query. */
export function refineBy(rest: LogExpr, streams: Streams): Refine {
  const takes = streamTest(rest);
  const pipeline = compileStages(rest);
  return (rows, selection, interrupt) => {
    const table = new RowTable(streams, rows);
    const mask = new Uint8Array(rows.count);
    for (let row = 0; row < rows.count; row += 1) {
      if (row % ROWS_AT_ONCE === 0) interrupt?.();
      if (selection !== "all" && selection[row] === 0) continue;
      if (takes?.(table.streamOf(row)) === false) continue;
      if (pipeline(table.entryOf(row))) mask[row] = 1;
    }
    return mask.includes(1) ? mask : "none";
  };
}
