import { promisify } from "node:util";
import { gunzip, inflate, zstdDecompress } from "node:zlib";

import { ServiceError } from "../errors.ts";
import { INGEST_LIMITS } from "../limits.ts";

type Decompress = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const DECODERS: Readonly<Record<string, Decompress>> = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  zstd: promisify(zstdDecompress),
};

/**
 * Undoes a request's `Content-Encoding`.
 * @throws ServiceError when the encoding is not known, the bytes are damaged, or they expand beyond
 * the limit: a few kilobytes of gzip can hold gigabytes.
 */
export async function decompress(bytes: Buffer, encoding: string | undefined): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase() ?? "identity";
  if (name === "identity" || name === "") return bytes;
  const decoder = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (decoder === undefined) {
    throw new ServiceError(
      "NL_CONTENT_ENCODING",
      "The content encoding is not supported: gzip, deflate, zstd and identity are",
    );
  }
  try {
    return await decoder(bytes, { maxOutputLength: INGEST_LIMITS.bodyBytes });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") {
      throw new ServiceError(
        "NL_BODY_TOO_LARGE",
        `The body is larger than ${INGEST_LIMITS.bodyBytes} bytes after decompression`,
      );
    }
    throw new ServiceError("NL_BODY_ENCODING", undefined, { cause: error });
  }
}
