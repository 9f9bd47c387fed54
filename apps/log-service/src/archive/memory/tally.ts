import { compareInstants } from "../../record/time.ts";
import type { ArchivedRecord, Instant, Tally, TallyKey } from "../port.ts";

export function tallyRecords(
  records: readonly ArchivedRecord[],
  by: readonly TallyKey[],
): readonly Tally[] {
  const groups = new Map<
    string,
    { keys: (string | number)[]; count: number; first: Instant; last: Instant }
  >();
  for (const { record } of records) {
    const keys = by.map((key) => {
      if (typeof key === "object") {
        const { bucketMs, isEndIn = false } = key;
        const ms = isEndIn && record.nanos === 0 ? record.ms - 1 : record.ms;
        return Math.floor(ms / bucketMs) * bucketMs;
      }
      return record[key];
    });
    const name = JSON.stringify(keys);
    const time = { ms: record.ms, nanos: record.nanos };
    const group = groups.get(name);
    if (group === undefined) {
      groups.set(name, { keys, count: 1, first: time, last: time });
      continue;
    }
    group.count += 1;
    if (compareInstants(time, group.first) < 0) group.first = time;
    if (compareInstants(time, group.last) > 0) group.last = time;
  }
  return [...groups.values()];
}
