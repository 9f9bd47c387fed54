import type { BlockHeader } from "../../block/header.ts";
import type { BlockRows } from "../../block/rows.ts";
import { compareInstants } from "../../record/time.ts";
import type { BlockRef, PositionBounds } from "../../store/port.ts";
import type { Filter, Moment } from "../filter.ts";
import { compileFilter } from "../match/compile.ts";
import type { Matcher, Selection } from "../match/matcher.ts";
import { both, opposite } from "../match/mask.ts";
import { mayHold } from "../match/tokens.ts";
import { rowsBetween } from "./rows-between.ts";
import type { Clearing } from "./tombstones.ts";

/**
 * Leaves rows out by what a filter cannot say.
 * @param selection Never `none`.
 * @param interrupt Called now and then; may throw.
 */
export type Refine = (rows: BlockRows, selection: Selection, interrupt?: () => void) => Selection;

export interface Wanted {
  readonly filter: Filter;
  readonly from?: Moment | undefined;
  readonly to?: Moment | undefined;
  /** Asked of the rows that everything else lets through; headers answer for none then. */
  readonly refine?: Refine | undefined;
}

const EVERY_LEVEL = [true, true, true, true, true, true];

/** Which records of a snapshot a question is about: filter, times, positions, and what was cleared. */
export class Selector {
  readonly matcher: Matcher;
  readonly #wanted: Wanted;
  readonly #bounds: PositionBounds;
  readonly #clearings: readonly Clearing[];
  readonly #cut: ReadonlyMap<BlockRef, PositionBounds>;

  /** @param cut Blocks of which only what lies within bounds of their own is asked for. */
  constructor(
    wanted: Wanted,
    bounds: PositionBounds,
    clearings: readonly Clearing[],
    cut: ReadonlyMap<BlockRef, PositionBounds> = new Map(),
  ) {
    this.matcher = compileFilter(wanted.filter);
    this.#wanted = wanted;
    this.#bounds = bounds;
    this.#clearings = clearings;
    this.#cut = cut;
  }

  /** False only if none of the block's records is wanted, by its header alone. */
  mayHold({ header, namespace }: BlockRef): boolean {
    const { from, to } = this.#wanted;
    if (from !== undefined && compareInstants(header.last, from) < 0) return false;
    if (to !== undefined && compareInstants(header.first, to) >= 0) return false;
    return this.matcher.mayMatch(header, namespace);
  }

  /** The same by its token filter too, where that is in memory. */
  mayMatch(block: BlockRef): boolean {
    return (
      this.mayHold(block) &&
      (this.matcher.tokens.kind === "none" || mayHold(this.matcher.tokens, block.tokens))
    );
  }

  /** For a block that its header answers for: the levels of which every record is wanted, and no other. */
  levelsOf(block: BlockRef): readonly boolean[] | undefined {
    const { header, namespace } = block;
    const levels = this.matcher.matchesAll(header, namespace) ? EVERY_LEVEL : this.matcher.levels;
    return levels !== undefined && this.isWhole(block) ? levels : undefined;
  }

  /** Whether times, positions and tombstones leave the block as its header tells of it. */
  isWhole(block: BlockRef): boolean {
    if (this.#wanted.refine !== undefined) return false;
    if (!this.#inTime(block.header) || this.#within(block) !== "all") return false;
    for (const clearing of this.#clearings) if (clearing.mayTouch(block)) return false;
    return true;
  }

  /**
   * The wanted rows of a block that was read.
   * @param interrupt Called now and then; may throw.
   * @throws DamagedBlockError as the rows do.
   */
  rows(block: BlockRef, rows: BlockRows, interrupt?: () => void): Selection {
    let selection = this.matcher.bind(rows, block, interrupt);
    if (selection === "none") return selection;
    if (!this.#inTime(block.header)) {
      const { from, to } = this.#wanted;
      selection = both(selection, rowsBetween(rows, from, to));
    }
    selection = both(selection, this.#within(block));
    for (const clearing of this.#clearings) {
      if (selection === "none") return selection;
      if (clearing.mayTouch(block))
        selection = both(selection, opposite(clearing.rows(block, rows)));
    }
    const { refine } = this.#wanted;
    return refine === undefined || selection === "none"
      ? selection
      : refine(rows, selection, interrupt);
  }

  #inTime({ first, last }: BlockHeader): boolean {
    const { from, to } = this.#wanted;
    return (
      (from === undefined || compareInstants(first, from) >= 0) &&
      (to === undefined || compareInstants(last, to) < 0)
    );
  }

  #within(block: BlockRef): Selection {
    const { after, upTo } = this.#bounds;
    const within =
      after === undefined && upTo === undefined ? "all" : block.rowsWithin(this.#bounds);
    const cut = this.#cut.size === 0 ? undefined : this.#cut.get(block);
    return cut === undefined ? within : both(within, block.rowsWithin(cut));
  }
}
