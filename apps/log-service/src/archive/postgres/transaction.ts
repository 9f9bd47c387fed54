import type { Client, PoolClient } from "pg";

import { POSTGRES_LIMITS } from "../limits.ts";
import { LateError, run } from "./connect.ts";
import { isDayGone, reasonOf, sqlState } from "./failure.ts";

/** The answer to COMMIT did not come: what the transaction did may be there or not. */
export class CommitLostError extends Error {
  override readonly name = "CommitLostError";
  constructor(cause: unknown) {
    super(`the answer to COMMIT was lost: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Runs `work` in a transaction, and takes it back if that fails.
 * @throws CommitLostError where nobody can tell whether it was committed.
 */
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
  try {
    await run(client, { text: "COMMIT" });
  } catch (error) {
    throw wasRefused(error) ? error : new CommitLostError(error);
  }
  return result;
}

/** The server said no. One that ends may have committed before it says so (57P01 and its like). */
function wasRefused(error: unknown): boolean {
  const state = sqlState(error);
  return state !== "" && !state.startsWith("57P") && !state.startsWith("08");
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
