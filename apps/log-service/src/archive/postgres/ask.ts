import type { PoolClient } from "pg";

import { POSTGRES_LIMITS } from "../limits.ts";
import { run, type Row, type Statement } from "./connect.ts";
import type { Connections, Lent } from "./connections.ts";
import { unavailable } from "./failure.ts";

export interface Question extends Statement {
  /** For this statement alone. */
  readonly settings?: Readonly<Record<string, string>>;
}

const LIMIT_MS = POSTGRES_LIMITS.readMs + POSTGRES_LIMITS.graceMs;

/**
 * Asks on a connection of the pool.
 * @param signal Answers at once when it aborts; the server is told to stop, by way of `control`, and the
 * connection is used again only when it has.
 */
export async function ask(
  { pool, control }: { readonly pool: Connections; readonly control: Connections },
  question: Question,
  signal?: AbortSignal,
): Promise<readonly Row[]> {
  signal?.throwIfAborted();
  const lent = await pool.borrow();
  if (signal === undefined) return settle(lent, question);
  if (signal.aborted) {
    lent.giveBack();
    signal.throwIfAborted();
  }
  let cancelling: Promise<unknown> = Promise.resolve();
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = (): void => {
      cancelling = cancel(control, lent.client);
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
  const answer = settle(lent, question, () => cancelling);
  answer.catch(() => undefined);
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** @param before What has to be over before somebody else may have the connection. */
async function settle(
  { client, giveBack }: Lent,
  question: Question,
  before: () => Promise<unknown> = async () => undefined,
): Promise<readonly Row[]> {
  let broken: Error | undefined;
  try {
    return await answerOf(client, question);
  } catch (error) {
    broken = error instanceof Error ? error : new Error(String(error));
    throw unavailable(error);
  } finally {
    await before();
    giveBack(broken);
  }
}

async function answerOf(
  client: PoolClient,
  { settings = {}, ...statement }: Question,
): Promise<readonly Row[]> {
  const changed = Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = ${value}`);
  if (changed.length === 0) return run(client, statement, LIMIT_MS);
  // One round trip: should one of them fail, the connection is not used again.
  const [, rows] = await Promise.all([
    run(client, { text: ["BEGIN READ ONLY", ...changed].join("; ") }, LIMIT_MS),
    run(client, statement, LIMIT_MS),
    run(client, { text: "COMMIT" }, LIMIT_MS),
  ]);
  return rows;
}

async function cancel(control: Connections, client: PoolClient): Promise<void> {
  const pid = "processID" in client ? Number(client.processID) : Number.NaN;
  if (!Number.isInteger(pid)) return;
  try {
    await control.with((other) =>
      run(other, { text: "SELECT pg_cancel_backend($1)", values: [pid] }),
    );
  } catch {
    // The server's own limit ends the statement then.
  }
}
