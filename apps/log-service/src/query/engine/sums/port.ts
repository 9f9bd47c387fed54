import type { BlockHeader } from "../../../block/header.ts";
import type { BlockRows } from "../../../block/rows.ts";
import type { BlockRef } from "../../../store/port.ts";
import type { Selection } from "../../match/matcher.ts";
import type { HeaderNeeds } from "../../pipes/header-groups.ts";

/** What is known of a block by its header; of the archive's records, counts in the form of one. */
export type HeaderRef = Pick<BlockRef, "header" | "namespace">;

/** Times that records lie in. */
export interface Span {
  readonly header: Pick<BlockHeader, "first" | "last">;
}

/** What adds up: told of each block once, in no promised order. */
export interface Sum {
  /** By its header. `levels`: those of which every record counts. False if the block has to be read. */
  addHeader(block: HeaderRef, levels: readonly boolean[]): boolean;
  /** What a header has to tell for `addHeader` never to refuse it; left out where records have to be read. */
  readonly headerNeeds?: HeaderNeeds | undefined;
  /** For sums that need nothing but how many; false if the rows are needed all the same. */
  addCount?(count: number): boolean;
  /**
   * @param selection Never `none`.
   * @throws DamagedBlockError as the rows do; the block has then counted for nothing.
   */
  addRows(block: BlockRef, rows: BlockRows, selection: Selection): void;
}
