import { randomUUID } from "node:crypto";

import { encodeBlock, type RawBlock } from "../../block/encode.ts";
import { ServiceError } from "../../errors.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { describeNamespace, type LaneSummary } from "../namespaces.ts";
import type {
  AppendOptions,
  CompileTombstone,
  LogStore,
  Merged,
  Retained,
  RetentionPolicy,
  Tombstone,
} from "../port.ts";
import { BlockIds, FIRST_LANES_MS } from "../position.ts";
import { planRetention, heldBlock, storedBytes } from "../retention.ts";
import { groupByNamespace, splitForBlocks } from "../split.ts";
import { MemoryLane } from "./lane.ts";

export interface MemoryStoreOptions {
  /** Lanes that a namespace's records are spread over by turns; 1 without. */
  readonly lanes?: number;
  /**
   * How blocks lie after each append: small as they came, which is the default; all merged; or the
   * older half of each lane merged, as in the middle of such work.
   */
  readonly layout?: "small" | "merged" | "half-merged";
  /** How to read a tombstone's filter, for `merge`. Without it a filter covers nothing. */
  readonly compileTombstone?: CompileTombstone;
}

/** A store that lives as long as its process: for tests, and as the model of what the port means. */
export function createMemoryStore(options: MemoryStoreOptions = {}): LogStore {
  const { lanes: spread = 1, layout = "small" } = options;
  const compile: CompileTombstone =
    options.compileTombstone ?? (() => (rows) => new Uint8Array(rows.count));
  const namespaces = new Map<string, MemoryLane[]>();
  const results = new Map<
    string,
    { readonly records: number; readonly ids: Promise<BlockIds[]> }
  >();
  const counts = { commits: 0, committedRecords: 0, committedBytes: 0 };
  let tombstones: Tombstone[] = [];
  let turn = 0;
  let numbers = Math.max(0, Math.floor((Date.now() - FIRST_LANES_MS) / 1_000));
  let closed = false;

  const allLanes = (): MemoryLane[] => [...namespaces.values()].flat();

  function laneOf(namespace: string): MemoryLane {
    let lanes = namespaces.get(namespace);
    if (lanes === undefined) {
      lanes = Array.from({ length: spread }, () => new MemoryLane(namespace, ++numbers));
      namespaces.set(namespace, lanes);
    }
    const lane = lanes[turn % lanes.length];
    if (lane === undefined) throw new RangeError("a namespace has at least one lane");
    return lane;
  }

  async function store(lane: MemoryLane, raw: RawBlock): Promise<BlockIds> {
    const block = await lane.add(raw);
    counts.commits += 1;
    counts.committedRecords += block.header.records;
    counts.committedBytes += block.bytes;
    return new BlockIds(block.position, block.header.records);
  }

  async function appendTo(
    namespace: string,
    blocks: readonly RawBlock[],
    { idempotencyKey }: AppendOptions,
  ): Promise<readonly BlockIds[]> {
    const lane = laneOf(namespace);
    if (idempotencyKey === undefined) return storeAll(lane, blocks);
    const key = `${namespace} ${idempotencyKey}`;
    const records = blocks.reduce((sum, { summary }) => sum + summary.records, 0);
    const known = results.get(key) ?? { records, ids: storeAll(lane, blocks) };
    results.set(key, known);
    if (known.records !== records) throw new ServiceError("NL_IDEMPOTENCY_MISMATCH");
    return known.ids;
  }

  async function storeAll(lane: MemoryLane, blocks: readonly RawBlock[]): Promise<BlockIds[]> {
    const ids: BlockIds[] = [];
    for (const block of blocks) ids.push(await store(lane, block));
    if (layout === "merged") await lane.merge(lane.blocks.length, [], compile);
    if (layout === "half-merged") await lane.merge(lane.blocks.length >> 1, [], compile);
    return ids;
  }

  function assertOpen(): void {
    if (closed) throw new ServiceError("NL_STORE_UNAVAILABLE", "The store is closed");
  }

  return {
    async append(records: readonly PreparedRecord[], appendOptions = {}) {
      assertOpen();
      turn += 1;
      const ids: string[] = [];
      for (const [namespace, places] of groupByNamespace(records)) {
        const mine = places.flatMap((place) => records[place] ?? []);
        const blocks = splitForBlocks(mine).map((run) => encodeBlock(run));
        const kept = await appendTo(namespace, blocks, appendOptions);
        const given = kept.flatMap((each) => each.all());
        places.forEach((place, index) => {
          ids[place] = given[index] ?? "";
        });
      }
      return ids;
    },
    async appendBlock(namespace, block, appendOptions = {}) {
      assertOpen();
      turn += 1;
      const [ids] = await appendTo(namespace, [block], appendOptions);
      if (ids === undefined) throw new TypeError("one block has ids");
      return ids;
    },
    async snapshot(choice, bounds = {}) {
      const names = typeof choice === "function" ? [...namespaces.keys()].filter(choice) : choice;
      const read = names.flatMap((name) => namespaces.get(name) ?? []);
      return {
        namespaces: names,
        blocks: read.flatMap((lane) => lane.snapshot(bounds)),
        positions: bounds.upTo ?? read.flatMap((lane) => lane.position ?? []),
        lanes: read.map(({ summary }) => summary),
        tombstones: tombstones.filter(({ namespace }) => names.includes(namespace)),
        loadTokens: async (blocks) => blocks.map(({ tokens }) => tokens),
      };
    },
    positions: async () => allLanes().flatMap(({ position }) => position ?? []),
    names: async () => [...namespaces.keys()].sort(),
    async namespaces() {
      return [...namespaces]
        .map(([name, lanes]) =>
          describeNamespace(
            name,
            lanes.map(summaryOf),
            tombstones.filter(({ namespace }) => namespace === name).length,
          ),
        )
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async clear({ namespace, filter, fromMs, toMs, by }) {
      assertOpen();
      const tombstone: Tombstone = {
        id: randomUUID(),
        namespace,
        filter,
        fromMs,
        toMs,
        upTo: (namespaces.get(namespace) ?? []).flatMap(({ position }) => position ?? []),
        createdMs: Date.now(),
        by,
      };
      tombstones = [...tombstones, tombstone];
      return tombstone;
    },
    async tombstones(names) {
      return tombstones.filter(({ namespace }) => names.includes(namespace));
    },
    async retain(policy, nowMs) {
      return retain(allLanes(), policy, nowMs);
    },
    async merge() {
      const done = { blocks: 0, into: 0, records: 0, cleared: 0 };
      // Others may come while lanes are merged, and are for the next time.
      const carriedOut = tombstones;
      for (const lane of allLanes()) {
        const step = await lane.merge(lane.blocks.length, carriedOut, compile);
        done.blocks += step.blocks;
        done.into += step.into;
        done.records += step.records;
        done.cleared += step.cleared;
      }
      tombstones = tombstones.filter((tombstone) => !carriedOut.includes(tombstone));
      return { ...done, more: false } satisfies Merged;
    },
    isWorkDue: async () => allLanes().length > 0,
    async health() {
      return closed
        ? { ready: false, code: "NL_STORE_UNAVAILABLE", reason: "the store is closed" }
        : { ready: true, durability: "none" };
    },
    stats: () => ({
      ...counts,
      waitingRecords: 0,
      waitingUnits: 0,
      retriedCommits: 0,
      failedCommits: 0,
      headerBytes: 0,
      tokenBytes: 0,
    }),
    async close() {
      closed = true;
    },
  };
}

function summaryOf(lane: MemoryLane): LaneSummary {
  const summed = lane.blocks.map(({ header, isLarge }) => ({
    isLarge,
    blocks: 1,
    records: header.records,
    stored: storedBytes(header),
    first: header.first,
    last: header.last,
  }));
  return {
    small: summed.filter(({ isLarge }) => !isLarge),
    large: summed.filter(({ isLarge }) => isLarge),
  };
}

function retain(lanes: readonly MemoryLane[], policy: RetentionPolicy, nowMs: number): Retained {
  const plan = planRetention(
    lanes.map((lane) => ({
      key: lane,
      namespace: lane.namespace,
      blocks: lane.blocks.map(({ header }) => heldBlock(header)),
    })),
    policy,
    nowMs,
  );
  const by = [...plan].flatMap(([lane, reasons]) => {
    const dropped = lane.blocks.slice(0, reasons.length).map(({ header }, index) => ({
      namespace: lane.namespace,
      reason: reasons[index] ?? "age",
      blocks: 1,
      records: header.records,
      bytes: storedBytes(header),
    }));
    lane.drop(reasons.length);
    return dropped;
  });
  const total = { blocks: 0, records: 0, bytes: 0 };
  for (const { blocks, records, bytes } of by) {
    total.blocks += blocks;
    total.records += records;
    total.bytes += bytes;
  }
  return { ...total, by };
}
