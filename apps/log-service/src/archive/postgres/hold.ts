import type { Client } from "pg";

import type { ArchiveAddress } from "../address.ts";
import { cleanRecord } from "../clean.ts";
import { checkMoves } from "../lanes.ts";
import type {
  ArchivedRecord,
  ArchiveHold,
  ArchivePolicy,
  ClearQuery,
  LaneMove,
  LanePosition,
  Moved,
  Tended,
} from "../port.ts";
import { clearArchive } from "./clear.ts";
import { run } from "./connect.ts";
import { copyRows, copyWithout } from "./copy.ts";
import { addCounts } from "./counts.ts";
import type { CopyRow } from "./encode.ts";
import { isDayGone, isPoison, unavailable } from "./failure.ts";
import { moveLanes, readPositions } from "./lanes.ts";
import { HOLD_LOCK } from "./migrate.ts";
import { attachedDays, Days } from "./partitions.ts";
import { quarantine, type Refused } from "./quarantine.ts";
import { tendArchive } from "./tend.ts";
import { inTransaction, withRetries } from "./transaction.ts";

/**
 * Moving, on one connection that has the lock for its session: when it ends, by whatever cause, the
 * server takes back what it had under way, and only then gives the lock to another.
 */
export class PostgresHold implements ArchiveHold {
  readonly #client: Client;
  readonly #owner: ArchiveAddress;
  readonly #fullText: boolean;
  #isLost = false;
  #days: Days | undefined;
  /** How often days may have come and gone: a list that was asked for before tells of those then. */
  #tended = 0;
  /** Ends what runs beside the moving, on connections of its own. */
  readonly #ending = new AbortController();
  /** One call after another: two transactions on one connection would be one. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param client Has the lock already. */
  constructor(client: Client, owner: ArchiveAddress, fullText: boolean) {
    this.#client = client;
    this.#owner = owner;
    this.#fullText = fullText;
    client.on("end", () => {
      this.#isLost = true;
      this.#ending.abort(new Error("the hold was lost"));
    });
  }

  positions(): Promise<readonly LanePosition[]> {
    return this.#next(() => readPositions(this.#client));
  }

  move(parts: readonly LaneMove[]): Promise<Moved> {
    return this.#next(async () => {
      checkMoves(parts);
      return withRetries(async (isFirst) => {
        if (!isFirst) this.#days = undefined;
        const rows = await this.#rowsOf(parts);
        try {
          await this.#moveAll(parts, rows);
          return { stored: rows.length, quarantined: [] };
        } catch (error) {
          if (!isPoison(error) || isDayGone(error)) throw error;
        }
        const refused = await this.#moveWithout(parts, rows);
        return {
          stored: rows.length - refused.length,
          quarantined: refused.map(({ row, reason }) => ({ id: row.id, reason })),
        };
      });
    });
  }

  clear(
    query: ClearQuery,
    covers: (records: readonly ArchivedRecord[]) => Uint8Array | Promise<Uint8Array>,
  ): Promise<number> {
    return this.#beside((signal) => clearArchive(this.#owner, query, covers, signal));
  }

  async tend(policy: ArchivePolicy, nowMs: number): Promise<Tended> {
    try {
      return await this.#beside((signal) =>
        tendArchive(this.#owner, policy, nowMs, this.#fullText, signal),
      );
    } finally {
      this.#days = undefined;
      this.#tended += 1;
    }
  }

  async release(): Promise<void> {
    if (this.#isLost) return;
    this.#ending.abort(new Error("the hold was let go of"));
    await this.#last;
    this.#isLost = true;
    // Said before the connection ends, which the server sees a moment later than we.
    await run(this.#client, { text: `SELECT pg_advisory_unlock(${HOLD_LOCK})` }).catch(() => []);
    await this.#client.end().catch(() => undefined);
  }

  async #rowsOf(parts: readonly LaneMove[]): Promise<readonly CopyRow[]> {
    const days = await this.#knownDays();
    return parts.flatMap(({ records }) =>
      records.map(({ id, record }) => ({
        id,
        record: cleanRecord(record),
        apart: !days.has(record.received),
      })),
    );
  }

  async #knownDays(): Promise<Days> {
    if (this.#days !== undefined) return this.#days;
    const asked = this.#tended;
    const days = new Days(await attachedDays(this.#client));
    if (asked === this.#tended) this.#days = days;
    return days;
  }

  #moveAll(parts: readonly LaneMove[], rows: readonly CopyRow[]): Promise<void> {
    return inTransaction(this.#client, async () => {
      await moveLanes(this.#client, parts);
      await copyRows(this.#client, rows, this.#fullText);
      await addCounts(this.#client, rows);
    });
  }

  #moveWithout(parts: readonly LaneMove[], rows: readonly CopyRow[]): Promise<readonly Refused[]> {
    return inTransaction(this.#client, async () => {
      await moveLanes(this.#client, parts);
      const refused = await copyWithout(this.#client, rows, this.#fullText);
      await quarantine(this.#client, refused);
      const without = new Set(refused.map(({ row }) => row));
      await addCounts(
        this.#client,
        rows.filter((row) => !without.has(row)),
      );
      return refused;
    });
  }

  /** Runs a call once those before it are over. What a connection in doubt has is given up with it. */
  #next<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(async () => {
      if (this.#isLost) throw unavailable(new Error("the hold was let go of or lost"));
      try {
        return await work();
      } catch (error) {
        const failure = unavailable(error);
        if (failure.code !== "NL_ARCHIVE_POSITION") await this.#checkConnection();
        throw failure;
      }
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Its failure says nothing of the hold's own connection, and its length holds up no move. */
  async #beside<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    if (this.#isLost) throw unavailable(new Error("the hold was let go of or lost"));
    try {
      return await work(this.#ending.signal);
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** After a failure: whether the connection still answers and has no transaction open. */
  async #checkConnection(): Promise<void> {
    try {
      await run(this.#client, { text: "ROLLBACK" }, CHECK_MS);
    } catch {
      this.#isLost = true;
      await this.#client.end().catch(() => undefined);
    }
  }
}

const CHECK_MS = 2_000;
