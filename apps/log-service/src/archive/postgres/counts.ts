import type { Client, PoolClient } from "pg";

import { dayOf, writeDay, type Day } from "../days.ts";
import { timeOf } from "./condition.ts";
import { run } from "./connect.ts";
import type { CopyRow } from "./encode.ts";

/** The day in `counts` of what lies apart. */
export const APART = "-infinity";

interface Count {
  readonly day: string;
  readonly namespace: string;
  records: number;
  oldest: number;
  newest: number;
}

/**
 * Adds stored rows to what is known of each day and namespace, so that nobody has to count. The last
 * statement of a transaction, as writers wait for each other here; in one order, so that they never
 * wait in a circle.
 */
export async function addCounts(
  client: Client | PoolClient,
  rows: readonly CopyRow[],
): Promise<void> {
  const counts = countRows(rows).toSorted((a, b) =>
    `${a.day} ${a.namespace}` < `${b.day} ${b.namespace}` ? -1 : 1,
  );
  if (counts.length === 0) return;
  await run(client, {
    name: "add_counts",
    text: `INSERT INTO neurallog.counts AS held (day, namespace, records, oldest, newest)
      SELECT * FROM unnest($1::date[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[])
      ON CONFLICT (day, namespace) DO UPDATE SET
        records = held.records + excluded.records,
        oldest = least(held.oldest, excluded.oldest),
        newest = greatest(held.newest, excluded.newest)`,
    values: [
      counts.map(({ day }) => day),
      counts.map(({ namespace }) => namespace),
      counts.map(({ records }) => records),
      counts.map(({ oldest }) => timeOf(oldest)),
      counts.map(({ newest }) => timeOf(newest)),
    ],
  });
}

/** Called for each row of all that is archived: neither spells a day nor joins a key for one. */
function countRows(rows: readonly CopyRow[]): readonly Count[] {
  const days = new Map<Day | undefined, Map<string, Count>>();
  for (const { record, apart } of rows) {
    const { namespace, ms } = record;
    const day = apart ? undefined : dayOf(record.received);
    let counts = days.get(day);
    if (counts === undefined) days.set(day, (counts = new Map()));
    const count = counts.get(namespace);
    if (count === undefined) {
      const name = day === undefined ? APART : writeDay(day);
      counts.set(namespace, { day: name, namespace, records: 1, oldest: ms, newest: ms });
    } else {
      count.records += 1;
      count.oldest = Math.min(count.oldest, ms);
      count.newest = Math.max(count.newest, ms);
    }
  }
  return [...days.values()].flatMap((counts) => [...counts.values()]);
}
