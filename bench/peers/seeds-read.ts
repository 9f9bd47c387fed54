import type { Redis } from "ioredis";

import type { BenchRecord } from "../ingest/records.ts";

const PAGE = 2_000;

/**
 * Reading in the seeds' layout: there is an index by time and none else, so each question goes
 * through the keys. Lines are looked at as text first and parsed only where that passes.
 */
export async function readSeeds(redis: Redis, query: URLSearchParams): Promise<object> {
  const contains = query.get("contains") ?? "";
  const regex = query.has("regex") ? new RegExp(query.get("regex") ?? "") : undefined;
  const level = query.get("level");
  const trace = query.get("trace");
  const group = query.get("group");
  const limit = Number(query.get("limit") ?? Infinity);
  const found: BenchRecord[] = [];
  const groups = new Map<string, number>();
  let count = 0;
  for (let start = 0; count < limit; start += PAGE) {
    const ids = await redis.zrevrange("idx:logs:time", start, start + PAGE - 1);
    if (ids.length === 0) break;
    for (const line of await redis.mget(ids.map((id) => `logs:${id}`))) {
      if (line === null || !line.includes(contains)) continue;
      if (trace !== null && !line.includes(trace)) continue;
      const record: BenchRecord = JSON.parse(line);
      if (level !== null && record.level !== level) continue;
      if (regex !== undefined && !regex.test(record.message)) continue;
      count += 1;
      if (limit !== Infinity) found.push(record);
      if (group !== null) {
        const key = groupOf(record, group);
        groups.set(key, (groups.get(key) ?? 0) + 1);
      }
      if (count === limit) break;
    }
  }
  return { count, found, groups: Object.fromEntries(groups) };
}

function groupOf(record: BenchRecord, by: string): string {
  if (by === "level") return record.level;
  return by === "minute" ? record.timestamp.slice(0, 16) : record.metadata.host;
}
