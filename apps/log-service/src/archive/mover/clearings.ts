import { blocksOf } from "../../query/engine/archive/block.ts";
import { filterOf } from "../../query/filter-json.ts";
import { narrow } from "../../query/narrow.ts";
import { clearedRows } from "../../store/clearing.ts";
import type { CompileTombstone, Tombstone } from "../../store/port.ts";
import { behind, lanePrefix } from "../../store/position.ts";
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
function queryOf(tombstone: Tombstone): ClearQuery {
  const { namespace, fromMs, toMs, upTo, createdMs } = tombstone;
  const bounds = {
    from: fromMs === undefined ? undefined : { ms: fromMs, nanos: 0 },
    to: toMs === undefined ? undefined : { ms: toMs, nanos: 0 },
  };
  const { condition, from, to } = narrow(filterOf(tombstone), bounds);
  return {
    namespaces: { only: [namespace] },
    from,
    to,
    condition,
    within: upTo.map((position): IdRange => [lanePrefix(position), behind(position)]),
    receivedUntilMs: createdMs,
  };
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
