import type { BlockHeader } from "../block/header.ts";
import type { BlockRows } from "../block/rows.ts";
import type { Filter } from "./filter.ts";
import { compileFilter as compile } from "./match/compile.ts";

export type RowTest = (row: number) => boolean;

/** A filter made ready once for each search, row by row; `match/compile.ts` does it by masks. */
export interface Matcher {
  /** False only if no record of the block matches, by its header alone. */
  mayMatch(header: BlockHeader): boolean;
  /** The test for one block's rows; `NEVER` if none of them matches. */
  bind(rows: BlockRows): RowTest;
}

export const NEVER: RowTest = () => false;
const ALWAYS: RowTest = () => true;

export function compileFilter(filter: Filter): Matcher {
  const matcher = compile(filter);
  return {
    mayMatch: (header) => matcher.mayMatch(header, ""),
    bind: (rows) => {
      const mask = matcher.bind(rows);
      if (mask === "none") return NEVER;
      return mask === "all" ? ALWAYS : (row) => mask[row] === 1;
    },
  };
}
