import { ServiceError } from "../../errors.ts";
import type { NormalizeContext } from "../../record/normalize.ts";
import { BatchBuilder, checkRoom, type Batch } from "../batch.ts";
import { RecordReader } from "./read-record.ts";
import { skipBlank, splitArray } from "./split-array.ts";

const LINE_FEED = 0x0a;
const OPEN_BRACKET = 0x5b;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * A JSON text that is one record or an array of them.
 * @throws ServiceError when the text has no records, too many, or does not close.
 */
export function readJson(bytes: Buffer, context: NormalizeContext): Batch {
  const start = skipBlank(bytes, afterBom(bytes), bytes.length);
  if (start === bytes.length) throw new ServiceError("NL_BODY_EMPTY");
  const reader = new RecordReader(bytes, context);
  const batch = new BatchBuilder();
  if (bytes[start] !== OPEN_BRACKET) {
    batch.add(reader.read(start, bytes.length));
    return batch;
  }
  const closed = splitArray(bytes, start, bytes.length, (from, to) => {
    checkRoom(batch);
    batch.add(reader.read(from, to));
  });
  if (!closed) {
    throw new ServiceError(
      "NL_BODY_NOT_JSON",
      "The array does not close; nothing of it was stored. Lines of JSON are application/x-ndjson",
    );
  }
  if (batch.size === 0) throw new ServiceError("NL_BODY_EMPTY", "The array holds no record");
  return batch;
}

/**
 * Lines of JSON, one record each. A bad line is reported with its place; blank lines have none.
 * @throws ServiceError when there are no lines or too many.
 */
export function readLines(bytes: Buffer, context: NormalizeContext): Batch {
  const reader = new RecordReader(bytes, context);
  const batch = new BatchBuilder();
  for (let start = afterBom(bytes); start < bytes.length;) {
    const found = bytes.indexOf(LINE_FEED, start);
    const end = found === -1 ? bytes.length : found;
    const first = skipBlank(bytes, start, end);
    if (first < end) {
      checkRoom(batch);
      batch.add(reader.read(first, end));
    }
    start = end + 1;
  }
  if (batch.size === 0) throw new ServiceError("NL_BODY_EMPTY");
  return batch;
}

/** Editors on Windows put a byte order mark first; JSON.parse refuses it. */
function afterBom(bytes: Buffer): number {
  return bytes.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
}
