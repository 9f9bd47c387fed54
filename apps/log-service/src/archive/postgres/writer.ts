import { setTimeout } from "node:timers/promises";

import type { Client, PoolClient } from "pg";

import { ServiceError } from "../../errors.ts";
import type { PreparedRecord } from "../../record/record.ts";
import type { ArchiveAddress } from "../address.ts";
import { cleanRecord } from "../clean.ts";
import { POSTGRES_LIMITS } from "../limits.ts";
import type { ArchiveHold, ArchiveWriter, DirectOptions } from "../port.ts";
import { connect, run, type Settings } from "./connect.ts";
import { Connections } from "./connections.ts";
import { directKey, storeBatch, type DirectBatch } from "./direct.ts";
import { isDayGone, isPoison, reasonOf, unavailable } from "./failure.ts";
import { PostgresHold } from "./hold.ts";
import { HOLD_LOCKS, migrate } from "./migrate.ts";
import { attachedDays, Days } from "./partitions.ts";
import { CommitLostError, withRetries } from "./transaction.ts";

export interface PostgresWriterOptions {
  readonly writer: ArchiveAddress;
  /** Whoever moves needs it: for migrations, the tables of the days, and clearing. */
  readonly owner?: ArchiveAddress | undefined;
  readonly fullText: boolean;
  /** Who gets the right to read. */
  readonly readerRole?: string | undefined;
}

const SETTINGS: Settings = {
  statement_timeout: POSTGRES_LIMITS.writeMs,
  lock_timeout: POSTGRES_LIMITS.lockMs,
  // What is acknowledged is kept, whatever the server's default says.
  synchronous_commit: "on",
};

/** Answers at once, whether or not the database is there: calls fail while it is not. */
export function createPostgresWriter(options: PostgresWriterOptions): ArchiveWriter {
  return new PostgresWriter(options);
}

class PostgresWriter implements ArchiveWriter {
  readonly #options: PostgresWriterOptions;
  readonly #pool: Connections;
  readonly #holds = new Set<ArchiveHold>();
  #isMigrated = false;
  #days: { readonly days: Days; readonly readMs: number } | undefined;

  constructor(options: PostgresWriterOptions) {
    this.#options = options;
    this.#pool = new Connections(options.writer, SETTINGS, { most: POSTGRES_LIMITS.directWriters });
  }

  async hold(): Promise<ArchiveHold | undefined> {
    const { writer, owner, fullText } = this.#options;
    if (owner === undefined) throw new TypeError("holding the archive needs its owner");
    // The schema comes first, and once more for who holds it later: it may be of a backup by then.
    const isFirst = !this.#isMigrated;
    if (isFirst) await this.#migrate(owner);
    const clients = await this.#lock(writer);
    if (clients === undefined) return undefined;
    try {
      if (!isFirst) await this.#migrate(owner);
    } catch (error) {
      await endAll(clients);
      throw error;
    }
    const hold = new PostgresHold(clients, owner, fullText);
    this.#holds.add(hold);
    clients[0].once("end", () => this.#holds.delete(hold));
    return hold;
  }

  /** Both connections, or undefined where somebody has a lock: what went before may not be over on the second yet. */
  async #lock(writer: ArchiveAddress): Promise<readonly [Client, Client] | undefined> {
    const clients: Client[] = [];
    try {
      for (const lock of HOLD_LOCKS) {
        const client = await connect(writer, SETTINGS);
        clients.push(client);
        const [row] = await run(client, { text: `SELECT pg_try_advisory_lock(${lock}) AS held` });
        if (row?.["held"] !== "t") break;
        const [first, second] = clients;
        if (first !== undefined && second !== undefined) return [first, second];
      }
    } catch (error) {
      await endAll(clients);
      throw unavailable(error);
    }
    await endAll(clients);
    return undefined;
  }

  async storeDirectly(
    namespace: string,
    records: readonly PreparedRecord[],
    { idempotencyKey }: DirectOptions = {},
  ): Promise<readonly string[]> {
    if (records.length === 0) return [];
    const clean = records.map((record) => cleanRecord({ ...record, namespace }));
    const key = directKey(namespace, idempotencyKey);
    try {
      return await this.#storeSurely({ namespace, records: clean, key });
    } catch (error) {
      if (error instanceof CommitLostError && idempotencyKey === undefined) {
        throw new ServiceError("NL_ARCHIVE_UNCERTAIN", undefined, { cause: error });
      }
      if (isPoison(error) && !isDayGone(error)) {
        const reason = `The archive cannot keep a record: ${reasonOf(error)}`;
        throw new ServiceError("NL_RECORD_FIELD_VALUE", reason);
      }
      throw unavailable(error);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#holds].map((hold) => hold.release()));
    await this.#pool.end();
  }

  async #migrate(owner: ArchiveAddress): Promise<void> {
    const { writer, readerRole = "neurallog_reader" } = this.#options;
    const client = await connect(owner, {
      statement_timeout: POSTGRES_LIMITS.maintainMs,
      lock_timeout: POSTGRES_LIMITS.lockMs,
    });
    try {
      await migrate(client, { writer: writer.user, reader: readerRole });
      this.#isMigrated = true;
    } catch (error) {
      throw unavailable(error);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /**
   * Where the answer to the COMMIT was lost, stores anew under the same key, on another connection: that
   * waits for the first, and either finds it committed or stores what it did not.
   * @throws CommitLostError if that cannot be done in time.
   */
  async #storeSurely(batch: DirectBatch): Promise<readonly string[]> {
    let lost: CommitLostError | undefined;
    let deadline = Infinity;
    for (;;) {
      try {
        return await this.#pool.with((client) =>
          withRetries(async (isFirst) => {
            const days = await this.#knownDays(client, isFirst);
            return storeBatch(client, batch, days, this.#options.fullText);
          }),
        );
      } catch (error) {
        if (error instanceof CommitLostError && lost === undefined) {
          lost = error;
          deadline = performance.now() + POSTGRES_LIMITS.certainMs;
        }
        // Once a record was refused, the first attempt did not come through either.
        if (lost === undefined || isPoison(error)) throw error;
        if (performance.now() > deadline) throw lost;
        await setTimeout(POSTGRES_LIMITS.certainPauseMs);
      }
    }
  }

  /** A day that has come or gone since shows itself: its rows are refused, and stored anew. */
  async #knownDays(client: PoolClient, isFirst: boolean): Promise<Days> {
    const nowMs = Date.now();
    if (!isFirst || this.#days === undefined || nowMs - this.#days.readMs > DAYS_MS) {
      this.#days = { days: new Days(await attachedDays(client)), readMs: nowMs };
    }
    return this.#days.days;
  }
}

async function endAll(clients: readonly Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
}

const DAYS_MS = 60_000;
