import type { Client } from "pg";

import type { ArchiveAddress } from "../address.ts";
import { cleanRecord } from "../clean.ts";
import { checkMoves } from "../lanes.ts";
import { POSTGRES_LIMITS } from "../limits.ts";
import type {
  ArchiveHold,
  ArchivePolicy,
  ClearQuery,
  Covers,
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
import { HOLD_LOCKS } from "./migrate.ts";
import { Pair } from "./pair.ts";
import { attachedDays, Days } from "./partitions.ts";
import { quarantine, type Refused } from "./quarantine.ts";
import { tendArchive } from "./tend.ts";
import { inTransaction, withRetries } from "./transaction.ts";

/**
 * Moving, on two connections that have a lock each for their session: when one ends, by whatever cause, the server
 * takes back what it had under way, and only then gives the lock to another. Whoever holds the archive has both.
 */
export class PostgresHold implements ArchiveHold {
  readonly #clients: readonly [Client, Client];
  readonly #pair: Pair<Client>;
  readonly #owner: ArchiveAddress;
  readonly #fullText: boolean;
  readonly #awakeMs: number;
  #isLost = false;
  #days: Days | undefined;
  /** How often days may have come and gone: a list that was asked for before tells of those then. */
  #tended = 0;
  /** Ends what runs beside the moving, on connections of its own. */
  readonly #ending = new AbortController();

  /** @param clients Have the locks already. */
  constructor(
    clients: readonly [Client, Client],
    owner: ArchiveAddress,
    fullText: boolean,
    awakeMs: number = POSTGRES_LIMITS.awakeMs,
  ) {
    this.#clients = clients;
    this.#pair = new Pair(clients);
    this.#owner = owner;
    this.#fullText = fullText;
    this.#awakeMs = awakeMs;
    for (const client of clients)
      client.once("end", () => this.#lose(new Error("the hold was lost")));
  }

  positions(): Promise<readonly LanePosition[]> {
    return this.#pair.alone((client) => this.#held(client, () => readPositions(client)));
  }

  move(parts: readonly LaneMove[]): Promise<Moved> {
    return this.#pair.next((client, before) =>
      this.#held(client, async () => {
        checkMoves(parts);
        return withRetries(async (isFirst) => {
          if (!isFirst) this.#days = undefined;
          const rows = await this.#rowsOf(client, parts);
          const end = { parts, before };
          try {
            await this.#store(client, end, async () => {
              await copyRows(client, rows, this.#fullText);
              return rows;
            });
            return { stored: rows.length, quarantined: [] };
          } catch (error) {
            if (!isPoison(error) || isDayGone(error)) throw error;
          }
          const refused: Refused[] = [];
          await this.#store(client, end, async () => {
            refused.push(...(await copyWithout(client, rows, this.#fullText)));
            await quarantine(client, refused);
            const without = new Set(refused.map(({ row }) => row));
            return rows.filter((row) => !without.has(row));
          });
          return {
            stored: rows.length - refused.length,
            quarantined: refused.map(({ row, reason }) => ({ id: row.id, reason })),
          };
        });
      }),
    );
  }

  clear(query: ClearQuery, covers: Covers): Promise<number> {
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
    await this.#pair.alone(async () => undefined);
    this.#isLost = true;
    // Said before the connections end, which the server sees a moment later than we.
    await Promise.all(
      this.#clients.map(async (client, at) => {
        await run(client, { text: `SELECT pg_advisory_unlock(${HOLD_LOCKS[at]})` }).catch(() => []);
        await client.end().catch(() => undefined);
      }),
    );
  }

  async #rowsOf(client: Client, parts: readonly LaneMove[]): Promise<readonly CopyRow[]> {
    const days = await this.#knownDays(client);
    return parts.flatMap(({ records }) =>
      records.map(({ id, record }) => ({
        id,
        record: cleanRecord(record),
        apart: !days.has(record.received),
      })),
    );
  }

  async #knownDays(client: Client): Promise<Days> {
    if (this.#days !== undefined) return this.#days;
    const asked = this.#tended;
    const days = new Days(await attachedDays(client));
    if (asked === this.#tended) this.#days = days;
    return days;
  }

  /**
   * One transaction. Its positions come last, once those of the move before are committed.
   * @param store @returns The rows that it stored.
   */
  #store(
    client: Client,
    { parts, before }: { readonly parts: readonly LaneMove[]; readonly before: Promise<unknown> },
    store: () => Promise<readonly CopyRow[]>,
  ): Promise<void> {
    return inTransaction(client, async () => {
      const rows = await store();
      await this.#awake(client, before);
      await moveLanes(client, parts);
      await addCounts(client, rows);
    });
  }

  /** Waits within a transaction, and has the server know that somebody does. */
  async #awake(client: Client, before: Promise<unknown>): Promise<void> {
    const timer = setInterval(() => {
      run(client, { text: "SELECT 1" }).catch(() => undefined);
    }, this.#awakeMs);
    try {
      await before;
    } finally {
      clearInterval(timer);
    }
  }

  /** What a connection in doubt has is given up with it. */
  async #held<Result>(client: Client, work: () => Promise<Result>): Promise<Result> {
    if (this.#isLost) throw unavailable(new Error("the hold was let go of or lost"));
    try {
      return await work();
    } catch (error) {
      const failure = unavailable(error);
      if (failure.code !== "NL_ARCHIVE_POSITION") await this.#checkConnection(client);
      throw failure;
    }
  }

  /** Its failure says nothing of the hold's own connections, and its length holds up no move. */
  async #beside<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    if (this.#isLost) throw unavailable(new Error("the hold was let go of or lost"));
    try {
      return await work(this.#ending.signal);
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** After a failure: whether the connection still answers and has no transaction open. */
  async #checkConnection(client: Client): Promise<void> {
    try {
      await run(client, { text: "ROLLBACK" }, CHECK_MS);
    } catch (error) {
      this.#lose(error);
    }
  }

  /** One lock alone holds nothing. */
  #lose(reason: unknown): void {
    this.#isLost = true;
    this.#ending.abort(reason);
    for (const client of this.#clients) client.end().catch(() => undefined);
  }
}

const CHECK_MS = 2_000;
