import type { RawBlock } from "../../block/encode.ts";
import { ServiceError } from "../../errors.ts";
import { STORE_LIMITS } from "../../limits.ts";
import type { PreparedRecord } from "../../record/record.ts";
import type {
  AppendOptions,
  ClearRequest,
  CompileTombstone,
  LogStore,
  MergeOptions,
  NamespaceChoice,
  RetentionPolicy,
  SnapshotBounds,
  StoreHealth,
  StoreStats,
} from "../port.ts";
import { Appender } from "./appender.ts";
import { connect, type RedisAddress, type RedisClient } from "./connection.ts";
import type { Maintenance } from "./context.ts";
import { translated, unavailable } from "./failure.ts";
import { RedisReader, type ReaderOptions } from "./reader.ts";
import { inspectServer, weakest } from "./server.ts";
import { createMaintenance } from "./work/maintenance.ts";

export interface RedisStoreOptions extends ReaderOptions {
  /**
   * Lanes that a namespace's new records are spread over; 1 without. More spread a busy namespace
   * over a cluster; fewer than before are still all read. Processes should agree: a batch that is
   * sent again with its idempotency key must meet the same lane.
   */
  readonly lanes?: number | undefined;
  /** How to read a tombstone's filter, for `merge`. */
  readonly compileTombstone?: CompileTombstone | undefined;
}

/**
 * Blocks in Redis Streams; docs/block-layout.md draws the keys. Answers at once, whether or not
 * Redis is there: `health` tells, and every call works again as soon as Redis does.
 */
export function createRedisStore(address: RedisAddress, options: RedisStoreOptions = {}): LogStore {
  return new RedisStore(address, options);
}

class RedisStore implements LogStore {
  // Reading has a connection of its own: a commit must not wait behind megabytes of blocks.
  readonly #writes: RedisClient;
  readonly #reads: RedisClient;
  readonly #appender: Appender;
  readonly #reader: RedisReader;
  readonly #maintenance: Maintenance;
  /** What the server last said of itself; undefined until it was asked on this connection. */
  #server: Promise<StoreHealth> | undefined;
  /** Whether it said that it may be written to. */
  #isInspected = false;
  /** Why there is no connection, as the last try found it: a refused port, a wrong password. */
  #trouble: string | undefined;
  #closed = false;

  constructor(address: RedisAddress, options: RedisStoreOptions) {
    const { lanes = 1, compileTombstone } = options;
    if (!(Number.isInteger(lanes) && lanes >= 1 && lanes <= STORE_LIMITS.lanes)) {
      throw new RangeError(`lanes must be 1 to ${STORE_LIMITS.lanes}`);
    }
    this.#writes = connect(address, "neurallog-writes");
    this.#reads = connect(address, "neurallog-reads");
    this.#reader = new RedisReader(this.#reads, options);
    this.#maintenance = createMaintenance({
      writes: this.#writes,
      reads: this.#reads,
      allLanes: () => this.#reader.directory.all(),
      lanesOf: (namespaces) => this.#reader.directory.find(namespaces),
      compileTombstone,
    });
    this.#appender = new Appender(this.#writes, {
      lanes,
      becomesReady: () => (this.#isInspected ? undefined : this.#assertServer()),
      relieve: () => this.#maintenance.relieve(),
    });
    this.#writes.on("error", (error: Error) => {
      this.#trouble = error.message;
    });
    this.#writes.on("ready", () => {
      this.#trouble = undefined;
    });
    // Another connection may mean another server, or the same one with less than it had.
    for (const event of ["close", "+node", "-node"]) {
      this.#writes.on(event, () => {
        this.#server = undefined;
        this.#isInspected = false;
        this.#appender.forget();
      });
    }
  }

  async append(records: readonly PreparedRecord[], options: AppendOptions = {}) {
    if (this.#closed) throw unavailable();
    return records.length === 0 ? [] : translated(this.#appender.append(records, options));
  }

  async appendBlock(namespace: string, block: RawBlock, options: AppendOptions = {}) {
    if (this.#closed) throw unavailable();
    return translated(this.#appender.appendBlock(namespace, block, options));
  }

  /** A server that evicts is refused before anything is written to it, on each connection anew. */
  async #assertServer(): Promise<void> {
    if (this.#writes.status !== "ready") throw unavailable();
    this.#server ??= inspectServer(this.#writes);
    const asked = this.#server;
    const server = await asked;
    const isUsable = server.ready || server.code === "NL_STORE_FULL";
    if (this.#server === asked) {
      this.#isInspected = isUsable;
      if (!isUsable) this.#server = undefined;
    }
    if (isUsable) return;
    throw new ServiceError(
      "NL_STORE_UNAVAILABLE",
      server.code === "NL_CONFIG" ? server.reason : undefined,
      { retryAfterSeconds: 2 },
    );
  }

  snapshot(namespaces: NamespaceChoice, bounds: SnapshotBounds = {}) {
    return this.#ask(() => this.#reader.snapshot(namespaces, bounds));
  }

  positions() {
    return this.#ask(() => this.#reader.positions());
  }

  names() {
    return this.#ask(() => this.#reader.directory.names());
  }

  namespaces() {
    return this.#ask(() => this.#reader.namespaces());
  }

  tombstones(namespaces: readonly string[]) {
    return this.#ask(() => this.#reader.tombstones(namespaces));
  }

  clear(request: ClearRequest) {
    return this.#ask(() => this.#maintenance.clear(request));
  }

  retain(policy: RetentionPolicy, nowMs: number) {
    return this.#ask(() => this.#maintenance.retain(policy, nowMs));
  }

  merge(options: MergeOptions = {}) {
    return this.#ask(() => this.#maintenance.merge(options));
  }

  /** What cannot be sent now fails now; a cluster's client would keep it waiting. */
  async #ask<T>(call: () => Promise<T>): Promise<T> {
    if (this.#reads.status !== "ready" || this.#writes.status !== "ready") throw unavailable();
    return translated(call());
  }

  isWorkDue(policy: RetentionPolicy, nowMs: number) {
    return translated(this.#maintenance.isDue(policy, nowMs));
  }

  async health(): Promise<StoreHealth> {
    if (this.#closed || this.#writes.status !== "ready" || this.#reads.status !== "ready") {
      const { code, message } = unavailable();
      return { ready: false, code, reason: this.#trouble ?? message };
    }
    const health = await inspectServer(this.#writes);
    // Changed while we were connected: writers hear of it at once.
    if (!health.ready && health.code === "NL_CONFIG") {
      this.#isInspected = false;
      this.#server = undefined;
    }
    if (health.ready || health.code !== "NL_STORE_FULL" || this.#appender.wasRefused) return health;
    // A writer would drop the oldest first: full is what has nothing to drop.
    const hasRoom = await this.#maintenance.canRelieve().catch(() => false);
    const { servers = [] } = health;
    return hasRoom ? { ready: true, durability: weakest(servers), servers } : health;
  }

  stats(): StoreStats {
    const { headerBytes, tokenBytes } = this.#reader;
    const work = this.#maintenance.stats();
    return { ...this.#appender.stats, headerBytes, tokenBytes, work };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#appender.settled();
    await this.#maintenance.close().catch(() => undefined);
    await this.#maintenance.close();
    this.#writes.disconnect();
    this.#reads.disconnect();
  }
}
