import { DamagedBlockError } from "../../../block/bytes.ts";
import type { BlockRows } from "../../../block/rows.ts";
import { ServiceError } from "../../../errors.ts";
import { SEARCH_LIMITS } from "../../../limits.ts";
import { lanePrefix, readRecordId } from "../../../store/position.ts";
import { EVERYTHING, valueIs, type Filter } from "../../filter.ts";
import type { Order } from "../../key.ts";
import { open, type Asking, type Opened } from "../asking.ts";
import type { ContextQuestion } from "../questions.ts";
import { recordJson, type Reply } from "../reply.ts";
import { unavailable } from "./answer.ts";
import { ArchivePart } from "./archive-part.ts";
import type { Found } from "./page.ts";
import { Scan, type Outcome } from "./scan.ts";

/**
 * @throws ServiceError NL_ID_NOT_FOUND for a record that is not there, or no longer;
 * NL_ARCHIVE_UNAVAILABLE for one that may be in the archive, while that does not answer.
 */
export async function answerContext(question: ContextQuestion, asking: Asking): Promise<Reply> {
  const record = await recordOf(question, asking);
  const { source } = record.record;
  const filter: Filter =
    question.same === "namespace"
      ? question.filter
      : { kind: "all", of: [valueIs("source", source), question.filter] };
  const before = await around(record, filter, "desc", question.before, asking);
  const after = await around(record, filter, "asc", question.after, asking);
  const json = ({ id, record: found }: Found) => recordJson(id, found);
  return {
    lists: [
      { name: "before", items: before.records.map(json).reverse() },
      { name: "record", items: [json(record)], single: true },
      { name: "after", items: after.records.map(json) },
    ],
    rest: { truncated: before.truncated || after.truncated, scanned: asking.task.scanned },
  };
}

async function recordOf({ id, scope }: ContextQuestion, asking: Asking): Promise<Found> {
  const place = readRecordId(id);
  if (place === undefined) throw new ServiceError("NL_ID_NOT_FOUND");
  const opened = await open(scope, { filter: EVERYTHING }, {}, asking);
  const lane = lanePrefix(place.position);
  const found =
    (await hotRecord(id, lane, opened)) ??
    (await archivedRecord(id, opened, isHotAlone(place.position, lane, opened)));
  if (found === undefined) throw new ServiceError("NL_ID_NOT_FOUND");
  return found;
}

/** Whether a record of this place, if there is one, is in the hot store. */
function isHotAlone(position: string, prefix: string, { snapshot }: Opened): boolean {
  const lane = snapshot.lanes.find((each) => each.prefix === prefix);
  return lane !== undefined && (lane.dropped === undefined || position > lane.dropped);
}

async function hotRecord(
  id: string,
  lane: string,
  { snapshot, selector }: Opened,
): Promise<Found | undefined> {
  for (const block of snapshot.blocks) {
    if (lanePrefix(block.position) !== lane || block.rowOf(id) === undefined) continue;
    const rows = await block.read().catch((error: unknown) => {
      if (error instanceof DamagedBlockError) return undefined;
      throw error;
    });
    // Asked again: merging may have moved it meanwhile.
    const row = block.rowOf(id);
    if (rows === undefined || row === undefined) continue;
    const selection = selector.rows(block, rows);
    if (selection !== "all" && (selection === "none" || selection[row] !== 1)) break;
    return foundAt(id, rows, row);
  }
  return undefined;
}

/** @param isHot Without the archive it counts as not there. */
async function archivedRecord(
  id: string,
  { archived }: Opened,
  isHot: boolean,
): Promise<Found | undefined> {
  if (archived === undefined) return undefined;
  const part = new ArchivePart(archived);
  const blocks = await part.use((known) => known.withIds([id]));
  if (part.failure !== undefined && !isHot) throw unavailable();
  const selector = (await archived)?.selector;
  for (const block of blocks ?? []) {
    const selection = selector?.rows(block, block.rows) ?? "none";
    const row = block.rowOf(id);
    if (row === undefined || selection === "none") continue;
    if (selection === "all" || selection[row] === 1) return foundAt(id, block.rows, row);
  }
  return undefined;
}

function foundAt(id: string, rows: BlockRows, row: number): Found {
  return { ms: rows.ms[row] ?? 0, nanos: rows.nanos(row), id, record: rows.record(row) };
}

/** The records next to one, in one direction. */
async function around(
  { ms, nanos, id, record }: Found,
  filter: Filter,
  order: Order,
  limit: number,
  asking: Asking,
): Promise<Outcome> {
  if (limit === 0) return { records: [], next: undefined, truncated: false, isPartial: false };
  const key = { ms, nanos, id };
  // Both bounds include the record's own moment, at which others may stand before and after it.
  const times = order === "asc" ? { from: { ms, nanos } } : { to: { ms: ms + 1, nanos: 0 } };
  const wanted = { filter, ...times };
  const opened = await open({ names: [record.namespace], carried: false }, wanted, {}, asking);
  const base = { search: "", upTo: [], key, pending: [] };
  const units = SEARCH_LIMITS.pageUnits;
  const scan = new Scan({
    selector: opened.selector,
    order,
    limit,
    units,
    base,
    resumed: undefined,
  });
  return scan.run(opened, asking);
}
