import { LEVELS } from "../../record/level.ts";
import type { ArchiveAddress } from "../address.ts";
import { POSTGRES_LIMITS } from "../limits.ts";
import type {
  ArchivePage,
  ArchiveQuery,
  ArchiveReader,
  ArchiveStats,
  LanePosition,
  Tally,
  TallyQuery,
} from "../port.ts";
import { ask, type Question } from "./ask.ts";
import { isSelective } from "./condition.ts";
import { run, type Row, type Settings } from "./connect.ts";
import { Connections } from "./connections.ts";
import { readNanos, readRow } from "./decode.ts";
import { unavailable } from "./failure.ts";
import { readPositions } from "./lanes.ts";
import { attachedDays } from "./partitions.ts";
import { gathered, inOrder, tallied } from "./select.ts";
import { NAMESPACES, readStats, TOTALS } from "./stats.ts";

const SETTINGS: Settings = {
  default_transaction_read_only: "on",
  statement_timeout: POSTGRES_LIMITS.readMs,
  lock_timeout: POSTGRES_LIMITS.lockMs,
  // An index is worth its while on today's disks, and the newest part of it is in memory.
  random_page_cost: 1.1,
  // A plan for the very values: how many records a word has differs by a million.
  plan_cache_mode: "force_custom_plan",
};

/**
 * Answers at once, whether or not the database is there: calls fail while it is not.
 * @param readers Questions that it asks at once; those beyond wait
 */
export function createPostgresReader(
  address: ArchiveAddress,
  readers: number = POSTGRES_LIMITS.readers,
): ArchiveReader {
  return new PostgresReader(address, readers);
}

class PostgresReader implements ArchiveReader {
  readonly #pool: Connections;
  /** For what must not wait for long questions: positions, and ending one of those. */
  readonly #control: Connections;

  constructor(address: ArchiveAddress, readers: number) {
    this.#pool = new Connections(address, SETTINGS, { most: readers, pipeline: true });
    this.#control = new Connections(address, SETTINGS, { most: POSTGRES_LIMITS.controls });
  }

  async read(query: ArchiveQuery): Promise<ArchivePage> {
    if (!isSelective(query)) return this.#page(query, inOrder(query, false));
    const found = await this.#ask(gathered(query), query.signal);
    if (Number(found[0]?.["total"] ?? 0) <= POSTGRES_LIMITS.gathered) return pageOf(found, query);
    return this.#page(query, inOrder(query, true));
  }

  async tally(query: TallyQuery): Promise<readonly Tally[] | undefined> {
    const rows = await this.#ask(tallied(query), query.signal);
    if (rows.length > query.limit) return undefined;
    return rows.map((row) => ({
      keys: query.by.map((key, index) => {
        const text = row[`k${index}`] ?? "";
        if (typeof key === "object") return Number(text) * key.bucketMs;
        return key === "level" ? LEVELS.findIndex((level) => level === text) : text;
      }),
      count: Number(row["records"]),
      first: readNanos(row["first"]),
      last: readNanos(row["last"]),
    }));
  }

  async positions(): Promise<readonly LanePosition[]> {
    try {
      return await this.#control.with(readPositions);
    } catch (error) {
      throw unavailable(error);
    }
  }

  async stats(): Promise<ArchiveStats> {
    try {
      return await this.#pool.with(async (client) => {
        const days = await attachedDays(client);
        const namespaces = await run(client, NAMESPACES);
        const [totals] = await run(client, TOTALS);
        return readStats(namespaces, totals, days);
      });
    } catch (error) {
      throw unavailable(error);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.end(), this.#control.end()]);
  }

  #ask(question: Question, signal?: AbortSignal): Promise<readonly Row[]> {
    return ask({ pool: this.#pool, control: this.#control }, question, signal);
  }

  async #page(query: ArchiveQuery, question: Question): Promise<ArchivePage> {
    return pageOf(await this.#ask(question, query.signal), query);
  }
}

function pageOf(rows: readonly Row[], { limit }: ArchiveQuery): ArchivePage {
  const records = rows.slice(0, limit).map(readRow);
  const held = Math.max(rows.length, Number(rows[0]?.["held"] ?? 0));
  return { records, more: held > records.length };
}
