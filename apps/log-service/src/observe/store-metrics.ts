import type { BlockCount, LogStore, NamespaceInfo, StoreHealth } from "../store/port.ts";
import { counter, gauge, type Sample } from "./asked.ts";
import type { Metrics } from "./metrics.ts";

export interface StoreSources {
  readonly store: LogStore;
  /** The store's health, not older than probes get it. */
  readonly health: () => Promise<StoreHealth>;
  /** What is stored; undefined while it cannot be asked for. */
  readonly inventory: () => Promise<StoreInventory | undefined>;
}

export interface StoreInventory {
  readonly namespaces: readonly Stored[];
  /** What is kept for reading, in bytes. */
  readonly held: { readonly headerBytes: number; readonly tokenBytes: number };
}

type Stored = Pick<
  NamespaceInfo,
  "name" | "records" | "bytes" | "small" | "large" | "debt" | "tombstones"
>;

/** Adds what the store knows, asked for at each scrape. */
export function watchStore(metrics: Metrics, sources: StoreSources): void {
  watchCommits(metrics, sources.store);
  watchStored(metrics, sources);
  watchServers(metrics, sources.health, sources.inventory);
}

/** What this process did and has waiting. */
function watchCommits({ registry }: Metrics, store: LogStore): void {
  type Stats = ReturnType<LogStore["stats"]>;
  const add = (
    kind: typeof gauge | typeof counter,
    name: string,
    help: string,
    of: (stats: Stats) => number,
  ) => kind(registry, name, help, () => [[of(store.stats())]]);
  add(gauge, "neurallog_queue_records", "Records that wait for a commit", (stats) => {
    return stats.waitingRecords;
  });
  add(gauge, "neurallog_queue_text_units", "Their text, in UTF-16 units", (stats) => {
    return stats.waitingUnits;
  });
  add(counter, "neurallog_blocks_committed_total", "Blocks committed by this process", (stats) => {
    return stats.commits;
  });
  add(
    counter,
    "neurallog_block_bytes_committed_total",
    "Their bytes, compressed",
    (stats) => stats.committedBytes,
  );
  add(
    counter,
    "neurallog_commit_retries_total",
    "Commits sent again after a lost answer",
    (stats) => stats.retriedCommits,
  );
  add(counter, "neurallog_commit_failures_total", "Commits that were given up", (stats) => {
    return stats.failedCommits;
  });
}

/** What lies in the store, whoever wrote it. */
function watchStored(metrics: Metrics, { inventory }: StoreSources): void {
  const { registry } = metrics;
  const byNamespace = async (of: (stored: Stored) => readonly Sample[]): Promise<Sample[]> => {
    const { namespaces = [] } = (await inventory()) ?? {};
    const sums = new Map<string, readonly [number, Readonly<Record<string, string>>]>();
    for (const stored of namespaces) {
      for (const [value, labels = {}] of of(stored)) {
        const all = { namespace: metrics.namespaces.of(stored.name), ...labels };
        const key = JSON.stringify(all);
        sums.set(key, [(sums.get(key)?.[0] ?? 0) + value, all]);
      }
    }
    return [...sums.values()];
  };
  gauge(
    registry,
    "neurallog_records",
    "Records that are stored",
    () => byNamespace(({ records }) => [[records]]),
    ["namespace"],
  );
  gauge(
    registry,
    "neurallog_stored_bytes",
    "About what their blocks take in Redis, compressed, with their token filters",
    () => byNamespace(({ bytes }) => [[bytes]]),
    ["namespace"],
  );
  gauge(
    registry,
    "neurallog_blocks",
    "Blocks that are stored: small as single writes came in, large ones merged or come in large",
    () =>
      byNamespace(({ small, large }) => [
        [small.blocks, { size: "small" }],
        [large.blocks, { size: "large" }],
      ]),
    ["namespace", "size"],
  );
  const sum = async (of: (stored: Stored) => number): Promise<readonly Sample[]> => {
    const known = await inventory();
    return known === undefined
      ? []
      : [[known.namespaces.reduce((total, stored) => total + of(stored), 0)]];
  };
  const debt = (name: string, help: string, of: keyof BlockCount) =>
    gauge(registry, name, help, () => sum((stored) => stored.debt[of]));
  debt("neurallog_merge_debt_records", "Records in small blocks that wait to be merged", "records");
  debt("neurallog_merge_debt_blocks", "Small blocks that wait to be merged", "blocks");
  gauge(registry, "neurallog_tombstones", "Clearings that still have something to take out", () =>
    sum(({ tombstones }) => tombstones),
  );
  const held = (name: string, help: string, of: keyof StoreInventory["held"]) =>
    gauge(registry, name, help, async () => {
      const known = await inventory();
      return known === undefined ? [] : [[known.held[of]]];
    });
  held("neurallog_header_bytes", "Headers of blocks kept in memory for reading", "headerBytes");
  held("neurallog_token_filter_bytes", "Token filters kept in memory for reading", "tokenBytes");
}

/** What Redis says of itself. */
function watchServers(
  { registry }: Metrics,
  health: StoreSources["health"],
  inventory: StoreSources["inventory"],
): void {
  type Server = NonNullable<StoreHealth["servers"]>[number];
  gauge(registry, "neurallog_store_up", "1 while the store takes writes", async () => [
    [(await health()).ready ? 1 : 0],
  ]);
  const add = (name: string, help: string, of: (server: Server) => number) =>
    gauge(
      registry,
      name,
      help,
      async () =>
        ((await health()).servers ?? []).map((server) => [of(server), { server: server.address }]),
      ["server"],
    );
  gauge(
    registry,
    "neurallog_redis_info",
    "1, with what each server of the store is",
    async () =>
      ((await health()).servers ?? []).map(({ address, version, role, policy, durability }) => [
        1,
        { server: address, version, role, policy, durability },
      ]),
    ["server", "version", "role", "policy", "durability"],
  );
  add("neurallog_redis_memory_used_bytes", "Memory that Redis uses", ({ usedBytes }) => usedBytes);
  add("neurallog_redis_memory_data_bytes", "Of it, what the data takes", ({ dataBytes }) => {
    return dataBytes;
  });
  add("neurallog_redis_memory_max_bytes", "maxmemory; 0 for none", ({ maxBytes }) => maxBytes);
  add("neurallog_redis_replicas", "Replicas that are connected", ({ replicas }) => replicas);
  add(
    "neurallog_redis_file_ok",
    "1 if the append-only file could be written and rewritten when last tried",
    ({ fileOk }) => (fileOk ? 1 : 0),
  );
  gauge(
    registry,
    "neurallog_bytes_per_record",
    "Bytes of data in Redis for each record, everything counted",
    async () => {
      const [known, { servers = [] }] = await Promise.all([inventory(), health()]);
      const records = known?.namespaces.reduce((total, stored) => total + stored.records, 0) ?? 0;
      if (records === 0 || servers.length === 0) return [];
      return [[servers.reduce((total, { dataBytes }) => total + dataBytes, 0) / records]];
    },
  );
}
