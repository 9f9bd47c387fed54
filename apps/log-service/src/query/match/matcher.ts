import type { BlockHeader } from "../../block/header.ts";
import type { RowMask } from "../../block/pattern.ts";
import type { BlockRows } from "../../block/rows.ts";
import type { TemplateRows } from "./template-rows.ts";
import type { TokenNeed } from "./tokens.ts";

/** Rows of one block: some, by a mask that nobody changes any more, none, or all. */
export type Selection = RowMask | "none" | "all";

/** What rows alone do not know of their block; a `BlockRef` is one. */
export interface RowIds {
  idOf(row: number): string;
}

/** What may be said by a block's header alone. */
export interface HeaderTests {
  /** False only if no record of the block matches. */
  mayMatch(header: BlockHeader, namespace: string): boolean;
  /** True only if every record of the block matches. */
  matchesAll(header: BlockHeader, namespace: string): boolean;
  /**
   * For a filter that looks at nothing but levels, which of the six it wants: counts in headers then
   * answer for the records. All six for a filter that wants everything.
   */
  readonly levels: readonly boolean[] | undefined;
  /** Tokens without which a block's messages cannot match: `mayHold` asks its token filter. */
  readonly tokens: TokenNeed;
}

/** A filter made ready once for each search; `compileFilter` makes it. Holds no state of a search. */
export interface Matcher extends HeaderTests {
  /** Whether `bind` needs the ids of rows. */
  readonly needsIds: boolean;
  /**
   * The rows that match by the messages' templates alone; left out for a filter that looks at more.
   * @returns undefined where it depends on what varies.
   */
  readonly byTemplates?: (templates: TemplateRows) => Selection | undefined;
  /**
   * The rows that match.
   * @param interrupt Called now and then in long work: may throw, which ends it.
   * @throws DamagedBlockError as the rows do; what `interrupt` throws.
   */
  bind(rows: BlockRows, ids?: RowIds, interrupt?: () => void): Selection;
}
