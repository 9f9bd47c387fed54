import type {
  ArchivedRecord,
  ArchiveQuery,
  ArchiveReader,
  ArchiveSelection,
  Condition,
  LaneMove,
} from "../../../apps/log-service/src/archive/port.ts";
import type { PreparedRecord } from "../../../apps/log-service/src/record/record.ts";
import { writePosition, writeRecordId } from "../../../apps/log-service/src/store/position.ts";
import { sampleRecord } from "../record/sample.ts";

/** The archives under test take what was received in the days around this moment. */
export const NOW = Date.UTC(2026, 0, 10, 12);
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** What `tend` is told where a test does not say otherwise. */
export const WEEK = { ageMs: 7 * DAY };

export const EVERYTHING: Condition = { kind: "all", of: [] };
export const EVERYWHERE: ArchiveSelection["namespaces"] = { except: [] };

/** A record received now. */
export function archivable(fields: Partial<PreparedRecord> = {}): PreparedRecord {
  return sampleRecord({ ms: NOW, received: NOW, ...fields });
}

/** Where a commit of a lane lies. */
export function place(lane: number, commit: number): string {
  return writePosition({ lane, major: commit, minor: 0 });
}

/** One commit of a lane, behind the one before it, to be moved. */
export function commit(
  lane: number,
  number: number,
  records: readonly PreparedRecord[],
  fields: Partial<LaneMove> = {},
): LaneMove {
  return {
    namespace: records[0]?.namespace ?? "default",
    from: number === 1 ? undefined : place(lane, number - 1),
    to: place(lane, number),
    committed: number,
    records: records.map((record, index) => ({
      id: writeRecordId(place(lane, number), index),
      record,
    })),
    skipped: { overflow: 0, retention: 0, damaged: 0 },
    ...fields,
  };
}

export function query(fields: Partial<ArchiveQuery> = {}): ArchiveQuery {
  return { namespaces: EVERYWHERE, condition: EVERYTHING, order: "asc", limit: 1_000, ...fields };
}

export async function messagesOf(
  reader: ArchiveReader,
  fields: Partial<ArchiveQuery> = {},
): Promise<string[]> {
  return (await reader.read(query(fields))).records.map(({ record }) => record.message);
}

/** As what JSON means: neither the order of keys nor the spaces count. */
export function meaning({ id, record }: ArchivedRecord): unknown {
  const { tags, metadata, ...rest } = record;
  const read = (text: string): unknown => (text === "" ? "" : JSON.parse(text));
  return { id, ...rest, tags: read(tags), metadata: read(metadata) };
}
