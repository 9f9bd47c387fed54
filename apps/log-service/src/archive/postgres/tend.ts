import type { Client } from "pg";

import type { ArchiveAddress } from "../address.ts";
import { DAY_MS, dayOf, firstKept, wantedDays, writeDay, type Day } from "../days.ts";
import { POSTGRES_LIMITS } from "../limits.ts";
import type { ArchivePolicy, Tended } from "../port.ts";
import { timeOf } from "./condition.ts";
import { run, withConnection } from "./connect.ts";
import { APART } from "./counts.ts";
import { textOf } from "./decode.ts";
import { forgetDirect } from "./forget.ts";
import { attachedDays, tableOf } from "./partitions.ts";
import { fullTextIndexes } from "./schema.ts";
import { inTransaction } from "./transaction.ts";

/** Written on a table before it is taken out: only such are ever dropped. */
const LEAVING = "neurallog: its records are too old";

const LIMIT_MS = POSTGRES_LIMITS.maintainMs + POSTGRES_LIMITS.graceMs;

/** Makes tables for the days to come, and drops those that are too old. */
export async function tendArchive(
  owner: ArchiveAddress,
  { ageMs }: ArchivePolicy,
  nowMs: number,
  fullText: boolean,
  signal: AbortSignal,
): Promise<Tended> {
  const settings = {
    lock_timeout: POSTGRES_LIMITS.lockMs,
    statement_timeout: POSTGRES_LIMITS.maintainMs,
  };
  return withConnection(owner, settings, signal, async (client) => {
    const there = await attachedDays(client);
    const missing = wantedDays(ageMs, nowMs).filter((day) => !there.includes(day));
    for (const day of missing) await makeDay(client, day, fullText);
    if (fullText) await indexWords(client, [...there, ...missing], nowMs);
    const first = firstKept(ageMs, nowMs);
    await settleIndexes(client, [...there, ...missing], nowMs);
    const gone = there.filter((each) => each < first);
    await finishDetaching(client);
    for (const day of gone) await detachDay(client, day);
    await dropLeaving(client);
    const records = await forgetCounts(client, first);
    await dropApart(client, first);
    await forgetDirect(client);
    const dropped = gone.map(writeDay).map((day) => ({ day, records: records.get(day) ?? 0 }));
    return { made: missing.length, dropped };
  });
}

/** ATTACH and not PARTITION OF: that would wait for, and hold up, everybody who reads or writes. */
async function makeDay(client: Client, day: Day, fullText: boolean): Promise<void> {
  const table = tableOf(day);
  const [from, to] = [timeOf(day * DAY_MS), timeOf((day + 1) * DAY_MS)];
  await inTransaction(client, async () => {
    await run(client, {
      text: `CREATE TABLE neurallog.${table} (LIKE neurallog.logs_days INCLUDING ALL)`,
    });
    for (const text of fullText ? fullTextIndexes(table) : []) await run(client, { text });
    await run(client, {
      text: `ALTER TABLE neurallog.logs_days ATTACH PARTITION neurallog.${table}
        FOR VALUES FROM ('${from}') TO ('${to}')`,
    });
  });
}

/** Days from today on that were made while full text was off; what is older has no words to index. */
async function indexWords(client: Client, days: readonly Day[], nowMs: number): Promise<void> {
  const tables = ["logs_apart", ...days.filter((day) => day >= dayOf(nowMs)).map(tableOf)];
  const found = await run(client, {
    text: `SELECT c.relname FROM pg_class c JOIN pg_index x ON x.indexrelid = c.oid
      WHERE c.relnamespace = 'neurallog'::regnamespace AND c.relname = ANY($1::text[]) AND x.indisvalid`,
    values: [tables.flatMap((table) => [`${table}_words`, `${table}_wordless`])],
  });
  const there = new Set(found.map((row) => row["relname"]));
  for (const table of tables) {
    if (there.has(`${table}_words`) && there.has(`${table}_wordless`)) continue;
    // What an earlier attempt left half made is no use.
    for (const index of [`${table}_words`, `${table}_wordless`]) {
      if (!there.has(index)) await run(client, { text: `DROP INDEX IF EXISTS neurallog.${index}` });
    }
    for (const text of fullTextIndexes(table, true)) await run(client, { text }, LIMIT_MS);
  }
}

/**
 * Has the indexes of days that are over take in what they put off: each search would go through it, and
 * autovacuum comes only once a fifth of a table is new.
 */
async function settleIndexes(client: Client, days: readonly Day[], nowMs: number): Promise<void> {
  const over = days.filter((day) => day < dayOf(nowMs)).map(tableOf);
  await run(
    client,
    {
      text: `SELECT CASE a.amname
          WHEN 'gin' THEN gin_clean_pending_list(i.oid) ELSE brin_summarize_new_values(i.oid)
        END
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am a ON a.oid = i.relam
          JOIN pg_class t ON t.oid = x.indrelid
        WHERE t.relnamespace = 'neurallog'::regnamespace AND t.relname = ANY($1::text[])
          AND a.amname IN ('gin', 'brin')`,
      values: [["logs_apart", ...over]],
    },
    LIMIT_MS,
  );
}

/** Without holding up readers: that is what CONCURRENTLY is for, and why there is no DEFAULT partition. */
async function detachDay(client: Client, day: Day): Promise<void> {
  const table = tableOf(day);
  await run(client, { text: `COMMENT ON TABLE neurallog.${table} IS '${LEAVING}'` });
  await run(
    client,
    { text: `ALTER TABLE neurallog.logs_days DETACH PARTITION neurallog.${table} CONCURRENTLY` },
    LIMIT_MS,
  );
}

/** What was interrupted between the two transactions of a DETACH CONCURRENTLY. */
async function finishDetaching(client: Client): Promise<void> {
  const pending = await run(client, {
    text: `SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = to_regclass('neurallog.logs_days') AND i.inhdetachpending`,
  });
  for (const row of pending) {
    await run(client, {
      text: `ALTER TABLE neurallog.logs_days DETACH PARTITION neurallog.${row["relname"]} FINALIZE`,
    });
  }
}

async function dropLeaving(client: Client): Promise<void> {
  const leaving = await run(client, {
    text: `SELECT c.relname FROM pg_class c
      WHERE c.relnamespace = 'neurallog'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
        AND c.relname ~ '^logs_[0-9]{8}$' AND obj_description(c.oid, 'pg_class') = $1`,
    values: [LEAVING],
  });
  for (const row of leaving) await run(client, { text: `DROP TABLE neurallog.${row["relname"]}` });
}

/** Once their tables are gone: until then what was on its way to them may still come in, and is counted. */
async function forgetCounts(client: Client, first: Day): Promise<ReadonlyMap<string, number>> {
  const rows = await run(client, {
    text: `WITH gone AS (
        DELETE FROM neurallog.counts WHERE day < $1::date AND day > '${APART}' RETURNING day, records
      )
      SELECT day::text AS day, sum(records) AS records FROM gone GROUP BY day`,
    values: [writeDay(first)],
  });
  return new Map(rows.map((row) => [textOf(row, "day"), Number(row["records"])]));
}

async function dropApart(client: Client, first: Day): Promise<void> {
  const before = timeOf(first * DAY_MS);
  await run(
    client,
    {
      text: `WITH gone AS (
          DELETE FROM neurallog.logs_apart WHERE received_at < $1::timestamptz RETURNING namespace
        ), sums AS (SELECT namespace, count(*) AS records FROM gone GROUP BY namespace)
        UPDATE neurallog.counts AS held SET records = held.records - sums.records
        FROM sums WHERE held.day = '${APART}' AND held.namespace = sums.namespace`,
      values: [before],
    },
    LIMIT_MS,
  );
  await run(client, {
    text: "DELETE FROM neurallog.quarantine WHERE quarantined_at < $1::timestamptz",
    values: [before],
  });
}
