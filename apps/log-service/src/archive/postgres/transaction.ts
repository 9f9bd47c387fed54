import type { Client, PoolClient } from "pg";

import { POSTGRES_LIMITS } from "../limits.ts";
import { LateError, run } from "./connect.ts";
import { isDayGone, sqlState } from "./failure.ts";

/** Runs `work` in a transaction, and takes it back if that fails. */
export async function inTransaction<Result>(
  client: Client | PoolClient,
  work: () => Promise<Result>,
): Promise<Result> {
  await run(client, { text: "BEGIN" });
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    // A server that did not answer in time will not answer this either: the connection is given up.
    if (!(error instanceof LateError)) await run(client, { text: "ROLLBACK" });
    throw error;
  }
  await run(client, { text: "COMMIT" });
  return result;
}

/**
 * Runs `work` again if it failed for something that passes: a day's table that came or went, a lock in
 * a circle.
 * @param work Told whether this is the first attempt.
 */
export async function withRetries<Result>(
  work: (isFirst: boolean) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt === 1);
    } catch (error) {
      const passes = isDayGone(error) || ["40P01", "40001"].includes(sqlState(error));
      if (!passes || attempt === POSTGRES_LIMITS.attempts) throw error;
    }
  }
}
