import { blocksOf } from "../../query/engine/archive/block.ts";
import { EVERYTHING } from "../../query/filter.ts";
import { readFilterJson } from "../../query/filter-json.ts";
import { narrow } from "../../query/narrow.ts";
import { clearedRows } from "../../store/clearing.ts";
import type { CompileTombstone, Tombstone } from "../../store/port.ts";
import { lanePrefix } from "../../store/position.ts";
import type { ArchivedRecord, ArchiveHold, ClearQuery, IdRange } from "../port.ts";

/** Takes out of the archive what a clearing covers; answers how many records went. */
export function carryOut(
  hold: ArchiveHold,
  tombstone: Tombstone,
  compile: CompileTombstone,
): Promise<number> {
  return hold.clear(queryOf(tombstone), (records) => coveredBy(tombstone, records, compile));
}

/** What a clearing may cover, as the archive is asked for it. */
function queryOf({ namespace, filter, fromMs, toMs, upTo, createdMs }: Tombstone): ClearQuery {
  const bounds = {
    from: fromMs === undefined ? undefined : { ms: fromMs, nanos: 0 },
    to: toMs === undefined ? undefined : { ms: toMs, nanos: 0 },
  };
  const { condition, from, to } = narrow(
    filter === "" ? EVERYTHING : readFilterJson(filter),
    bounds,
  );
  return {
    namespaces: { only: [namespace] },
    from,
    to,
    condition,
    within: upTo.map((position): IdRange => [lanePrefix(position), endOf(position)]),
    receivedUntilMs: createdMs,
  };
}

/** The first text that is no id of a record up to this position. */
function endOf(position: string): string {
  // An id is its position and an index in digits and letters, all before this one.
  return `${position}~`;
}

async function coveredBy(
  tombstone: Tombstone,
  records: readonly ArchivedRecord[],
  compile: CompileTombstone,
): Promise<Uint8Array> {
  const covered = new Uint8Array(records.length);
  let start = 0;
  for (const block of await blocksOf(records)) {
    covered.set(clearedRows(tombstone, block.rows, compile), start);
    start += block.rows.count;
  }
  return covered;
}
