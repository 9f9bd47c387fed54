import type { PoolClient } from "pg";

import { ServiceError } from "../../errors.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { lanePrefix, writeRecordId } from "../../store/position.ts";
import type { ArchiveAddress } from "../address.ts";
import { cleanRecord } from "../clean.ts";
import { directPosition } from "../lanes.ts";
import { POSTGRES_LIMITS } from "../limits.ts";
import type { ArchiveHold, ArchiveWriter } from "../port.ts";
import { connect, run, type Settings } from "./connect.ts";
import { Connections } from "./connections.ts";
import { copyRows } from "./copy.ts";
import { addCounts } from "./counts.ts";
import type { CopyRow } from "./encode.ts";
import { isDayGone, isPoison, reasonOf, unavailable } from "./failure.ts";
import { PostgresHold } from "./hold.ts";
import { HOLD_LOCK, migrate } from "./migrate.ts";
import { attachedDays, Days } from "./partitions.ts";
import { inTransaction, withRetries } from "./transaction.ts";

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
  // What an index on words collects before it is sorted in.
  work_mem: "64MB",
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
    this.#pool = new Connections(options.writer, SETTINGS, POSTGRES_LIMITS.directWriters);
  }

  async hold(): Promise<ArchiveHold | undefined> {
    const { writer, owner, fullText } = this.#options;
    if (owner === undefined) throw new TypeError("holding the archive needs its owner");
    // The schema comes first, and once more for who holds it later: it may be of a backup by then.
    const isFirst = !this.#isMigrated;
    if (isFirst) await this.#migrate(owner);
    const client = await connect(writer, SETTINGS);
    try {
      const [row] = await run(client, {
        text: `SELECT pg_try_advisory_lock(${HOLD_LOCK}) AS held`,
      });
      if (row?.["held"] === "t") {
        if (!isFirst) await this.#migrate(owner);
        const hold = new PostgresHold(client, owner, fullText);
        this.#holds.add(hold);
        client.once("end", () => this.#holds.delete(hold));
        return hold;
      }
    } catch (error) {
      await client.end().catch(() => undefined);
      throw unavailable(error);
    }
    await client.end().catch(() => undefined);
    return undefined;
  }

  async storeDirectly(
    namespace: string,
    records: readonly PreparedRecord[],
  ): Promise<readonly string[]> {
    if (records.length === 0) return [];
    const clean = records.map((record) => cleanRecord({ ...record, namespace }));
    try {
      return await this.#pool.with((client) =>
        withRetries((isFirst) => this.#store(client, namespace, clean, isFirst)),
      );
    } catch (error) {
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

  async #store(
    client: PoolClient,
    namespace: string,
    records: readonly PreparedRecord[],
    isFirst: boolean,
  ): Promise<readonly string[]> {
    const days = await this.#knownDays(client, isFirst);
    return inTransaction(client, async () => {
      const position = await nextPosition(client, namespace);
      const rows = records.map((record, index): CopyRow => {
        const apart = !days.has(record.received);
        return { id: writeRecordId(position, index), record, apart };
      });
      await copyRows(client, rows, this.#options.fullText);
      await run(client, {
        text: `INSERT INTO neurallog.lanes (lane, namespace, position, committed)
          VALUES ($1, $2, $3, 0)
          ON CONFLICT (lane) DO UPDATE SET position = excluded.position, moved_at = now()`,
        values: [lanePrefix(position), namespace, position],
      });
      await addCounts(client, rows);
      return rows.map(({ id }) => id);
    });
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

const DAYS_MS = 60_000;

/** The row stays locked until the commit: the order of positions is the order of commits. */
async function nextPosition(client: PoolClient, namespace: string): Promise<string> {
  const [row] = await run(client, {
    text: `INSERT INTO neurallog.direct_lanes AS held (namespace, commits) VALUES ($1, 1)
      ON CONFLICT (namespace) DO UPDATE SET commits = held.commits + 1
      RETURNING number, commits`,
    values: [namespace],
  });
  return directPosition(Number(row?.["number"]), Number(row?.["commits"]));
}
