import { promisify } from "node:util";
import { gunzip, inflate, inflateRaw, zstdDecompress } from "node:zlib";

import { ServiceError } from "../errors.ts";
import { INGEST_LIMITS } from "../limits.ts";

type Decompress = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const zlibInflate = promisify(inflate);
const rawInflate = promisify(inflateRaw);

const DECODERS: Readonly<Record<string, Decompress>> = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: (bytes, options) => (hasZlibHeader(bytes) ? zlibInflate : rawInflate)(bytes, options),
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

/** `deflate` means zlib's format, but agents of Loki send the bare stream, as many clients did before them. */
function hasZlibHeader(bytes: Buffer): boolean {
  return bytes.length >= 2 && ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}
