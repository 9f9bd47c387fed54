import { encodeBlock } from "../../block/encode.ts";
import { readHeader, type BlockHeader } from "../../block/header.ts";
import { openBlock, sealBlock } from "../../block/seal.ts";
import { ServiceError } from "../../errors.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { describeNamespace } from "../namespaces.ts";
import type { BlockRef, LogStore, SnapshotBounds, StoreStats } from "../port.ts";
import { lanePrefix, writePosition, writeRecordId } from "../position.ts";
import { expiredBlocks } from "../retention.ts";
import { groupByNamespace, splitForBlocks } from "../split.ts";

interface Block {
  readonly position: string;
  readonly header: BlockHeader;
  readonly body: Buffer;
}

interface Lane {
  readonly namespace: string;
  readonly number: number;
  blocks: Block[];
  last: string | undefined;
}

/** A store that lives as long as its process: for tests, and as the model of what the port means. */
export function createMemoryStore(): LogStore {
  const lanes = new Map<string, Lane>();
  let commits = 0;
  let committedRecords = 0;
  let committedBytes = 0;
  let closed = false;

  function laneOf(namespace: string): Lane {
    const known = lanes.get(namespace);
    if (known !== undefined) return known;
    const lane: Lane = { namespace, number: lanes.size + 1, blocks: [], last: undefined };
    lanes.set(namespace, lane);
    return lane;
  }

  async function append(records: readonly PreparedRecord[]): Promise<readonly string[]> {
    if (closed) throw new ServiceError("NL_STORE_UNAVAILABLE", "The store is closed");
    const ids: string[] = [];
    for (const [namespace, places] of groupByNamespace(records)) {
      const lane = laneOf(namespace);
      const mine = places.flatMap((place) => records[place] ?? []);
      let next = 0;
      for (const run of splitForBlocks(mine)) {
        const sealed = await sealBlock(encodeBlock(run));
        commits += 1;
        committedRecords += run.length;
        committedBytes += sealed.body.length + sealed.header.length;
        const position = writePosition({ lane: lane.number, major: commits, minor: 0 });
        lane.blocks.push({ position, header: readHeader(sealed.header), body: sealed.body });
        lane.last = position;
        for (let index = 0; index < run.length; index += 1) {
          ids[places[next++] ?? -1] = writeRecordId(position, index);
        }
      }
    }
    return ids;
  }

  function refs(lane: Lane, bounds: SnapshotBounds): BlockRef[] {
    const after = bounds.after?.find((position) => isIn(lane, position));
    const upTo = bounds.upTo?.find((position) => isIn(lane, position));
    if (bounds.upTo !== undefined && upTo === undefined) return [];
    return lane.blocks
      .filter(({ position }) => after === undefined || position > after)
      .filter(({ position }) => upTo === undefined || position <= upTo)
      .map((block) => ({
        namespace: lane.namespace,
        position: block.position,
        header: block.header,
        read: async () =>
          lane.blocks.includes(block)
            ? openBlock(lane.namespace, block.header, block.body)
            : undefined,
      }));
  }

  return {
    append,
    async snapshot(namespaces, bounds = {}) {
      const read = namespaces.flatMap((name) => lanes.get(name) ?? []);
      return {
        blocks: read.flatMap((lane) => refs(lane, bounds)),
        positions: bounds.upTo ?? read.flatMap((lane) => lane.last ?? []),
      };
    },
    async namespaces() {
      return [...lanes.values()]
        .map(({ namespace, blocks }) =>
          describeNamespace(
            namespace,
            blocks.map(({ header }) => header),
          ),
        )
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async retain(policy, nowMs) {
      const held = [...lanes.values()].map((lane) => ({
        lane,
        headers: lane.blocks.map(({ header }) => header),
      }));
      const dropped: Block[] = [];
      for (const [lane, cut] of expiredBlocks(held, policy, nowMs)) {
        dropped.push(...lane.blocks.slice(0, cut));
        lane.blocks = lane.blocks.slice(cut);
      }
      return {
        blocks: dropped.length,
        records: dropped.reduce((sum, { header }) => sum + header.records, 0),
        bytes: dropped.reduce((sum, { body }) => sum + body.length, 0),
      };
    },
    async health() {
      return closed
        ? { ready: false, code: "NL_STORE_UNAVAILABLE", reason: "the store is closed" }
        : { ready: true, durability: "none" };
    },
    stats: (): StoreStats => ({
      waitingRecords: 0,
      waitingUnits: 0,
      commits,
      committedRecords,
      committedBytes,
      retriedCommits: 0,
      failedCommits: 0,
    }),
    async close() {
      closed = true;
    },
  };
}

function isIn(lane: Lane, position: string): boolean {
  return (
    lanePrefix(position) === lanePrefix(writePosition({ lane: lane.number, major: 0, minor: 0 }))
  );
}
