import type { PreparedRecord } from "../record/record.ts";
import { BlockBuilder, type RawBlock } from "./builder.ts";
import type { Run } from "./header.ts";

export type { RawBlock } from "./builder.ts";

export interface EncodeOptions {
  /** Where a merged block's records come from, in their order. */
  readonly runs?: readonly Run[];
}

/** @param records 1 to `BLOCK_LIMITS.records` of one namespace, in the order of their indexes. */
export function encodeBlock(
  records: readonly PreparedRecord[],
  { runs }: EncodeOptions = {},
): RawBlock {
  if (records.length === 0) throw new RangeError("a block has at least one record");
  const builder = new BlockBuilder(records.length);
  for (const record of records) builder.addRecord(record);
  return builder.done(runs);
}
