import type { BlockRows } from "../../block/rows.ts";
import type { HeaderTests, RowIds, Selection } from "./matcher.ts";
import type { TemplateRows } from "./template-rows.ts";
import { NO_NEED } from "./tokens.ts";

/** What one look at a block has at hand. */
export interface Look {
  readonly ids: RowIds | undefined;
  readonly interrupt: (() => void) | undefined;
}

/** One test of a filter, made ready. */
export interface Node extends HeaderTests {
  readonly needsIds: boolean;
  /** What looking at a block's rows costs, roughly in nanoseconds a record: cheap tests go first. */
  readonly cost: number;
  /** See `Matcher`. */
  readonly byTemplates?: (templates: TemplateRows) => Selection | undefined;
  /** @param among The rows that still count: what is said of others means nothing. */
  select(rows: BlockRows, look: Look, among: Selection): Selection;
}

/** A test that headers say nothing about. */
export function rowNode(cost: number, select: Node["select"]): Node {
  return {
    mayMatch: () => true,
    matchesAll: () => false,
    levels: undefined,
    tokens: NO_NEED,
    needsIds: false,
    cost,
    select,
  };
}
