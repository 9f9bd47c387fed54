import { createMemoryClearings } from "../../../../apps/log-service/src/archive/clearings/memory.ts";
import type { PendingClearings } from "../../../../apps/log-service/src/archive/clearings/port.ts";
import { MemoryArchive } from "../../../../apps/log-service/src/archive/memory/memory-archive.ts";
import type { BatchSize } from "../../../../apps/log-service/src/archive/mover/batch.ts";
import type { Retries } from "../../../../apps/log-service/src/archive/mover/carrying-out.ts";
import { MoveCounters } from "../../../../apps/log-service/src/archive/mover/counters.ts";
import { MoveSession } from "../../../../apps/log-service/src/archive/mover/session.ts";
import { Troubles } from "../../../../apps/log-service/src/archive/mover/troubles.ts";
import type { ArchiveBuffer } from "../../../../apps/log-service/src/archive/moving.ts";
import type { ArchivedRecord, ArchiveHold } from "../../../../apps/log-service/src/archive/port.ts";
import { tombstoneMask } from "../../../../apps/log-service/src/query/engine/tombstones.ts";
import { writeFilterJson } from "../../../../apps/log-service/src/query/filter-json.ts";
import { LEVELS } from "../../../../apps/log-service/src/record/level.ts";
import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import type { LogStore, Tombstone } from "../../../../apps/log-service/src/store/port.ts";
import { NOW, query } from "../samples.ts";

export const NO_LIMIT: ArchiveBuffer = { records: undefined, bytes: undefined };
export const DAY_MS = 86_400_000;

export interface RigOptions {
  readonly lanes?: number;
  readonly buffer?: ArchiveBuffer;
  readonly size?: BatchSize;
  readonly archive?: MemoryArchive;
  readonly store?: LogStore;
  readonly clearings?: PendingClearings;
  readonly clock?: () => number;
  /** Put between the mover and what it moves by. */
  readonly wrap?: (hold: ArchiveHold) => ArchiveHold;
}

/** A hot store and an archive in memory, and sessions that move between them. */
export class Rig {
  readonly archive: MemoryArchive;
  readonly store: LogStore;
  readonly clearings: PendingClearings;
  readonly troubles = new Troubles({ troubled: () => undefined, eased: () => undefined });
  readonly #retries: Retries = new Map();
  readonly counters = new MoveCounters();
  readonly #options: RigOptions;

  constructor(options: RigOptions = {}) {
    this.#options = options;
    this.clearings = options.clearings ?? createMemoryClearings();
    this.archive = options.archive ?? new MemoryArchive();
    this.store =
      options.store ??
      createMemoryStore({ lanes: options.lanes ?? 1, compileTombstone: tombstoneMask });
  }

  /** A session of a process that has just got the archive. */
  async open(): Promise<MoveSession> {
    const { buffer = NO_LIMIT, size, clock = () => NOW, wrap = (hold) => hold } = this.#options;
    this.archive.breakHold();
    const hold = await this.archive.writer().hold();
    if (hold === undefined) throw new Error("the archive is held");
    return MoveSession.open(wrap(hold), {
      store: this.store,
      clearings: this.clearings,
      compileTombstone: tombstoneMask,
      policy: { ageMs: 7 * DAY_MS },
      buffer,
      counters: this.counters,
      clock,
      size,
      troubles: this.troubles,
      retries: this.#retries,
      moved: () => undefined,
    });
  }

  /** Moves all that is there. */
  async moveAll(session?: MoveSession): Promise<void> {
    const mine = session ?? (await this.open());
    const { signal } = new AbortController();
    while ((await mine.round(signal)).more);
  }

  async archived(): Promise<readonly ArchivedRecord[]> {
    const { records } = await this.archive.reader().read(query({ limit: 1_000_000 }));
    return records;
  }

  async messages(): Promise<readonly string[]> {
    return (await this.archived()).map(({ record }) => record.message).toSorted();
  }

  /** As the service clears: in the hot store first, then for the archive. */
  async clear(namespace: string, level?: number): Promise<Tombstone> {
    const filter = level === undefined ? "" : levelFilter(level);
    const tombstone = await this.store.clear({ namespace, filter, by: "test" });
    await this.clearings.add(tombstone);
    return tombstone;
  }
}

export function levelFilter(level: number): string {
  const name = LEVELS[level];
  if (name === undefined) throw new RangeError(`there is no level ${level}`);
  return writeFilterJson({ kind: "level", levels: [name] });
}
