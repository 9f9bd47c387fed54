import type { Client } from "pg";

import { DAY_MS, dayOf, type Day } from "../days.ts";
import { timeOf } from "./condition.ts";
import { MAINTAIN_MS, run } from "./connect.ts";
import { attachedDays, tableOf } from "./partitions.ts";
import { fullTextIndexes, pendingOfData } from "./schema.ts";
import type { Steps } from "./steps.ts";
import { inTransaction } from "./transaction.ts";

/** Those that are missing. One that somebody has taken out to keep it is left alone. */
export async function makeDays(
  client: Client,
  wanted: readonly Day[],
  fullText: boolean,
  steps: Steps,
): Promise<{ readonly all: readonly Day[]; readonly made: number }> {
  const there = await attachedDays(client);
  const missing = wanted.filter((day) => !there.includes(day));
  const found = await run(client, {
    text: `SELECT relname FROM pg_class
      WHERE relnamespace = 'neurallog'::regnamespace AND relname = ANY($1::text[])`,
    values: [missing.map(tableOf)],
  });
  const taken = new Set(found.map((row) => row["relname"]));
  const made: Day[] = [];
  for (const day of missing) {
    const table = tableOf(day);
    if (taken.has(table)) {
      const reason =
        `The table neurallog.${table} was taken out and is left alone: ` +
        "what is received on its day lies in neurallog.logs_apart";
      steps.troubles.push({ kind: "kept", reason });
      continue;
    }
    await steps.try(async () => {
      await makeDay(client, day, fullText);
      made.push(day);
    });
  }
  return { all: [...there, ...made], made: made.length };
}

/** ATTACH and not PARTITION OF: that would wait for, and hold up, everybody who reads or writes. */
async function makeDay(client: Client, day: Day, fullText: boolean): Promise<void> {
  const table = tableOf(day);
  const [from, to] = [timeOf(day * DAY_MS), timeOf((day + 1) * DAY_MS)];
  await inTransaction(client, async () => {
    await run(client, {
      text: `CREATE TABLE neurallog.${table} (LIKE neurallog.logs_days INCLUDING ALL)`,
    });
    const words = fullText ? fullTextIndexes(table) : [];
    for (const text of [pendingOfData(table), ...words]) await run(client, { text });
    await run(client, {
      text: `ALTER TABLE neurallog.logs_days ATTACH PARTITION neurallog.${table}
        FOR VALUES FROM ('${from}') TO ('${to}')`,
    });
  });
}

/** Days from today on that were made while full text was off; what is older has no words to index. */
export async function indexWords(
  client: Client,
  days: readonly Day[],
  nowMs: number,
): Promise<void> {
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
    for (const text of fullTextIndexes(table, true)) await run(client, { text }, MAINTAIN_MS);
  }
}

/**
 * Has the indexes of days that are over take in what they put off: each search would go through it, and
 * autovacuum comes only once a fifth of a table is new.
 */
export async function settleIndexes(
  client: Client,
  days: readonly Day[],
  nowMs: number,
): Promise<void> {
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
    MAINTAIN_MS,
  );
}
