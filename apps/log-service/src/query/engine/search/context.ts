import { DamagedBlockError } from "../../../block/bytes.ts";
import type { BlockRows } from "../../../block/rows.ts";
import { ServiceError } from "../../../errors.ts";
import { SEARCH_LIMITS } from "../../../limits.ts";
import { lanePrefix, readRecordId } from "../../../store/position.ts";
import { EVERYTHING, valueIs, type Filter } from "../../filter.ts";
import type { Order } from "../../key.ts";
import { open, warnOf, type Asking, type Opened } from "../asking.ts";
import type { ContextQuestion } from "../questions.ts";
import { recordJson, type Reply } from "../reply.ts";
import type { Found } from "./page.ts";
import { Scan, type Outcome } from "./scan.ts";

/** @throws ServiceError NL_ID_NOT_FOUND for a record that is not there, or no longer. */
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
  const found =
    (await hotRecord(id, lanePrefix(place.position), opened)) ??
    (await archivedRecord(id, opened, asking));
  if (found === undefined) throw new ServiceError("NL_ID_NOT_FOUND");
  return found;
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

async function archivedRecord(
  id: string,
  { archived: known }: Opened,
  { warnings }: Asking,
): Promise<Found | undefined> {
  try {
    const archived = await known;
    if (archived === undefined) return undefined;
    for (const block of await archived.withIds([id])) {
      const selection = archived.selector.rows(block, block.rows);
      const row = block.rowOf(id);
      if (row === undefined || selection === "none") continue;
      if (selection === "all" || selection[row] === 1) return foundAt(id, block.rows, row);
    }
  } catch (error) {
    warnOf(error, warnings);
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
  if (limit === 0) return { records: [], next: undefined, truncated: false };
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
