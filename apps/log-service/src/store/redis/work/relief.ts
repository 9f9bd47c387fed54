import { DamagedBlockError } from "../../../block/bytes.ts";
import { readHeader } from "../../../block/header.ts";
import { STORE_LIMITS, WORK_LIMITS } from "../../../limits.ts";
import { heldBlock, planRetention } from "../../retention.ts";
import { lastPlace } from "../../stored-block.ts";
import type { RedisContext } from "../context.ts";
import type { Lane } from "../keys.ts";
import { readStreamId } from "../stream-id.ts";
import { memoryOf } from "./memory.ts";
import { DropCount, trimStream, type LaneStream, type TrimmedBlock } from "./trim.ts";

/** Blocks of a stream's beginning that are looked at in one round. */
const PAGE = 32;
/** A writer waits for this. */
const ROUNDS = 16;

/**
 * Makes room for a writer that found none: the namespace that holds most gives its oldest blocks.
 * Knows nothing of the lanes from before, since it runs where no headers are kept.
 * @returns whether there was room already, as others made some.
 */
export async function relieve(context: RedisContext, count: DropCount): Promise<boolean> {
  let isFull = false;
  for (const server of await memoryOf(context.writes, await context.allLanes())) {
    if (server.limit === 0) continue;
    const least = Math.max(WORK_LIMITS.relievedBytes, server.limit * WORK_LIMITS.relieved);
    // A server with a small limit keeps most of what it has.
    const room = Math.min(least, server.limit / 8);
    const excess = server.used + room + STORE_LIMITS.commitRoom - server.limit;
    if (excess <= 0) continue;
    isFull = true;
    await free(context, server.lanes, excess, count);
  }
  return !isFull;
}

/** Whether what lies there is enough to make room for one commit on every server. */
export async function canRelieve(context: RedisContext): Promise<boolean> {
  for (const server of await memoryOf(context.writes, await context.allLanes())) {
    const excess = server.used + STORE_LIMITS.commitRoom - server.limit;
    if (server.limit === 0 || excess <= 0) continue;
    const sizes = await Promise.all(server.lanes.map((lane) => bytesOf(context, lane)));
    if (sizes.reduce((sum, size) => sum + size, 0) < excess) return false;
  }
  return true;
}

async function free(
  context: RedisContext,
  lanes: readonly Lane[],
  excess: number,
  count: DropCount,
): Promise<void> {
  const held = new Map<string, number>();
  const sizes = await Promise.all(lanes.map((lane) => bytesOf(context, lane)));
  lanes.forEach(({ namespace }, index) => {
    held.set(namespace, (held.get(namespace) ?? 0) + (sizes[index] ?? 0));
  });
  let left = excess;
  for (let round = 0; round < ROUNDS && left > 0; round += 1) {
    const [most, next] = [...held].toSorted(([, a], [, b]) => b - a);
    if (most === undefined || most[1] <= 0) return;
    const [namespace, bytes] = most;
    // No further than to where another namespace holds as much.
    const share = Math.max(bytes - (next?.[1] ?? 0), left / 4);
    const streams = await Promise.all(
      lanes
        .filter((lane) => lane.namespace === namespace)
        .map((lane) => beginning(context, lane, PAGE)),
    );
    const freed = await dropFirst(context, streams.flat(), Math.min(left, share), count);
    left -= freed;
    held.set(namespace, freed === 0 ? 0 : bytes - freed);
  }
}

async function dropFirst(
  context: RedisContext,
  streams: readonly LaneStream[],
  bytes: number,
  count: DropCount,
): Promise<number> {
  const queues = streams.map((stream) => ({
    key: stream,
    namespace: stream.lane.namespace,
    blocks: stream.blocks,
  }));
  let freed = 0;
  for (const [stream, reasons] of planRetention(queues, {}, 0, bytes)) {
    await trimStream(context, stream, reasons, count);
    for (const block of stream.blocks.slice(0, reasons.length)) freed += block.bytes;
  }
  return freed;
}

/** What a lane's streams take, about: the server looks at a few nodes of each. */
export async function bytesOf(context: RedisContext, { keys }: Lane): Promise<number> {
  const streams = [
    keys.smallHeaders,
    keys.smallBodies,
    keys.largeHeaders,
    keys.largeFilters,
    keys.largeBodies,
  ];
  const sizes = await Promise.all(streams.map((key) => context.writes.memory("USAGE", key)));
  return sizes.reduce<number>((sum, size) => sum + Number(size ?? 0), 0);
}

/** A lane's streams with so many of their first blocks. */
export async function beginning(
  context: RedisContext,
  lane: Lane,
  count: number,
): Promise<readonly LaneStream[]> {
  const { smallHeaders, largeHeaders } = lane.keys;
  const [small, large] = await Promise.all(
    [smallHeaders, largeHeaders].map((key) =>
      context.writes.xrangeBuffer(key, "-", "+", "COUNT", count),
    ),
  );
  return [
    { lane, kind: "small", blocks: (small ?? []).map(describe) },
    { lane, kind: "large", blocks: (large ?? []).map(describe) },
  ];
}

function describe([id, fields]: [Buffer, Buffer[]]): TrimmedBlock {
  const place = readStreamId(id.toString());
  const at = fields.findIndex((field, index) => index % 2 === 0 && field.toString() === "h");
  try {
    const header = readHeader(fields[at + 1] ?? new Uint8Array());
    return { id: place, lastPlace: lastPlace(header, place), ...heldBlock(header) };
  } catch (error) {
    if (!(error instanceof DamagedBlockError)) throw error;
    const { major } = place;
    const unknown = { records: 0, bytes: 0, receivedFirst: major, receivedLast: major };
    return { id: place, lastPlace: place, ...unknown };
  }
}
