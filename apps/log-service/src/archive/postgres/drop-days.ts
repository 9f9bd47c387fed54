import type { Client } from "pg";

import { DAY_MS, dueDays, firstKept, heldTrouble, writeDay, type Day } from "../days.ts";
import { ARCHIVE_LIMITS } from "../limits.ts";
import type { ArchivePolicy, Tended } from "../port.ts";
import { timeOf } from "./condition.ts";
import { MAINTAIN_MS, run } from "./connect.ts";
import { APART } from "./counts.ts";
import { sqlState } from "./failure.ts";
import { attachedDays, dayOfTable, tableOf } from "./partitions.ts";
import type { Steps } from "./steps.ts";
import { inTransaction } from "./transaction.ts";

/** Written on a table before it is taken out: only such are ever dropped. */
const LEAVING = "neurallog: its records are too old";

type DroppedDay = Tended["dropped"][number];

/**
 * Drops the days that are too old by the clock that is behind, this process's or the server's, a few at a
 * time.
 */
export async function dropOld(
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
    MAINTAIN_MS,
  );
  return rows.map((row) => Number(row["day"]));
}

/** Without holding up readers: that is what CONCURRENTLY is for, and why there is no DEFAULT partition. */
async function detachDay(client: Client, day: Day): Promise<void> {
  const table = `neurallog.${tableOf(day)}`;
  await run(client, { text: `COMMENT ON TABLE ${table} IS '${LEAVING}'` });
  try {
    await run(
      client,
      { text: `ALTER TABLE neurallog.logs_days DETACH PARTITION ${table} CONCURRENTLY` },
      MAINTAIN_MS,
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
export async function finishDetaching(client: Client): Promise<void> {
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
export async function dropLeaving(client: Client, steps: Steps): Promise<DroppedDay[]> {
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
    MAINTAIN_MS,
  );
  await run(client, {
    text: "DELETE FROM neurallog.quarantine WHERE quarantined_at < $1::timestamptz",
    values: [before],
  });
}
