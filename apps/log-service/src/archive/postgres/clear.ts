import type { Client } from "pg";

import type { ArchiveAddress } from "../address.ts";
import { POSTGRES_LIMITS } from "../limits.ts";
import type { ClearQuery, Covers } from "../port.ts";
import { reachSql, selectionSql, Values } from "./condition.ts";
import { MAINTAIN_MS, run, withConnection, type Row } from "./connect.ts";
import { APART } from "./counts.ts";
import { readRow, RECORD_COLUMNS, textOf } from "./decode.ts";
import { clearQuarantine } from "./quarantine.ts";

/**
 * Takes out what a clearing covers. The ids are found first, then looked at some thousands at a time,
 * each in a transaction of its own: nobody waits for all of it, and an interrupted one is begun anew.
 */
export async function clearArchive(
  owner: ArchiveAddress,
  query: ClearQuery,
  covers: Covers,
  signal: AbortSignal,
): Promise<number> {
  const settings = {
    lock_timeout: POSTGRES_LIMITS.lockMs,
    statement_timeout: POSTGRES_LIMITS.maintainMs,
    cursor_tuple_fraction: 1,
  };
  return withConnection(owner, settings, signal, async (client) => {
    await findIds(client, query);
    let cleared = 0;
    for (;;) {
      const found = await run(client, { text: `FETCH ${POSTGRES_LIMITS.cleared} FROM cleared` });
      if (found.length === 0) break;
      cleared += await clearSome(client, found, covers);
    }
    await clearQuarantine(client, query, covers);
    return cleared;
  });
}

async function findIds(client: Client, query: ClearQuery): Promise<void> {
  const { namespaces, from, to, condition: asked } = query;
  const selection = { namespaces, from, to, condition: asked };
  const values = new Values();
  const condition = `${selectionSql(selection, values)} AND ${reachSql(query, values)}`;
  await run(
    client,
    values.statement(`DECLARE cleared NO SCROLL CURSOR WITH HOLD FOR
      SELECT id, received_at FROM neurallog.logs WHERE ${condition}`),
    MAINTAIN_MS,
  );
}

async function clearSome(client: Client, found: readonly Row[], covers: Covers): Promise<number> {
  const times = found.map((row) => textOf(row, "received_at")).toSorted();
  const bounds = [times[0], times.at(-1)];
  const rows = await run(client, {
    text: `SELECT ${RECORD_COLUMNS} FROM neurallog.logs
      WHERE id = ANY($1::text[]) AND received_at BETWEEN $2::timestamptz AND $3::timestamptz`,
    values: [found.map((row) => textOf(row, "id")), ...bounds],
  });
  const records = rows.map(readRow);
  const mask = await covers(records);
  const ids = records.filter((_, index) => mask[index] === 1).map(({ id }) => id);
  if (ids.length === 0) return 0;
  const [row] = await run(client, {
    text: `WITH gone AS (
        DELETE FROM neurallog.logs
        WHERE id = ANY($1::text[]) AND received_at BETWEEN $2::timestamptz AND $3::timestamptz
        RETURNING namespace, CASE WHEN apart THEN '${APART}'::date ELSE received_at::date END AS day
      ), sums AS (
        SELECT day, namespace, count(*) AS records FROM gone GROUP BY day, namespace
      ), counted AS (
        UPDATE neurallog.counts AS held SET records = held.records - sums.records
        FROM sums WHERE held.day = sums.day AND held.namespace = sums.namespace
      )
      SELECT coalesce(sum(records), 0) AS records FROM sums`,
    values: [ids, ...bounds],
  });
  return Number(row?.["records"]);
}
