import type { ArchivedRecord, IdRange, Instant, RecordKey } from "./port.ts";

export function compareInstants(a: Instant, b: Instant): number {
  return a.ms - b.ms || a.nanos - b.nanos;
}

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
