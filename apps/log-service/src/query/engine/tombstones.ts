import type { RowMask } from "../../block/pattern.ts";
import type { BlockRows } from "../../block/rows.ts";
import { ENGINE_LIMITS } from "../../limits.ts";
import type { BlockRef, CompileTombstone, Tombstone } from "../../store/port.ts";
import { filterOf } from "../filter-json.ts";
import { compileFilter } from "../match/compile.ts";
import type { Selection } from "../match/matcher.ts";
import { both } from "../match/mask.ts";
import { rowsBetween } from "./rows-between.ts";

/** A tombstone made ready. */
export interface Clearing {
  /** False only if it takes nothing out of the block. */
  mayTouch(block: BlockRef): boolean;
  /** The rows that it takes out. */
  rows(block: BlockRef, rows: BlockRows): Selection;
}

/** The rows of a block that were there when something was cleared. */
export type ThereThen = (block: BlockRef, tombstone: Tombstone) => RowMask | "all";

/** In the hot store, where a tombstone names every lane that there was. */
const byPosition: ThereThen = (block, { upTo }) => block.rowsWithin({ upTo });

/** Each way to tell what was there has its own. */
const compiled = new Map<ThereThen, Map<string, Clearing>>();

/** Compiled once for all questions: a tombstone never changes. */
export function compileTombstone(
  tombstone: Tombstone,
  thereThen: ThereThen = byPosition,
): Clearing {
  const key = `${tombstone.namespace}/${tombstone.id}`;
  const mine = compiled.get(thereThen) ?? new Map<string, Clearing>();
  compiled.set(thereThen, mine);
  const known = mine.get(key);
  if (known !== undefined) return known;
  const clearing = compile(tombstone, thereThen);
  if (mine.size >= ENGINE_LIMITS.tombstones) mine.clear();
  mine.set(key, clearing);
  return clearing;
}

function compile(tombstone: Tombstone, thereThen: ThereThen): Clearing {
  const { namespace, fromMs, toMs } = tombstone;
  const matcher = compileFilter(filterOf(tombstone));
  const from = fromMs === undefined ? undefined : { ms: fromMs, nanos: 0 };
  const to = toMs === undefined ? undefined : { ms: toMs, nanos: 0 };
  const timed = from !== undefined || to !== undefined;
  return {
    mayTouch: (block) => {
      const { header } = block;
      if (block.namespace !== namespace) return false;
      if (fromMs !== undefined && header.last.ms < fromMs) return false;
      if (toMs !== undefined && header.first.ms >= toMs) return false;
      if (!matcher.mayMatch(header, namespace)) return false;
      const within = thereThen(block, tombstone);
      return within === "all" || within.includes(1);
    },
    rows: (block, rows) => {
      const inTime = timed ? rowsBetween(rows, from, to) : "all";
      return both(both(matcher.bind(rows, block), inTime), thereThen(block, tombstone));
    },
  };
}

/** For the store that merges: the rows that a tombstone's filter covers, whatever their times and positions. */
export const tombstoneMask: CompileTombstone = (filter) => {
  const matcher = compileFilter(filterOf({ filter }));
  return (rows) => {
    const selection = matcher.bind(rows);
    if (selection === "none") return new Uint8Array(rows.count);
    return selection === "all" ? new Uint8Array(rows.count).fill(1) : selection;
  };
};
