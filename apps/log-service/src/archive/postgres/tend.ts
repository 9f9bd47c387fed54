import type { Client } from "pg";

import type { ArchiveAddress } from "../address.ts";
import {
  DAY_MS,
  dayOf,
  dueDays,
  firstKept,
  heldTrouble,
  wantedDays,
  writeDay,
  type Day,
} from "../days.ts";
import { ARCHIVE_LIMITS, POSTGRES_LIMITS } from "../limits.ts";
import type { ArchivePolicy, Tended, TendTrouble } from "../port.ts";
import { timeOf } from "./condition.ts";
import { run, withConnection } from "./connect.ts";
import { APART } from "./counts.ts";
import { forgetDirect } from "./forget.ts";
import { reasonOf, sqlState } from "./failure.ts";
import { attachedDays, dayOfTable, tableOf } from "./partitions.ts";
import { fullTextIndexes, pendingOfData } from "./schema.ts";
import { inTransaction } from "./transaction.ts";

/** Written on a table before it is taken out: only such are ever dropped. */
const LEAVING = "neurallog: its records are too old";

type DroppedDay = Tended["dropped"][number];

const LIMIT_MS = POSTGRES_LIMITS.maintainMs + POSTGRES_LIMITS.graceMs;

/** Makes tables for the days to come, and drops those that are too old. */
export function tendArchive(
  owner: ArchiveAddress,
  policy: ArchivePolicy,
  nowMs: number,
  fullText: boolean,
  signal: AbortSignal,
): Promise<Tended> {
  const settings = {
    lock_timeout: POSTGRES_LIMITS.lockMs,
    statement_timeout: POSTGRES_LIMITS.maintainMs,
  };
  return withConnection(owner, settings, signal, async (client) => {
    const steps = new Steps();
    // What an earlier time has begun: its tables would be in the way.
    await steps.try(() => finishDetaching(client));
    const dropped = await dropLeaving(client, steps);
    const days = await makeDays(client, wantedDays(policy.ageMs, nowMs), fullText, steps);
    if (fullText) await steps.try(() => indexWords(client, days.all, nowMs));
    await steps.try(() => settleIndexes(client, days.all, nowMs));
    dropped.push(...(await dropOld(client, policy, nowMs, days.all, steps)));
    await steps.try(() => forgetDirect(client));
    return { made: days.made, dropped, troubles: steps.troubles };
  });
}

/** What is done one after the other, and goes on where the server refuses a part. */
class Steps {
  readonly troubles: TendTrouble[] = [];

  /** @throws Whatever is not the server's word: then nobody answers any more. */
  async try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (sqlState(error) === "") throw error;
      this.troubles.push({ kind: "tending", reason: reasonOf(error) });
    }
  }
}

/** Those that are missing. One that somebody has taken out to keep it is left alone. */
async function makeDays(
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

/**
 * Drops the days that are too old by the clock that is behind, this process's or the server's, a few at a
 * time.
 */
async function dropOld(
  client: Client,
  { ageMs }: ArchivePolicy,
  nowMs: number,
  days: readonly Day[],
  steps: Steps,
): Promise<readonly DroppedDay[]> {
  if (ageMs === undefined) return [];
  const [row] = await run(client, {
    text: "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000) AS now",
  });
  const serverMs = Number(row?.["now"]);
  if (nowMs - serverMs > ARCHIVE_LIMITS.clockJumpMs) {
    const seconds = Math.round((nowMs - serverMs) / 1_000);
    const reason = `The clock here is ${seconds} s ahead of the database's: days are dropped by that one`;
    steps.troubles.push({ kind: "clock", reason });
  }
  const clockMs = Math.min(nowMs, serverMs);
  const first = firstKept(ageMs, clockMs);
  const old = [...days, ...(await daysApart(client, first))];
  const due = dueDays(first, old, await droppedMs(client), clockMs);
  steps.troubles.push(...heldTrouble(due));
  // Before any goes: who is ended in between again and again drops no more than others.
  if (due.now > 0) await noteDropped(client, clockMs);
  for (const day of days.filter((each) => each < due.first)) {
    await steps.try(() => detachDay(client, day));
  }
  const dropped = await dropLeaving(client, steps);
  await steps.try(() => forgetCounts(client, due.first));
  await steps.try(() => dropApart(client, due.first));
  return dropped;
}

/** When days were last dropped: noted on a table that nobody locks. */
async function droppedMs(client: Client): Promise<number | undefined> {
  const [row] = await run(client, {
    text: "SELECT obj_description('neurallog.migrations'::regclass, 'pg_class') AS said",
  });
  const [, time] = /^neurallog: days were last dropped at (\S+)$/.exec(row?.["said"] ?? "") ?? [];
  const ms = Date.parse(time ?? "");
  return Number.isNaN(ms) ? undefined : ms;
}

async function noteDropped(client: Client, ms: number): Promise<void> {
  const said = `neurallog: days were last dropped at ${new Date(ms).toISOString()}`;
  await run(client, { text: `COMMENT ON TABLE neurallog.migrations IS '${said}'` });
}

/** Days before this one of what lies apart. */
async function daysApart(client: Client, first: Day): Promise<readonly Day[]> {
  const rows = await run(
    client,
    {
      text: `SELECT DISTINCT floor(extract(epoch FROM received_at) / 86400) AS day
        FROM neurallog.logs_apart WHERE received_at < $1::timestamptz`,
      values: [timeOf(first * DAY_MS)],
    },
    LIMIT_MS,
  );
  return rows.map((row) => Number(row["day"]));
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
  const table = `neurallog.${tableOf(day)}`;
  await run(client, { text: `COMMENT ON TABLE ${table} IS '${LEAVING}'` });
  try {
    await run(
      client,
      { text: `ALTER TABLE neurallog.logs_days DETACH PARTITION ${table} CONCURRENTLY` },
      LIMIT_MS,
    );
  } catch (error) {
    // Nothing was begun: should somebody take it out now, it is to keep it.
    if (sqlState(error) !== "" && (await attachedDays(client)).includes(day)) {
      await run(client, { text: `COMMENT ON TABLE ${table} IS NULL` });
    }
    throw error;
  }
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

/** Also those that an earlier time took out and did not come to drop. */
async function dropLeaving(client: Client, steps: Steps): Promise<DroppedDay[]> {
  const leaving = await run(client, {
    text: `SELECT c.relname FROM pg_class c
      WHERE c.relnamespace = 'neurallog'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
        AND c.relname ~ '^logs_[0-9]{8}$' AND obj_description(c.oid, 'pg_class') = $1
      ORDER BY c.relname`,
    values: [LEAVING],
  });
  const dropped: DroppedDay[] = [];
  for (const row of leaving) {
    const day = dayOfTable(row["relname"] ?? "");
    if (day === undefined) continue;
    await steps.try(async () => {
      const records = await dropDay(client, day);
      dropped.push({ day: writeDay(day), records });
    });
  }
  return dropped;
}

/** With its counts: once it is taken out nothing comes in any more. @returns Its records. */
function dropDay(client: Client, day: Day): Promise<number> {
  return inTransaction(client, async () => {
    await run(client, { text: `DROP TABLE neurallog.${tableOf(day)}` });
    const rows = await run(client, {
      text: "DELETE FROM neurallog.counts WHERE day = $1::date RETURNING records",
      values: [writeDay(day)],
    });
    return rows.reduce((sum, row) => sum + Number(row["records"]), 0);
  });
}

/** Of days that are over and have no table: somebody has taken it out, or dropped it. */
async function forgetCounts(client: Client, first: Day): Promise<void> {
  await run(client, {
    text: `DELETE FROM neurallog.counts
      WHERE day < $1::date AND day > '${APART}' AND day <> ALL($2::date[])`,
    values: [writeDay(first), (await attachedDays(client)).map(writeDay)],
  });
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
