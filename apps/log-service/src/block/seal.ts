import { DamagedBlockError } from "./bytes.ts";
import { BLOCK_LIMITS } from "../limits.ts";
import type { RawBlock } from "./builder.ts";
import { packBody } from "./frames.ts";
import { writeHeader, type BlockHeader } from "./header.ts";
import { BlockRows } from "./rows.ts";

/** A block as it is stored. */
export interface SealedBlock {
  readonly header: Buffer;
  readonly body: Buffer;
  /** The token filter as stored beside; undefined for a small block. */
  readonly filters: Uint8Array | undefined;
  readonly records: number;
}

/** Compresses a block, its larger parts on other threads. */
export async function sealBlock({
  summary,
  sections,
  tokenFilter,
}: RawBlock): Promise<SealedBlock> {
  const body = await packBody(sections, summary.records >= BLOCK_LIMITS.partedRecords);
  return {
    header: writeHeader(summary, body.length),
    body,
    filters: tokenFilter,
    records: summary.records,
  };
}

/**
 * A block's rows; each part of the body is decompressed when it is first asked for.
 * @throws DamagedBlockError for a body that does not belong to the header or is no body at all.
 */
export async function openBlock(
  namespace: string,
  header: BlockHeader,
  body: Uint8Array,
): Promise<BlockRows> {
  if (body.length !== header.bodyBytes) throw new DamagedBlockError("the body has another size");
  return new BlockRows(namespace, header, body);
}
