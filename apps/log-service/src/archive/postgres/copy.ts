import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import type { Client, PoolClient } from "pg";
import { from as copyFrom } from "pg-copy-streams";

import { cleanText } from "../../record/text.ts";
import { POSTGRES_LIMITS } from "../limits.ts";
import { timeOf } from "./condition.ts";
import { LateError, run } from "./connect.ts";
import { COPY_ROWS, encodeRows, type CopyRow } from "./encode.ts";
import { isDayGone, isPoison, reasonOf } from "./failure.ts";

export interface Refused {
  readonly row: CopyRow;
  readonly reason: string;
}

/** Sends rows within the transaction that is open. */
export async function copyRows(
  client: Client | PoolClient,
  rows: readonly CopyRow[],
  withWords: boolean,
): Promise<void> {
  if (rows.length === 0) return;
  const stream = client.query(copyFrom(COPY_ROWS));
  const timer = setTimeout(
    () => stream.destroy(new LateError()),
    POSTGRES_LIMITS.writeMs + POSTGRES_LIMITS.graceMs,
  );
  try {
    await pipeline(Readable.from(encodeRows(rows, withWords)), stream);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The same where some row spoils it: halves what failed until single rows are left, and leaves those
 * out. A batch with one such row takes as many attempts as its length has bits.
 */
export async function copyWithout(
  client: Client | PoolClient,
  rows: readonly CopyRow[],
  withWords: boolean,
): Promise<readonly Refused[]> {
  if (rows.length === 0) return [];
  await run(client, { text: "SAVEPOINT piece" });
  try {
    await copyRows(client, rows, withWords);
    await run(client, { text: "RELEASE SAVEPOINT piece" });
    return [];
  } catch (error) {
    if (!isPoison(error) || isDayGone(error)) throw error;
    await run(client, { text: "ROLLBACK TO SAVEPOINT piece" });
    await run(client, { text: "RELEASE SAVEPOINT piece" });
    const [row] = rows;
    if (rows.length === 1 && row !== undefined) return [{ row, reason: reasonOf(error) }];
    const middle = Math.ceil(rows.length / 2);
    return [
      ...(await copyWithout(client, rows.slice(0, middle), withWords)),
      ...(await copyWithout(client, rows.slice(middle), withWords)),
    ];
  }
}

/** Keeps what no table of logs takes, with the reason, for people to look at. */
export async function quarantine(
  client: Client | PoolClient,
  refused: readonly Refused[],
): Promise<void> {
  if (refused.length === 0) return;
  await run(client, {
    text: `INSERT INTO neurallog.quarantine (id, namespace, received_at, reason, record)
      SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[])`,
    values: [
      refused.map(({ row }) => cleanText(row.id)),
      refused.map(({ row }) => cleanText(row.record.namespace)),
      refused.map(({ row }) =>
        timeOf(Number.isFinite(row.record.received) ? row.record.received : 0),
      ),
      refused.map(({ reason }) => cleanText(reason)),
      refused.map(({ row }) => keptText(row)),
    ],
  });
}

/** As JSON, which writes NUL and halves of pairs as escapes. */
function keptText({ record }: CopyRow): string {
  const whole = JSON.stringify(record);
  if (whole.length <= POSTGRES_LIMITS.quarantinedUnits) return whole;
  const start = cleanText(record.message.slice(0, 1_000));
  const { namespace, ms, nanos, digits, received, level } = record;
  const known = { namespace, ms, nanos, digits, received, level, message: start };
  return JSON.stringify({ ...known, source: "", traceId: "", spanId: "", tags: "", metadata: "" });
}
