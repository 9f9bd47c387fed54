import type { Redis } from "ioredis";

import { openBlock, type SealedBlock } from "../../block/seal.ts";
import { ServiceError } from "../../errors.ts";
import { STORE_LIMITS } from "../../limits.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { describeNamespace } from "../namespaces.ts";
import type {
  BlockRef,
  LogStore,
  NamespaceInfo,
  Retained,
  RetentionPolicy,
  Snapshot,
  SnapshotBounds,
  StoreHealth,
  StoreStats,
} from "../port.ts";
import { lanePrefix, writePosition } from "../position.ts";
import { expiredBlocks, storedBytes } from "../retention.ts";
import { groupByNamespace } from "../split.ts";
import { Committer } from "./committer.ts";
import { connect, type RedisAddress } from "./connection.ts";
import { translated, unavailable } from "./failure.ts";
import { unitsOfAll } from "./group.ts";
import { LaneHeaders, type CachedBlock } from "./headers.ts";
import { laneKeys, type LaneKeys } from "./keys.ts";
import { LaneNumbers } from "./lanes.ts";
import { runScript } from "./script.ts";
import { FORGET_WRITERS, TRIM } from "./scripts.ts";
import { inspectServer } from "./server.ts";
import { LaneWriter } from "./writer.ts";

interface Lane {
  readonly namespace: string;
  readonly number: number;
  readonly keys: LaneKeys;
  readonly committer: Committer;
  readonly headers: LaneHeaders;
}

/**
 * Blocks in Redis Streams; docs/block-layout.md draws the keys. Answers at once, whether or not
 * Redis is there: `health` tells, and every call works again as soon as Redis does.
 */
export function createRedisStore(address: RedisAddress): LogStore {
  return new RedisStore(address);
}

class RedisStore implements LogStore {
  // Reading has a connection of its own: a commit must not wait behind megabytes of blocks.
  readonly #writes: Redis;
  readonly #reads: Redis;
  readonly #numbers = new LaneNumbers();
  readonly #lanes = new Map<string, Lane>();
  readonly #stats = {
    waitingRecords: 0,
    waitingUnits: 0,
    commits: 0,
    committedRecords: 0,
    committedBytes: 0,
    retriedCommits: 0,
    failedCommits: 0,
  };
  /** What the server last said of itself; undefined until it was asked on this connection. */
  #server: Promise<StoreHealth> | undefined;
  /** Why there is no connection, as the last try found it: a refused port, a wrong password. */
  #trouble: string | undefined;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  constructor(address: RedisAddress) {
    this.#writes = connect(address, "neurallog-writes");
    this.#reads = connect(address, "neurallog-reads");
    this.#writes.on("error", (error: Error) => {
      this.#trouble = error.message;
    });
    this.#writes.on("ready", () => {
      this.#trouble = undefined;
    });
    // Another connection may mean another server, or the same one with less than it had.
    this.#writes.on("close", () => {
      this.#server = undefined;
    });
    this.#reads.on("close", () => {
      this.#lanes.clear();
      this.#numbers.forget();
    });
  }

  async append(records: readonly PreparedRecord[]): Promise<readonly string[]> {
    if (this.#closed) throw unavailable();
    if (records.length === 0) return [];
    const units = unitsOfAll(records);
    if (this.#stats.waitingUnits + units > STORE_LIMITS.queueUnits) {
      throw new ServiceError("NL_STORE_BUSY", undefined, { retryAfterSeconds: 1 });
    }
    this.#stats.waitingRecords += records.length;
    this.#stats.waitingUnits += units;
    const appended = this.#appendAll(records);
    this.#underWay.add(appended);
    try {
      return await translated(appended);
    } finally {
      this.#underWay.delete(appended);
      this.#stats.waitingRecords -= records.length;
      this.#stats.waitingUnits -= units;
    }
  }

  async #appendAll(records: readonly PreparedRecord[]): Promise<readonly string[]> {
    await this.#assertServer();
    const groups = groupByNamespace(records);
    const [only] = groups.keys();
    if (groups.size === 1 && only !== undefined) {
      return (await this.#lane(only)).committer.append(records);
    }
    const ids: string[] = [];
    const parts = [...groups].map(async ([namespace, places]) => {
      const lane = await this.#lane(namespace);
      const mine = await lane.committer.append(places.flatMap((place) => records[place] ?? []));
      places.forEach((place, index) => {
        ids[place] = mine[index] ?? "";
      });
    });
    await Promise.all(parts);
    return ids;
  }

  /** A server that evicts is refused before anything is written to it, on each connection anew. */
  async #assertServer(): Promise<void> {
    if (this.#writes.status !== "ready") throw unavailable();
    this.#server ??= inspectServer(this.#writes);
    const asked = this.#server;
    const server = await asked;
    if (server.ready || server.code === "NL_STORE_FULL") return;
    if (this.#server === asked) this.#server = undefined;
    throw new ServiceError(
      "NL_STORE_UNAVAILABLE",
      server.code === "NL_CONFIG" ? server.reason : undefined,
      { retryAfterSeconds: 2 },
    );
  }

  async #lane(namespace: string): Promise<Lane> {
    const known = this.#lanes.get(namespace);
    if (known !== undefined) return known;
    return this.#laneOf(namespace, await this.#numbers.assign(this.#writes, namespace));
  }

  #laneOf(namespace: string, number: number): Lane {
    const known = this.#lanes.get(namespace);
    if (known !== undefined) return known;
    const keys = laneKeys(namespace);
    const writer = new LaneWriter(this.#writes, keys, () => {
      this.#stats.retriedCommits += 1;
    });
    const lane: Lane = {
      namespace,
      number,
      keys,
      committer: new Committer(number, (block) => this.#commit(writer, block)),
      headers: new LaneHeaders(this.#reads, keys.headers, number),
    };
    this.#lanes.set(namespace, lane);
    return lane;
  }

  async #commit(writer: LaneWriter, block: SealedBlock) {
    try {
      const id = await writer.commit(block);
      this.#stats.commits += 1;
      this.#stats.committedRecords += block.records;
      this.#stats.committedBytes += block.header.length + block.body.length;
      return id;
    } catch (error) {
      this.#stats.failedCommits += 1;
      throw error;
    }
  }

  snapshot(namespaces: readonly string[], bounds: SnapshotBounds = {}): Promise<Snapshot> {
    return translated(this.#snapshot(namespaces, bounds));
  }

  async #snapshot(namespaces: readonly string[], bounds: SnapshotBounds): Promise<Snapshot> {
    const lanes = await this.#refreshed(await this.#numbers.find(this.#reads, namespaces));
    return {
      blocks: lanes.flatMap((lane) => this.#refs(lane, bounds)),
      positions: bounds.upTo ?? lanes.flatMap(({ headers }) => headers.position ?? []),
    };
  }

  async #refreshed(numbers: ReadonlyMap<string, number>): Promise<Lane[]> {
    const lanes = [...numbers].map(([namespace, number]) => this.#laneOf(namespace, number));
    await Promise.all(lanes.map(({ headers }) => headers.refresh()));
    return lanes;
  }

  #refs({ namespace, number, keys, headers }: Lane, bounds: SnapshotBounds): BlockRef[] {
    const prefix = lanePrefix(writePosition({ lane: number, major: 0, minor: 0 }));
    const after = bounds.after?.find((position) => lanePrefix(position) === prefix);
    const upTo = bounds.upTo?.find((position) => lanePrefix(position) === prefix);
    if (bounds.upTo !== undefined && upTo === undefined) return [];
    return headers.blocks
      .filter(({ position }) => after === undefined || position > after)
      .filter(({ position }) => upTo === undefined || position <= upTo)
      .map((block) => ({
        namespace,
        position: block.position,
        header: block.header,
        read: () => translated(this.#read(namespace, keys, block)),
      }));
  }

  async #read(namespace: string, keys: LaneKeys, { id, header }: CachedBlock) {
    const [entry] = await this.#reads.xrangeBuffer(keys.bodies, id.text, id.text);
    const body = entry?.[1][1];
    return body === undefined ? undefined : openBlock(namespace, header, body);
  }

  async namespaces(): Promise<readonly NamespaceInfo[]> {
    const lanes = await translated(this.#all());
    return lanes
      .map(({ namespace, headers }) =>
        describeNamespace(
          namespace,
          headers.blocks.map(({ header }) => header),
        ),
      )
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #all(): Promise<Lane[]> {
    return this.#refreshed(await this.#numbers.all(this.#reads));
  }

  retain(policy: RetentionPolicy, nowMs: number): Promise<Retained> {
    return translated(this.#retain(policy, nowMs));
  }

  async #retain(policy: RetentionPolicy, nowMs: number): Promise<Retained> {
    const held = (await this.#all()).map((lane) => ({ lane, blocks: [...lane.headers.blocks] }));
    const cuts = expiredBlocks(
      held.map(({ lane, blocks }) => ({ lane, headers: blocks.map(({ header }) => header) })),
      policy,
      nowMs,
    );
    let blocks = 0;
    let records = 0;
    let bytes = 0;
    for (const { lane, blocks: all } of held) {
      const { headers, bodies, writers } = lane.keys;
      const dropped = all.slice(0, cuts.get(lane) ?? 0);
      const last = dropped.at(-1);
      if (last !== undefined) {
        const kept = `${last.id.major}-${last.id.minor + 1}`;
        await runScript(this.#writes, TRIM, [headers, bodies, kept]);
      }
      blocks += dropped.length;
      for (const { header } of dropped) {
        records += header.records;
        bytes += storedBytes(header);
      }
      const idle = nowMs - STORE_LIMITS.writerIdleMs;
      await runScript(this.#writes, FORGET_WRITERS, [writers, idle]);
    }
    return { blocks, records, bytes };
  }

  async health(): Promise<StoreHealth> {
    if (this.#closed || this.#writes.status !== "ready" || this.#reads.status !== "ready") {
      const { code, message } = unavailable();
      return { ready: false, code, reason: this.#trouble ?? message };
    }
    return inspectServer(this.#writes);
  }

  stats(): StoreStats {
    return { ...this.#stats };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
    this.#writes.disconnect();
    this.#reads.disconnect();
  }
}
