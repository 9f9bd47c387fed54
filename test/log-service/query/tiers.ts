import { createMemoryClearings } from "../../../apps/log-service/src/archive/clearings/memory.ts";
import { MemoryArchive } from "../../../apps/log-service/src/archive/memory/memory-archive.ts";
import type {
  ArchivedRecord,
  ArchiveReader,
  ArchiveWriter,
} from "../../../apps/log-service/src/archive/port.ts";
import type { ArchiveSources } from "../../../apps/log-service/src/query/engine/archive/sources.ts";
import type { Budgets } from "../../../apps/log-service/src/query/engine/answerer.ts";
import { createLocalEngine } from "../../../apps/log-service/src/query/engine/local.ts";
import type { QueryEngine } from "../../../apps/log-service/src/query/engine/port.ts";
import type { PreparedRecord } from "../../../apps/log-service/src/record/record.ts";
import type {
  ClearRequest,
  LogStore,
  Tombstone,
} from "../../../apps/log-service/src/store/port.ts";
import { lanePrefix, readRecordId } from "../../../apps/log-service/src/store/position.ts";

const SPACES = ["one", "two", "default"];

/** A hot store with an archive behind it, whose records move and drop as a test says. */
export class Tiers {
  readonly hot: LogStore;
  readonly archive = new MemoryArchive();
  readonly clearings = createMemoryClearings();
  readonly #other: { readonly reader: ArchiveReader; readonly writer: ArchiveWriter } | undefined;

  /** @param other An archive in the place of the one in memory. */
  constructor(
    hot: LogStore,
    other?: { readonly reader: ArchiveReader; readonly writer: ArchiveWriter },
  ) {
    this.hot = hot;
    this.#other = other;
  }

  get sources(): ArchiveSources {
    const reader = this.#other?.reader ?? this.archive.reader();
    return { reader, clearings: this.clearings };
  }

  get #writer(): ArchiveWriter {
    return this.#other?.writer ?? this.archive.writer();
  }

  engine(budgets: Partial<Budgets> = {}): QueryEngine {
    return createLocalEngine(this.hot, budgets, {}, this.sources);
  }

  /** Moves the next so many commits of each lane. */
  async move(commits: number): Promise<void> {
    const hold = await this.#writer.hold();
    if (hold === undefined) throw new Error("somebody else moves");
    try {
      const stands = await hold.positions();
      for (const [lane, all] of await this.#commits()) {
        const at = stands.find(({ position }) => lanePrefix(position) === lane);
        const left = all.filter(([position]) => position > (at?.position ?? ""));
        const moved = left.slice(0, commits);
        const [last] = moved.at(-1) ?? [];
        if (last === undefined) continue;
        const records = moved.flatMap(([, each]) => each);
        await hold.move([
          {
            namespace: records[0]?.record.namespace ?? "",
            from: at?.position,
            to: last,
            committed: records.length,
            records,
            skipped: { overflow: 0, retention: 0, damaged: 0 },
          },
        ]);
      }
    } finally {
      await hold.release();
    }
  }

  /** The hot store lets go of what was received before, the first blocks of each lane. */
  async drop(receivedBefore: number): Promise<void> {
    await this.hot.retain({ ageMs: 0 }, receivedBefore);
  }

  /** As the log service clears: what is hot, then what is archived. */
  async clear(request: ClearRequest): Promise<Tombstone> {
    const tombstone = await this.hot.clear(request);
    await this.clearings.add(tombstone);
    return tombstone;
  }

  storeDirectly(namespace: string, records: readonly PreparedRecord[]): Promise<readonly string[]> {
    return this.#writer.storeDirectly(namespace, records);
  }

  /** Of each lane its commits in order, as far as the hot store has them. */
  async #commits(): Promise<Map<string, [position: string, records: ArchivedRecord[]][]>> {
    const { blocks } = await this.hot.snapshot(SPACES);
    const found: ArchivedRecord[] = [];
    for (const block of blocks) {
      const rows = await block.read();
      for (let row = 0; row < (rows?.count ?? 0); row += 1) {
        const record = rows?.record(row);
        if (record !== undefined) found.push({ id: block.idOf(row), record });
      }
    }
    found.sort((a, b) => (a.id < b.id ? -1 : 1));
    const lanes = Map.groupBy(found, ({ id }) => lanePrefix(id));
    return new Map(
      [...lanes].map(([lane, records]) => [
        lane,
        [...Map.groupBy(records, ({ id }) => readRecordId(id)?.position ?? "")],
      ]),
    );
  }
}
