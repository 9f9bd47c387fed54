import { compareInstants } from "../record/time.ts";
import type { ArchivedRecord, IdRange, RecordKey } from "./port.ts";

/** The order that records are read in: by time, then by id. */
export function compareKeys(a: RecordKey, b: RecordKey): number {
  return compareInstants(a, b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

export function keyOf({ id, record }: ArchivedRecord): RecordKey {
  return { ms: record.ms, nanos: record.nanos, id };
}

export function isWithin(id: string, ranges: readonly IdRange[]): boolean {
  return ranges.some(([first, end]) => id >= first && id < end);
}
