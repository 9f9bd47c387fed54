import type { BlockHeader } from "../../block/header.ts";
import type { BlockRows } from "../../block/rows.ts";
import type { RowIds, Selection } from "../match/matcher.ts";
import type { GroupsState } from "./groups.ts";
import type { HeaderNeeds } from "./header-groups.ts";
import type { RecordsState } from "./records.ts";
import type { Row } from "./types.ts";

export interface TableAnswer {
  /** Columns in order: those of the last pipe. */
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** Some figures are estimates: `notes` says which and why. */
  readonly approximate: boolean;
  /** Groups, values or rows were left out for want of room: `notes` says which. */
  readonly truncated: boolean;
  readonly notes: readonly string[];
}

/** What pipes make of the records of one search: fed block by block, in any order. */
export interface Aggregation {
  /** What headers have to tell to be taken all; undefined if records have to be read. */
  readonly headerNeeds: HeaderNeeds | undefined;

  /**
   * Counts a block whose records all lie in the asked times and are chosen by their level alone, by
   * its header. False if the header does not tell: then the block has to be read.
   * @param levels Which of the six levels are wanted: `Matcher.levels`.
   */
  addHeader(header: BlockHeader, levels: readonly boolean[], namespace: string): boolean;
  /** @throws DamagedBlockError as the rows do; the block has then counted for nothing. */
  addBlock(ids: RowIds, rows: BlockRows, selection: Selection): void;
  /** What was counted so far, as plain values for another thread. */
  state(): AggregationState;
  /** Adds what another aggregation of the same pipes counted over other blocks. */
  merge(state: AggregationState): void;
  result(): TableAnswer;
}

/** Survives `structuredClone`. */
export type AggregationState = GroupsState | RecordsState;
