import type { Client } from "pg";

import { FIRST_DIRECT_LANE } from "../lanes.ts";
import { POSTGRES_LIMITS } from "../limits.ts";
import { run } from "./connect.ts";
import { textOf } from "./decode.ts";
import { inTransaction } from "./transaction.ts";

/** Behind every id that begins with the lane: their characters are digits and letters. */
const IS_EMPTY = `NOT EXISTS (
  SELECT FROM neurallog.logs WHERE logs.id >= lanes.lane AND logs.id < lanes.lane || '~'
)`;

/** Takes out what is of no more use of what was stored directly. */
export async function forgetDirect(client: Client): Promise<void> {
  await run(client, {
    // By the database's own clock, as they were written.
    text: `DELETE FROM neurallog.direct_batches
      WHERE stored_at < now() - make_interval(secs => $1::double precision)`,
    values: [POSTGRES_LIMITS.keysMs / 1_000],
  });
  const empty = await run(client, {
    text: `SELECT lane, namespace FROM neurallog.lanes WHERE lane >= $1 AND ${IS_EMPTY}`,
    values: [FIRST_DIRECT_LANE],
  });
  for (const row of empty) await forgetLane(client, textOf(row, "lane"), textOf(row, "namespace"));
}

/**
 * Of a lane that has no record any more. Its number and count stay in `direct_lanes`, so that no position
 * comes twice; that row is locked, as those that store do, or a batch could come in between.
 */
async function forgetLane(client: Client, lane: string, namespace: string): Promise<void> {
  await inTransaction(client, async () => {
    await run(client, {
      text: "SELECT FROM neurallog.direct_lanes WHERE namespace = $1 FOR UPDATE",
      values: [namespace],
    });
    await run(client, {
      text: `DELETE FROM neurallog.lanes WHERE lane = $1 AND ${IS_EMPTY}`,
      values: [lane],
    });
  });
}
