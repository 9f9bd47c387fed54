import { ServiceError } from "../../errors.ts";
import type { NormalizeContext, Rejection } from "../../record/normalize.ts";
import type { PreparedRecord } from "../../record/record.ts";
import { BatchBuilder, checkRoom, type Batch } from "../batch.ts";
import { JsonCursor, JsonCursorError } from "../json-cursor.ts";
import { nextLine } from "../json/next-line.ts";
import { skipBlank } from "../json/split-array.ts";
import { orRejection, RecordProblem } from "../record-problem.ts";
import { Turn } from "../turn.ts";
import { clockOf, parseFields, readFields } from "./read-fields.ts";

const OPEN_BRACKET = 0x5b;

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
  const take = (start: number, end: number): void => {
    checkRoom(batch);
    batch.add(read(start, end));
  };
  const start = skipBlank(bytes, 0, bytes.length);
  if (bytes[start] === OPEN_BRACKET) {
    await eachElement(bytes, turn, take);
  } else {
    for (let line = nextLine(bytes, start); line !== undefined; line = nextLine(bytes, line[1])) {
      take(...line);
      if (turn.isOver()) await turn.next();
    }
  }
  if (batch.size === 0) throw new ServiceError("NL_BODY_EMPTY");
  return batch;
}

async function eachElement(
  bytes: Buffer,
  turn: Turn,
  take: (start: number, end: number) => void,
): Promise<void> {
  const cursor = new JsonCursor(bytes);
  try {
    await cursor.each(turn, async () => take(...(await cursor.passOver(turn))));
    cursor.end();
  } catch (error) {
    if (error instanceof JsonCursorError) throw new ServiceError("NL_BODY_NOT_JSON", error.message);
    throw error;
  }
}
