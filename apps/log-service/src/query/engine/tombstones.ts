import type { BlockRows } from "../../block/rows.ts";
import { ENGINE_LIMITS } from "../../limits.ts";
import type { BlockRef, CompileTombstone, Tombstone } from "../../store/port.ts";
import { EVERYTHING } from "../filter.ts";
import { readFilterJson } from "../filter-json.ts";
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

const compiled = new Map<string, Clearing>();

/** Compiled once for all questions: a tombstone never changes. */
export function compileTombstone(tombstone: Tombstone): Clearing {
  const key = `${tombstone.namespace}/${tombstone.id}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const clearing = compile(tombstone);
  if (compiled.size >= ENGINE_LIMITS.tombstones) compiled.clear();
  compiled.set(key, clearing);
  return clearing;
}

function compile({ namespace, filter, fromMs, toMs, upTo }: Tombstone): Clearing {
  const matcher = compileFilter(filter === "" ? EVERYTHING : readFilterJson(filter));
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
      const within = block.rowsWithin({ upTo });
      return within === "all" || within.includes(1);
    },
    rows: (block, rows) => {
      const inTime = timed ? rowsBetween(rows, from, to) : "all";
      return both(both(matcher.bind(rows, block), inTime), block.rowsWithin({ upTo }));
    },
  };
}

/** For the store that merges: the rows that a tombstone's filter covers, whatever their times and positions. */
export const tombstoneMask: CompileTombstone = (filter) => {
  const matcher = compileFilter(filter === "" ? EVERYTHING : readFilterJson(filter));
  return (rows) => {
    const selection = matcher.bind(rows);
    if (selection === "none") return new Uint8Array(rows.count);
    return selection === "all" ? new Uint8Array(rows.count).fill(1) : selection;
  };
};
