import type { BlockHeader } from "../block/header.ts";
import { BLOCK_LIMITS } from "../limits.ts";
import type { RetentionPolicy, RetentionReason } from "./port.ts";

/** What retention asks of a block. */
export interface HeldBlock {
  readonly records: number;
  readonly bytes: number;
  readonly receivedFirst: number;
  readonly receivedLast: number;
}

/** Blocks of one namespace in the order in which the store can give them up: only from the start. */
export interface HeldQueue<Key> {
  readonly key: Key;
  readonly namespace: string;
  readonly blocks: readonly HeldBlock[];
}

/** A block received so far ahead of now was stamped by a wrong clock and must not hold others. */
const CLOCK_AHEAD_MS = 60 * 60 * 1000;

/**
 * Why each queue's first blocks have to go; a queue that is not named keeps all.
 *
 * Limits over all namespaces are met by the namespace that holds most, from its oldest block on, until
 * another one holds as much: nobody loses a record for the sake of a neighbour that takes more.
 *
 * @param excess Bytes that have to go whatever the policy says, as memory runs out.
 */
export function planRetention<Key>(
  queues: readonly HeldQueue<Key>[],
  policy: RetentionPolicy,
  nowMs: number,
  excess = 0,
): ReadonlyMap<Key, readonly RetentionReason[]> {
  const holders = new Map<string, Holder<Key>>();
  for (const queue of queues) {
    const holder = holders.get(queue.namespace) ?? new Holder<Key>();
    holders.set(queue.namespace, holder);
    holder.add(queue);
  }
  for (const [namespace, holder] of holders) {
    const own = policy.namespaces?.[namespace];
    const ageMs = own?.ageMs ?? policy.ageMs;
    if (ageMs !== undefined) holder.dropBefore(nowMs - ageMs, nowMs);
    if (own?.bytes !== undefined) while (holder.bytes > own.bytes && holder.dropOldest("bytes"));
  }
  const all = [...holders.values()];
  if (policy.bytes !== undefined) {
    dropFairly(all, sum(all) - policy.bytes, "bytes");
  }
  dropFairly(all, excess, "memory");
  return new Map(all.flatMap((holder) => holder.reasons()));
}

export function heldBlock(header: BlockHeader): HeldBlock {
  const { records, receivedFirst, receivedLast } = header;
  return { records, bytes: storedBytes(header), receivedFirst, receivedLast };
}

function sum(holders: readonly Holder<unknown>[]): number {
  return holders.reduce((bytes, holder) => bytes + holder.bytes, 0);
}

function dropFairly(
  holders: readonly Holder<unknown>[],
  excess: number,
  reason: RetentionReason,
): void {
  for (let left = excess; left > 0;) {
    let most: Holder<unknown> | undefined;
    for (const holder of holders) {
      if (holder.bytes === 0) continue;
      const more = most === undefined ? 1 : holder.bytes - most.bytes;
      if (more > 0 || (more === 0 && most !== undefined && holder.oldest < most.oldest)) {
        most = holder;
      }
    }
    const before = most?.bytes ?? 0;
    if (most === undefined || !most.dropOldest(reason)) return;
    left -= before - most.bytes;
  }
}

/** One namespace while it is decided what it gives up. */
class Holder<Key> {
  bytes = 0;
  readonly #queues: { queue: HeldQueue<Key>; reasons: RetentionReason[] }[] = [];

  add(queue: HeldQueue<Key>): void {
    this.#queues.push({ queue, reasons: [] });
    for (const { bytes } of queue.blocks) this.bytes += bytes;
  }

  /** When its oldest block was received. */
  get oldest(): number {
    return this.#first()?.block.receivedFirst ?? Number.POSITIVE_INFINITY;
  }

  dropBefore(before: number, nowMs: number): void {
    for (const { queue, reasons } of this.#queues) {
      let cut = 0;
      for (const [index, block] of queue.blocks.entries()) {
        if (block.receivedLast < before) cut = index + 1;
        else if (block.receivedFirst <= nowMs + CLOCK_AHEAD_MS) break;
      }
      for (const { bytes } of queue.blocks.slice(0, cut)) {
        reasons.push("age");
        this.bytes -= bytes;
      }
    }
  }

  /** Gives up the block received first; false if there is none. */
  dropOldest(reason: RetentionReason): boolean {
    const first = this.#first();
    first?.reasons.push(reason);
    this.bytes -= first?.block.bytes ?? 0;
    return first !== undefined;
  }

  reasons(): [Key, readonly RetentionReason[]][] {
    return this.#queues.flatMap(({ queue, reasons }): [Key, readonly RetentionReason[]][] =>
      reasons.length === 0 ? [] : [[queue.key, reasons]],
    );
  }

  #first(): { block: HeldBlock; reasons: RetentionReason[] } | undefined {
    let first: { block: HeldBlock; reasons: RetentionReason[] } | undefined;
    for (const { queue, reasons } of this.#queues) {
      const block = queue.blocks[reasons.length];
      if (block === undefined) continue;
      if (first === undefined || block.receivedFirst < first.block.receivedFirst) {
        first = { block, reasons };
      }
    }
    return first;
  }
}

/** What a stream entry and its node take beside header and body; measured, rounded up. */
const ENTRY_BYTES = 128;

/** What a token filter takes for each record, about: it lies apart, and is not read for counting. */
const FILTER_BYTES_A_RECORD = 8;

/** About what a block takes in the store, its token filter included. */
export function storedBytes(header: BlockHeader): number {
  const isFiltered = header.records >= BLOCK_LIMITS.tokenFilterRecords;
  const filterBytes = isFiltered ? header.records * FILTER_BYTES_A_RECORD : 0;
  const named = header.sources.size * 16 + (header.minutes?.length ?? 0) * 4;
  const runs = (header.runs?.length ?? 0) * 5;
  return header.bodyBytes + header.traceFilter.length + named + runs + filterBytes + ENTRY_BYTES;
}
