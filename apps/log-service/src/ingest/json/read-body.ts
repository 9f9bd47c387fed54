import { ServiceError } from "../../errors.ts";
import { BLOCK_LIMITS, INGEST_LIMITS } from "../../limits.ts";
import type { NormalizeContext } from "../../record/normalize.ts";
import { BatchBuilder, checkRoom, type Batch } from "../batch.ts";
import { Turn } from "../turn.ts";
import { nextLine } from "./next-line.ts";
import { readColumns, type ColumnBatch } from "./read-columns.ts";
import { RecordReader } from "./read-record.ts";
import { skipBlank, splitArray } from "./split-array.ts";

const OPEN_BRACKET = 0x5b;

/**
 * A body of `POST /api/logs`; errors as those of `placesInJson` and `placesInLines`.
 * @param columns Whether a large body may be read into columns.
 */
export function readBody(
  bytes: Buffer,
  lines: boolean,
  context: NormalizeContext,
  columns: boolean,
): Batch | Promise<Batch | ColumnBatch> {
  if (bytes.length > INGEST_LIMITS.atOnceBytes) return readLarge(bytes, lines, context, columns);
  return lines ? readLines(bytes, context) : readJson(bytes, context);
}

async function readLarge(
  bytes: Buffer,
  lines: boolean,
  context: NormalizeContext,
  columns: boolean,
): Promise<Batch | ColumnBatch> {
  const turn = new Turn();
  const places = lines ? placesInLines(bytes) : [];
  if (!lines) for (const _ of jsonPlaces(bytes, places)) if (turn.isOver()) await turn.next();
  if (columns && places.length / 2 >= BLOCK_LIMITS.tokenFilterRecords) {
    return readColumns(bytes, places, context);
  }
  const batch = new BatchBuilder();
  const reader = new RecordReader(bytes, context);
  for (let at = 0; at < places.length; at += 2) {
    batch.add(reader.read(places[at] ?? 0, places[at + 1] ?? 0));
    if (turn.isOver()) await turn.next();
  }
  return batch;
}

/** A JSON text that is one record or an array of them; errors as those of `placesInJson`. */
export function readJson(bytes: Buffer, context: NormalizeContext): Batch {
  return readAll(bytes, placesInJson(bytes), context);
}

/** Lines of JSON, one record each; errors as those of `placesInLines`. */
export function readLines(bytes: Buffer, context: NormalizeContext): Batch {
  return readAll(bytes, placesInLines(bytes), context);
}

function readAll(bytes: Buffer, places: readonly number[], context: NormalizeContext): Batch {
  const batch = new BatchBuilder();
  const reader = new RecordReader(bytes, context);
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
  const places: number[] = [];
  Array.from(jsonPlaces(bytes, places));
  return places;
}

/** Notes the places in pieces of work, as long as there is more to look through. */
function jsonPlaces(bytes: Buffer, places: number[]): Iterable<void> {
  const start = skipBlank(bytes, afterBom(bytes), bytes.length);
  if (start === bytes.length) throw new ServiceError("NL_BODY_EMPTY");
  if (bytes[start] === OPEN_BRACKET) return arrayPlaces(bytes, start, places);
  places.push(start, bytes.length);
  return [];
}

function* arrayPlaces(bytes: Buffer, start: number, places: number[]): Generator<void> {
  const add = (from: number, to: number) => addPlace(places, from, to);
  const closed = yield* splitArray(bytes, start, bytes.length, add);
  if (!closed) {
    throw new ServiceError(
      "NL_BODY_NOT_JSON",
      "The array does not close; nothing of it was stored. Lines of JSON are application/x-ndjson",
    );
  }
  if (places.length === 0) throw new ServiceError("NL_BODY_EMPTY", "The array holds no record");
}

/**
 * The lines that are not blank: start and end of each in turn.
 * @throws ServiceError when there are none or too many.
 */
export function placesInLines(bytes: Buffer): number[] {
  const places: number[] = [];
  let line = nextLine(bytes, afterBom(bytes));
  for (; line !== undefined; line = nextLine(bytes, line[1])) addPlace(places, ...line);
  if (places.length === 0) throw new ServiceError("NL_BODY_EMPTY");
  return places;
}

function addPlace(places: number[], start: number, end: number): void {
  checkRoom({ size: places.length / 2 });
  places.push(start, end);
}

/** Editors on Windows put a byte order mark first; JSON.parse refuses it. */
function afterBom(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
