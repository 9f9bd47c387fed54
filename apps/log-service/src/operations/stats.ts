import { reaches, reachesEverything, type Principal } from "../access/principal.ts";
import type { MovingStats } from "../archive/moving.ts";
import type { EventLoopDelay } from "../observe/event-loop.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { FollowSource } from "../follow/port.ts";
import type { LogStore, ServerState, StoreHealth, WorkStats } from "../store/port.ts";
import { HEALTH_LIMITS } from "../limits.ts";
import { VERSION } from "../version.ts";
import type { Searcher } from "./search.ts";

export interface StatsDeps {
  readonly tenant: string;
  readonly searcher: Searcher;
  readonly store: LogStore;
  /** The store's health, not older than probes get it. */
  readonly health: () => Promise<StoreHealth>;
  readonly follow: FollowSource;
  readonly work: () => WorkStats | undefined;
  /** Undefined for a tenant without an archive; answers undefined where another process moves records. */
  readonly moving?: (() => MovingStats | undefined) | undefined;
  /** What the archive takes on disk; undefined where there is none, and while it is away. */
  readonly archiveBytes: () => Promise<number | undefined>;
  readonly metrics: Metrics;
  readonly loop: EventLoopDelay;
}

type Inventory = Awaited<ReturnType<Searcher["inventory"]>>;
export type ServiceStats = Awaited<ReturnType<Statistics["read"]>>;

/** How the service does, for people: what `/metrics` tells in numbers over time, at one moment. */
export class Statistics {
  readonly #deps: StatsDeps;

  constructor(deps: StatsDeps) {
    this.#deps = deps;
  }

  /**
   * Figures of logs are of the namespaces that the caller reaches; null where they cannot be asked for.
   * @throws ServiceError when the caller's role does not read.
   */
  async read(principal: Principal) {
    const { searcher, loop, follow, metrics } = this.#deps;
    searcher.admit(principal);
    const health = await this.#deps.health();
    const late = AbortSignal.timeout(HEALTH_LIMITS.inventoryMs);
    // What a store that fails is best asked for is how it does.
    const [inventory, archiveBytes] = await Promise.all([
      searcher.inventory(principal, late).catch(() => undefined),
      this.#deps.archiveBytes(),
    ]);
    const { p50, p99, max } = loop.read();
    const { rss, heapUsed, external } = process.memoryUsage();
    return {
      tenant: this.#deps.tenant,
      version: VERSION,
      time: new Date().toISOString(),
      uptime_seconds: Math.round(process.uptime()),
      // An export is of everything only where its key reaches all there is, the account of administrators among it.
      everything: reachesEverything(principal),
      namespaces: inventory === undefined ? null : inventory.namespaces.map(namespaceOf),
      store: this.#store(principal, health, inventory),
      archive: this.#archive(archiveBytes ?? null, reachesEverything(principal)),
      followers: { ...follow.stats(), dropped: metrics.droppedEvents },
      process: {
        event_loop_delay_ms: { p50: rounded(p50), p99: rounded(p99), max: rounded(max) },
        memory: { rss, heap_used: heapUsed, external },
      },
    };
  }

  /** Counts of this process; null where there is no archive, and where another process does the moving. */
  #archive(bytes: number | null, everything: boolean) {
    const { moving } = this.#deps;
    if (moving === undefined) return null;
    const stats = moving();
    if (stats === undefined) return { state: "elsewhere" as const, bytes, moving: null };
    const { state, backlog, lastMoveMs, ...counts } = stats;
    return {
      state,
      bytes,
      moving: {
        records: counts.moved,
        batches: counts.batches,
        quarantined: counts.quarantined,
        skipped: counts.skipped,
        cleared: counts.cleared,
        expired: counts.expired,
        // A reason may name a namespace that the key does not reach.
        troubles: counts.troubles.map(({ kind, reason }) => ({
          kind,
          reason: everything ? reason : null,
        })),
        last: lastMoveMs === undefined ? null : new Date(lastMoveMs).toISOString(),
        backlog:
          backlog === undefined
            ? null
            : {
                records: backlog.records,
                bytes: Math.round(backlog.bytes),
                oldest:
                  backlog.oldestMs === undefined ? null : new Date(backlog.oldestMs).toISOString(),
              },
      },
    };
  }

  #store(principal: Principal, health: StoreHealth, inventory: Inventory | undefined) {
    const stats = this.#deps.store.stats();
    const work = this.#deps.work();
    const { namespaces } = inventory ?? {};
    const sum = (of: (namespace: Inventory["namespaces"][number]) => number): number | null =>
      namespaces === undefined ? null : namespaces.reduce((total, each) => total + of(each), 0);
    return {
      ready: health.ready,
      code: health.ready ? null : health.code,
      durability: health.ready ? health.durability : null,
      records: sum(({ records }) => records),
      bytes: sum(({ bytes }) => bytes),
      merge: {
        records: sum(({ debt }) => debt.records),
        blocks: sum(({ debt }) => debt.blocks),
        merged: work?.merged ?? null,
      },
      tombstones: sum(({ tombstones }) => tombstones),
      dropped: (work?.dropped ?? []).filter(({ namespace }) => reaches(principal, namespace)),
      queue: { records: stats.waitingRecords, text_units: stats.waitingUnits },
      commits: {
        blocks: stats.commits,
        records: stats.committedRecords,
        bytes: stats.committedBytes,
        retried: stats.retriedCommits,
        failed: stats.failedCommits,
      },
      held:
        inventory === undefined
          ? null
          : { headers: inventory.held.headerBytes, token_filters: inventory.held.tokenBytes },
      servers: (health.servers ?? []).map(serverOf),
    };
  }
}

function namespaceOf({ name, records, bytes, oldest, newest, small, large }: NamespaceEntry) {
  return {
    name,
    records,
    bytes,
    bytes_per_record: records === 0 ? null : rounded(bytes / records),
    oldest,
    newest,
    blocks: { small: small.blocks, large: large.blocks },
  };
}

type NamespaceEntry = Inventory["namespaces"][number];

/** Without its address, which is nothing for everybody who reads logs. */
function serverOf(server: ServerState) {
  return {
    version: server.version,
    role: server.role,
    durability: server.durability,
    file_ok: server.fileOk,
    replicas: server.replicas,
    memory: {
      used: server.usedBytes,
      data: server.dataBytes,
      max: server.maxBytes,
      policy: server.policy,
    },
  };
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
