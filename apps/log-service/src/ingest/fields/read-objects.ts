import { ServiceError } from "../../errors.ts";
import type { NormalizeContext, Rejection } from "../../record/normalize.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { BatchBuilder, checkRoom, type Batch } from "../batch.ts";
import { JsonCursor, JsonCursorError } from "../json-cursor.ts";
import { skipBlank } from "../json/split-array.ts";
import { orRejection, RecordProblem } from "../record-problem.ts";
import { Turn } from "../turn.ts";
import { clockOf, parseFields, readFields } from "./read-fields.ts";

const OPEN_BRACKET = 0x5b;
const LINE_FEED = 0x0a;

/**
 * JSON objects of any program, as an array, one a line, or one after the other, as agents send them
 * that know no form of ours. An object that cannot be taken costs its own place only.
 * @throws ServiceError when there is none, too many, or an array that does not close.
 */
export async function readObjects(bytes: Buffer, context: NormalizeContext): Promise<Batch> {
  const batch = new BatchBuilder();
  const clock = clockOf(context);
  const turn = new Turn();
  const read = (start: number, end: number): PreparedRecord | Rejection =>
    orRejection(() => {
      const fields = parseFields(bytes, start, end);
      const outcome = readFields(fields, bytes.toString("utf8", start, end), context, clock);
      if ("code" in outcome) throw new RecordProblem(outcome.code, outcome.message);
      return outcome;
    });
  for (const [start, end] of objectsOf(bytes)) {
    checkRoom(batch);
    batch.add(read(start, end));
    if (turn.isOver()) await turn.next();
  }
  if (batch.size === 0) throw new ServiceError("NL_BODY_EMPTY");
  return batch;
}

/** Where each element of an array, or each line, stands. */
function* objectsOf(bytes: Buffer): Generator<readonly [number, number]> {
  if (bytes[skipBlank(bytes, 0, bytes.length)] === OPEN_BRACKET) {
    yield* elementsOf(bytes);
    return;
  }
  for (let at = 0; at < bytes.length;) {
    const found = bytes.indexOf(LINE_FEED, at);
    const end = found === -1 ? bytes.length : found;
    const start = skipBlank(bytes, at, end);
    if (start < end) yield [start, end];
    at = end + 1;
  }
}

function* elementsOf(bytes: Buffer): Generator<readonly [number, number]> {
  const cursor = new JsonCursor(bytes);
  try {
    cursor.openArray();
    while (cursor.nextElement()) yield cursor.skipValue();
    cursor.end();
  } catch (error) {
    if (error instanceof JsonCursorError) throw new ServiceError("NL_BODY_NOT_JSON", error.message);
    throw error;
  }
}
