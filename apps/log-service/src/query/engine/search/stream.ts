import type { ServiceError } from "../../../errors.ts";
import { ENGINE_LIMITS } from "../../../limits.ts";
import type { Asking } from "../asking.ts";
import type { ExportQuestion } from "../port.ts";
import { recordJson } from "../reply.ts";
import { cursorText, searchPage, unavailable } from "./answer.ts";

/** Some of the records, in order. */
export interface Chunk {
  /** JSON texts. */
  readonly items: readonly string[];
  /** Goes on behind them; null after the last. */
  readonly cursor: string | null;
  /** How many were given out so far, these included. */
  readonly records: number;
}

/** Everything that matches, a chunk at a time: what is held does not grow with what is read. */
export async function* streamChunks(
  question: ExportQuestion,
  asking: Asking,
): AsyncGenerator<Chunk, void, undefined> {
  let left = question.limit ?? Infinity;
  let { cursor } = question;
  let records = 0;
  do {
    const limit = Math.min(left, ENGINE_LIMITS.streamRecords);
    const page = await searchPage(
      { ...question, limit, cursor },
      ENGINE_LIMITS.streamUnits,
      asking,
    );
    // Whoever wants everything is not given a part for it: what was given out ends before this page.
    if (page.isPartial) throw unavailable();
    const items = page.records.map(({ id, record }) => recordJson(id, record));
    left -= items.length;
    records += items.length;
    cursor = page.next === undefined ? undefined : cursorText(page.next, page.names, question);
    yield { items, cursor: cursor ?? null, records };
  } while (cursor !== undefined && left > 0);
}

/** Lines of records, and one that says how to go on: under `end` if there is nothing to go on with now. */
export function exportLines({ items, cursor, records }: Chunk, isLast: boolean): Buffer {
  const place = { cursor, records };
  return lines([...items, JSON.stringify(isLast ? { end: place } : { checkpoint: place })]);
}

/** Ends a stream that fails in its middle, whose status was sent long ago. */
export function exportError({ code, message }: ServiceError, { cursor, records }: Chunk): Buffer {
  return lines([JSON.stringify({ error: { code, message, cursor, records } })]);
}

function lines(texts: readonly string[]): Buffer {
  return Buffer.from([...texts, ""].join("\n"));
}
