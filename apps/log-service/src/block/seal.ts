import { promisify } from "node:util";
import {
  constants,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
  type ZstdOptions,
} from "node:zlib";

import { BLOCK_LIMITS } from "../limits.ts";
import { DamagedBlockError } from "./bytes.ts";
import type { RawBlock } from "./encode.ts";
import { writeHeader, type BlockHeader } from "./header.ts";
import { BlockRows } from "./rows.ts";

/** A block as it is stored. */
export interface SealedBlock {
  readonly header: Buffer;
  readonly body: Buffer;
  readonly records: number;
}

const compressAsync = promisify(zstdCompress);
const decompressAsync = promisify(zstdDecompress);

/** Below this the hop to a thread and back costs more than the work. */
const SYNC_BYTES = 16 * 1024;

const OPTIONS: ZstdOptions = {
  params: {
    [constants.ZSTD_c_compressionLevel]: 3,
    [constants.ZSTD_c_checksumFlag]: 1,
  },
};

/** Compresses a block, larger ones on another thread. */
export async function sealBlock({ summary, raw }: RawBlock): Promise<SealedBlock> {
  const body =
    raw.length <= SYNC_BYTES ? zstdCompressSync(raw, OPTIONS) : await compressAsync(raw, OPTIONS);
  return { header: writeHeader(summary, body.length), body, records: summary.records };
}

/**
 * Decompresses a body, larger ones on another thread.
 * @throws DamagedBlockError for a body that does not belong to the header or is no body at all.
 */
export async function openBlock(
  namespace: string,
  header: BlockHeader,
  body: Uint8Array,
): Promise<BlockRows> {
  if (body.length !== header.bodyBytes) throw new DamagedBlockError("the body has another size");
  // The header's own size is the limit: a bomb cannot claim little and become much.
  const options = { maxOutputLength: Math.min(header.rawBytes, BLOCK_LIMITS.bodyBytes) };
  let raw: Buffer;
  try {
    raw =
      header.rawBytes <= SYNC_BYTES
        ? zstdDecompressSync(body, options)
        : await decompressAsync(body, options);
  } catch (error) {
    throw new DamagedBlockError("the body cannot be decompressed", { cause: error });
  }
  if (raw.length !== header.rawBytes) throw new DamagedBlockError("the body has another length");
  return new BlockRows(namespace, header, raw);
}
