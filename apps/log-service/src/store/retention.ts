import type { BlockHeader } from "../block/header.ts";
import type { RetentionPolicy } from "./port.ts";

/** A lane's blocks in commit order. */
export interface LaneBlocks<Lane> {
  readonly lane: Lane;
  readonly headers: readonly BlockHeader[];
}

/** A block received so far ahead of now was stamped by a wrong clock and must not hold others. */
const CLOCK_AHEAD_MS = 60 * 60 * 1000;

/**
 * How many of each lane's first blocks the policy drops. Only whole blocks, only from a lane's
 * start, as that is what a stream gives back memory for.
 */
export function expiredBlocks<Lane>(
  lanes: readonly LaneBlocks<Lane>[],
  policy: RetentionPolicy,
  nowMs: number,
): ReadonlyMap<Lane, number> {
  const cuts = new Map<Lane, number>();
  for (const { lane, headers } of lanes) {
    const cut = policy.ageMs === undefined ? 0 : expiredByAge(headers, nowMs - policy.ageMs, nowMs);
    cuts.set(lane, cut);
  }
  if (policy.bytes !== undefined) dropBytes(lanes, cuts, policy.bytes);
  return cuts;
}

function expiredByAge(headers: readonly BlockHeader[], before: number, nowMs: number): number {
  let cut = 0;
  for (const [index, header] of headers.entries()) {
    if (header.receivedLast < before) cut = index + 1;
    else if (header.receivedFirst <= nowMs + CLOCK_AHEAD_MS) break;
  }
  return cut;
}

/** Drops the block received first, whichever lane it is in, until the rest fits. */
function dropBytes<Lane>(
  lanes: readonly LaneBlocks<Lane>[],
  cuts: Map<Lane, number>,
  limit: number,
): void {
  let bytes = 0;
  for (const { lane, headers } of lanes) {
    for (const header of headers.slice(cuts.get(lane))) bytes += storedBytes(header);
  }
  while (bytes > limit) {
    let oldest: { lane: Lane; header: BlockHeader } | undefined;
    for (const { lane, headers } of lanes) {
      const header = headers[cuts.get(lane) ?? 0];
      if (header === undefined) continue;
      if (oldest === undefined || header.receivedFirst < oldest.header.receivedFirst) {
        oldest = { lane, header };
      }
    }
    if (oldest === undefined) return;
    cuts.set(oldest.lane, (cuts.get(oldest.lane) ?? 0) + 1);
    bytes -= storedBytes(oldest.header);
  }
}

/** What a stream entry and its node take beside header and body; measured, rounded up. */
const ENTRY_BYTES = 128;

/** About what a block takes in the store. */
export function storedBytes(header: BlockHeader): number {
  return header.bodyBytes + header.traceFilter.length + header.sources.size * 16 + ENTRY_BYTES;
}
