import { STORE_LIMITS } from "../../limits.ts";
import { describeNamespace } from "../namespaces.ts";
import type {
  BlockRef,
  NamespaceChoice,
  NamespaceInfo,
  Snapshot,
  SnapshotBounds,
  Tombstone,
} from "../port.ts";
import { writePosition } from "../position.ts";
import { HeaderBudget, heldBytes } from "./budget.ts";
import { sentTogether, type RedisClient } from "./connection.ts";
import { translated } from "./failure.ts";
import { EntryFetcher } from "./fetch.ts";
import { LAST_FIELD, type Lane } from "./keys.ts";
import { LaneBlock } from "./lane-block.ts";
import { LaneReader, type LaneSnapshot, type LaneSources } from "./lane-reader.ts";
import { LaneDirectory } from "./lanes.ts";
import { readStreamId } from "./stream-id.ts";
import { TokenCache } from "./token-cache.ts";
import { joinTombstones, readTombstones } from "./work/tombstones.ts";

export interface ReaderOptions {
  /** Bytes of headers and of token filters that may stay in memory. */
  readonly headerBytes?: number | undefined;
  readonly tokenBytes?: number | undefined;
}

const NO_BLOCKS: readonly BlockRef[] = [];

/** Reading from all lanes. Holds nothing before it is first asked. */
export class RedisReader {
  readonly directory: LaneDirectory;
  readonly #sources: LaneSources;
  readonly #lanes = new Map<number, LaneReader>();
  readonly #headers: HeaderBudget;
  readonly #tokens: TokenCache;

  constructor(client: RedisClient, options: ReaderOptions) {
    this.directory = new LaneDirectory(client);
    this.#sources = { client, fetcher: new EntryFetcher(client) };
    this.#headers = new HeaderBudget(options.headerBytes ?? STORE_LIMITS.headerBytes);
    this.#tokens = new TokenCache(options.tokenBytes ?? STORE_LIMITS.tokenBytes);
    // Another connection may mean another server, or the same one with less than it had.
    for (const event of ["close", "-node"]) client.on(event, () => this.forget());
  }

  get headerBytes(): number {
    return heldBytes(this.#lists());
  }

  get tokenBytes(): number {
    return this.#tokens.bytes;
  }

  forget(): void {
    this.directory.forget();
    this.#lanes.clear();
    this.#tokens.clear();
  }

  async snapshot(namespaces: NamespaceChoice, bounds: SnapshotBounds): Promise<Snapshot> {
    const { names, lanes } = await this.#take(namespaces, bounds);
    return {
      namespaces: names,
      blocks: NO_BLOCKS.concat(...lanes.map(({ blocks }) => blocks)),
      positions: bounds.upTo ?? lanes.flatMap(({ position }) => position ?? []),
      lanes: lanes.map(({ summary }) => summary),
      tombstones: joinTombstones(lanes.map((lane) => lane.tombstones)),
      loadTokens: (blocks) => translated(this.#loadTokens(blocks)),
    };
  }

  async #take(
    namespaces: NamespaceChoice,
    bounds: SnapshotBounds,
  ): Promise<{ readonly names: readonly string[]; readonly lanes: readonly LaneSnapshot[] }> {
    const used = this.#headers.enter();
    const read = (lanes: readonly Lane[]) =>
      Promise.all(lanes.map((lane) => this.#reader(lane).snapshot(bounds, used)));
    try {
      // Whether there are more lanes than known is asked beside them, as there hardly ever are.
      const known = this.directory.known(namespaces);
      const [first, found] = await sentTogether(this.#sources.client, () =>
        Promise.all([read(known), this.directory.find(namespaces)]),
      );
      const numbers = new Set(known.map(({ number }) => number));
      const others = await read(found.filter(({ number }) => !numbers.has(number)));
      const left = new Set(found.map(({ number }) => number));
      // Of a server that was emptied meanwhile, which numbers its lanes anew.
      const gone = known.filter(({ number }) => !left.has(number));
      for (const { number } of gone) this.#lanes.delete(number);
      const names =
        typeof namespaces === "function"
          ? [...new Set(found.map(({ namespace }) => namespace))]
          : namespaces;
      const kept =
        gone.length === 0 ? first : first.filter((_, at) => left.has(known[at]?.number ?? 0));
      return { names, lanes: [...kept, ...others] };
    } finally {
      this.#headers.leave(this.#lists());
    }
  }

  async positions(): Promise<readonly string[]> {
    const lanes = await this.directory.all();
    const { client } = this.#sources;
    const last = await Promise.all(
      lanes.map(async ({ number, keys }) => {
        const id = await client.hget(keys.writers, LAST_FIELD);
        return id === null ? [] : [writePosition({ lane: number, ...readStreamId(id) })];
      }),
    );
    return last.flat();
  }

  async tombstones(namespaces: readonly string[]): Promise<readonly Tombstone[]> {
    const lanes = await this.directory.find(namespaces);
    const read = await Promise.all(
      lanes.map(async (lane) => {
        const fields = await this.#sources.client.hgetall(lane.keys.tombstones);
        return readTombstones(lane, Object.entries(fields).flat());
      }),
    );
    return joinTombstones(read);
  }

  async namespaces(): Promise<readonly NamespaceInfo[]> {
    const lanes = await this.directory.all();
    this.#headers.enter();
    try {
      const read = await Promise.all(
        lanes.map(async (lane) => ({
          name: lane.namespace,
          ...(await this.#reader(lane).summary()),
        })),
      );
      return [...Map.groupBy(read, ({ name }) => name)]
        .map(([name, parts]) =>
          describeNamespace(
            name,
            parts,
            joinTombstones(parts.map(({ tombstones }) => tombstones)).length,
          ),
        )
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    } finally {
      this.#headers.leave(this.#lists());
    }
  }

  async #loadTokens(blocks: readonly BlockRef[]): Promise<readonly (Uint8Array | undefined)[]> {
    const missing: { readonly block: LaneBlock; readonly at: number }[] = [];
    const filters = blocks.map((block, at) => {
      if (!(block instanceof LaneBlock)) return undefined;
      const filter = this.#tokens.get(block);
      if (filter === undefined) missing.push({ block, at });
      return filter;
    });
    // Mostly all are here: a promise for each would cost more than looking at them.
    if (missing.length === 0) return filters;
    const inUse = new Set(blocks.map(({ position }) => position));
    await Promise.all(
      missing.map(async ({ block, at }) => {
        const filter = await block.source.filtersOf(block);
        filters[at] = filter;
        if (filter !== undefined) this.#tokens.add(block, filter, inUse);
      }),
    );
    return filters;
  }

  #reader(lane: Lane): LaneReader {
    const known = this.#lanes.get(lane.number);
    if (known !== undefined) return known;
    const reader = new LaneReader(lane, this.#sources);
    this.#lanes.set(lane.number, reader);
    return reader;
  }

  #lists() {
    return [...this.#lanes.values()].flatMap(({ small, large }) => [small, large]);
  }
}
