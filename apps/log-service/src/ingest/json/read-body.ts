import { ServiceError } from "../../errors.ts";
import { BLOCK_LIMITS } from "../../limits.ts";
import type { NormalizeContext } from "../../record/normalize.ts";
import { BatchBuilder, checkRoom, type Batch } from "../batch.ts";
import { readColumns, type ColumnBatch } from "./read-columns.ts";
import { RecordReader } from "./read-record.ts";
import { skipBlank, splitArray } from "./split-array.ts";

const LINE_FEED = 0x0a;
const OPEN_BRACKET = 0x5b;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * A body of `POST /api/logs`; errors as those of `placesInJson` and `placesInLines`.
 * @param columns Whether a large body may be read into columns.
 */
export async function readBody(
  bytes: Buffer,
  lines: boolean,
  context: NormalizeContext,
  columns: boolean,
): Promise<Batch | ColumnBatch> {
  const places = lines ? placesInLines(bytes) : placesInJson(bytes);
  return columns && places.length / 2 >= BLOCK_LIMITS.tokenFilterRecords
    ? readColumns(bytes, places, context)
    : readEach(bytes, places, context);
}

/** A JSON text that is one record or an array of them; errors as those of `placesInJson`. */
export function readJson(bytes: Buffer, context: NormalizeContext): Batch {
  return readEach(bytes, placesInJson(bytes), context);
}

/** Lines of JSON, one record each; errors as those of `placesInLines`. */
export function readLines(bytes: Buffer, context: NormalizeContext): Batch {
  return readEach(bytes, placesInLines(bytes), context);
}

function readEach(bytes: Buffer, places: readonly number[], context: NormalizeContext): Batch {
  const reader = new RecordReader(bytes, context);
  const batch = new BatchBuilder();
  for (let at = 0; at < places.length; at += 2) {
    batch.add(reader.read(places[at] ?? 0, places[at + 1] ?? 0));
  }
  return batch;
}

/**
 * The records of a JSON text that is one or an array of them: start and end of each in turn.
 * @throws ServiceError when the text has no records, too many, or does not close.
 */
export function placesInJson(bytes: Buffer): number[] {
  const start = skipBlank(bytes, afterBom(bytes), bytes.length);
  if (start === bytes.length) throw new ServiceError("NL_BODY_EMPTY");
  if (bytes[start] !== OPEN_BRACKET) return [start, bytes.length];
  const places: number[] = [];
  const closed = splitArray(bytes, start, bytes.length, (from, to) => addPlace(places, from, to));
  if (!closed) {
    throw new ServiceError(
      "NL_BODY_NOT_JSON",
      "The array does not close; nothing of it was stored. Lines of JSON are application/x-ndjson",
    );
  }
  if (places.length === 0) throw new ServiceError("NL_BODY_EMPTY", "The array holds no record");
  return places;
}

/**
 * The lines that are not blank: start and end of each in turn.
 * @throws ServiceError when there are none or too many.
 */
export function placesInLines(bytes: Buffer): number[] {
  const places: number[] = [];
  for (let start = afterBom(bytes); start < bytes.length;) {
    const found = bytes.indexOf(LINE_FEED, start);
    const end = found === -1 ? bytes.length : found;
    const first = skipBlank(bytes, start, end);
    if (first < end) addPlace(places, first, end);
    start = end + 1;
  }
  if (places.length === 0) throw new ServiceError("NL_BODY_EMPTY");
  return places;
}

function addPlace(places: number[], start: number, end: number): void {
  checkRoom({ size: places.length / 2 });
  places.push(start, end);
}

/** Editors on Windows put a byte order mark first; JSON.parse refuses it. */
function afterBom(bytes: Buffer): number {
  return bytes.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
}
