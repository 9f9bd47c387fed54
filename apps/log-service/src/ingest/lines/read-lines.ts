import { LineSplitter, RecordReader, type Line, type Numbered } from "@neurallog/formats";

import { ServiceError } from "../../errors.ts";
import { normalize, type NormalizeContext } from "../../record/normalize.ts";
import { BatchBuilder, checkRoom, type Batch } from "../batch.ts";
import { clockOf } from "../fields/read-fields.ts";
import { Turn } from "../turn.ts";

export interface LineOptions {
  /** The source of lines that name none of their own. */
  readonly source: string | undefined;
  /** Whether stack traces and the like are one record with the line before. */
  readonly join: boolean;
}

/** Bytes that are split at a time: many lines' worth, and less than a turn even if all are blank. */
const PIECE = 16 * 1024;

/**
 * Plain lines of any program: the format of each is recognised for itself, and a line of none is a
 * message as it stands. Bytes that are not UTF-8 are read as Latin-1; a line longer than a message
 * may be goes as several records. No line is ever refused for its form.
 * @throws ServiceError when there is no line, or too many.
 */
export async function readPlainLines(
  bytes: Buffer,
  options: LineOptions,
  context: NormalizeContext,
): Promise<Batch> {
  const batch = new BatchBuilder();
  const reader = new RecordReader({ clock: clockOf(context), join: options.join });
  const splitter = new LineSplitter();
  const turn = new Turn();
  const take = (done: Numbered | undefined): void => {
    if (done === undefined) return;
    checkRoom(batch);
    const { source } = options;
    const { record } = done;
    batch.add(normalize(source === undefined ? record : { source, ...record }, context));
  };
  const takeAll = async (lines: readonly Line[]): Promise<void> => {
    for (const line of lines) {
      if (line.text.trim() !== "") take(reader.push(line));
      if (turn.isOver()) await turn.next();
    }
  };
  for (let at = 0; at < bytes.length; at += PIECE) {
    await takeAll(splitter.push(bytes.subarray(at, at + PIECE)));
  }
  await takeAll(splitter.end());
  take(reader.flush());
  if (batch.size === 0) throw new ServiceError("NL_BODY_EMPTY");
  return batch;
}
