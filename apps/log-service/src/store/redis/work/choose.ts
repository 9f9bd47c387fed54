import { BLOCK_LIMITS, WORK_LIMITS } from "../../../limits.ts";
import type { LedgerBlock } from "./ledger.ts";

/** What a choice goes by. */
export interface Appetite {
  /** Records that make a good large block. */
  readonly records: number;
  /** This process's steady clock. */
  readonly now: number;
  /** Takes also what would be worth merging only later. */
  readonly eager: boolean;
}

/** The first of these blocks that fit into one: in records, in bytes and in the time that they span. */
export function takeFitting<Block extends LedgerBlock>(
  blocks: readonly Block[],
  most: number,
): readonly Block[] {
  let records = 0;
  let rawBytes = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let taken = 0;
  for (const block of blocks) {
    records += block.records;
    rawBytes += block.rawBytes;
    first = Math.min(first, block.receivedFirst);
    last = Math.max(last, block.receivedLast);
    const fits =
      records <= most &&
      rawBytes <= WORK_LIMITS.mergedRawBytes &&
      last - first <= WORK_LIMITS.spanMs;
    // One block alone is always taken, or it would hold up all that follow.
    if (!fits && taken > 0) break;
    taken += 1;
  }
  return blocks.slice(0, taken);
}

/** The small blocks that are worth merging now: a prefix, maybe none. */
export function chooseSmall<Block extends LedgerBlock>(
  small: readonly Block[],
  { records, now, eager }: Appetite,
): readonly Block[] {
  const [oldest] = small;
  const newest = small.at(-1);
  if (oldest === undefined || newest === undefined) return [];
  const taken = takeFitting(small, records);
  if (taken.length < small.length || eager) return taken;
  const waited = now - oldest.seenAt >= WORK_LIMITS.waitedMs;
  const quiet = now - newest.seenAt >= WORK_LIMITS.quietMs;
  const worth =
    (waited && taken.length >= WORK_LIMITS.waitedBlocks) ||
    (quiet && taken.length >= WORK_LIMITS.quietBlocks);
  return worth ? taken : [];
}

/** Little large blocks that are worth being put together; maybe none. */
export function chooseLittle<Block extends LedgerBlock>(large: readonly Block[]): readonly Block[] {
  const little = large.filter(({ records }) => records > 0 && records < WORK_LIMITS.littleRecords);
  for (let start = 0; start + 1 < little.length;) {
    const taken = takeFitting(little.slice(start), BLOCK_LIMITS.records);
    const records = taken.reduce((sum, block) => sum + block.records, 0);
    if (taken.length >= WORK_LIMITS.littleBlocks || records >= BLOCK_LIMITS.records / 2) {
      return taken;
    }
    start += taken.length;
  }
  return [];
}
