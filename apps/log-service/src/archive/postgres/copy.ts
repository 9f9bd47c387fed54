import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import type { Client, PoolClient } from "pg";
import { from as copyFrom } from "pg-copy-streams";

import { POSTGRES_LIMITS } from "../limits.ts";
import { LateError, run } from "./connect.ts";
import { COPY_ROWS, encodeRows, type CopyRow } from "./encode.ts";
import { isDayGone, isPoison, reasonOf } from "./failure.ts";
import type { Refused } from "./quarantine.ts";

/** Sends rows within the transaction that is open. */
export async function copyRows(
  client: Client | PoolClient,
  rows: readonly CopyRow[],
  withWords: boolean,
): Promise<void> {
  if (rows.length === 0) return;
  const stream = client.query(copyFrom(COPY_ROWS));
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new LateError();
    stream.destroy(error);
    // Not left to the stream: it would wait for the server to agree.
    reject(error);
  }, POSTGRES_LIMITS.writeMs + POSTGRES_LIMITS.graceMs);
  const copying = pipeline(Readable.from(encodeRows(rows, withWords)), stream);
  copying.catch(() => undefined);
  try {
    await Promise.race([copying, late]);
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
