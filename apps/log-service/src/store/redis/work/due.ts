import { WORK_LIMITS } from "../../../limits.ts";
import type { RetentionPolicy } from "../../port.ts";
import type { RedisContext } from "../context.ts";
import type { Lane } from "../keys.ts";
import { memoryOf } from "./memory.ts";
import { beginning, bytesOf } from "./relief.ts";

/** Blocks of one stream that are looked at for their age. */
const OLDEST = 1;

/** Whether there is something to do, from a few commands for each lane and none of its headers. */
export async function isWorkDue(
  context: RedisContext,
  policy: RetentionPolicy,
  nowMs: number,
): Promise<boolean> {
  const lanes = await context.allLanes();
  if (lanes.length === 0) return false;
  if (policy.watermark !== undefined && (await isAbove(context, lanes, policy.watermark))) {
    return true;
  }
  const due = await Promise.all(lanes.map((lane) => isLaneDue(context, lane, policy, nowMs)));
  return due.includes(true) || (await hasTooMuch(context, lanes, policy));
}

export async function isAbove(
  { reads }: RedisContext,
  lanes: readonly Lane[],
  watermark: number,
): Promise<boolean> {
  const servers = await memoryOf(reads, lanes);
  return servers.some(({ used, limit }) => limit > 0 && used > limit * watermark);
}

async function isLaneDue(
  context: RedisContext,
  lane: Lane,
  policy: RetentionPolicy,
  nowMs: number,
): Promise<boolean> {
  const { smallHeaders, tombstones } = lane.keys;
  const [small, cleared] = await Promise.all([
    context.reads.xlen(smallHeaders),
    context.reads.hlen(tombstones),
  ]);
  // One field counts.
  if (small >= WORK_LIMITS.quietBlocks || cleared > 1) return true;
  const ageMs = policy.namespaces?.[lane.namespace]?.ageMs ?? policy.ageMs;
  if (ageMs === undefined) return false;
  const streams = await beginning(context, lane, OLDEST);
  return streams.some(({ blocks }) =>
    blocks.some(({ receivedLast }) => receivedLast < nowMs - ageMs),
  );
}

/** By what the server says that streams take, which is a little more than retention counts. */
async function hasTooMuch(
  context: RedisContext,
  lanes: readonly Lane[],
  policy: RetentionPolicy,
): Promise<boolean> {
  const limited = lanes.filter(
    ({ namespace }) =>
      policy.bytes !== undefined || policy.namespaces?.[namespace]?.bytes !== undefined,
  );
  const sizes = await Promise.all(limited.map((lane) => bytesOf(context, lane)));
  const held = new Map<string, number>();
  limited.forEach(({ namespace }, index) => {
    held.set(namespace, (held.get(namespace) ?? 0) + (sizes[index] ?? 0));
  });
  const all = [...held.values()].reduce((sum, bytes) => sum + bytes, 0);
  return (
    all > (policy.bytes ?? Number.POSITIVE_INFINITY) ||
    [...held].some(
      ([namespace, bytes]) =>
        bytes > (policy.namespaces?.[namespace]?.bytes ?? Number.POSITIVE_INFINITY),
    )
  );
}
