import { ServiceError } from "../errors.ts";
import { LOKI_LIMITS } from "../limits.ts";
import type { Asking } from "../query/engine/asking.ts";
import type { Scope } from "../query/engine/questions.ts";
import { cursorText, searchPage, type PageOfRecords } from "../query/engine/search/answer.ts";
import type { Refine } from "../query/engine/selector.ts";
import { writePositions } from "../store/position.ts";
import type { Entry } from "./entry.ts";
import type { Direction, Range } from "./parameters.ts";
import { compilePipeline } from "./pipeline.ts";
import { refineBy } from "./refine.ts";
import { selectionOf } from "./select.ts";
import type { Streams } from "./streams.ts";
import type { LogExpr } from "./syntax/ast.ts";
import { momentOf } from "./time.ts";

export interface LinesRequest {
  readonly expr: LogExpr;
  readonly range: Range;
  readonly direction: Direction;
  readonly limit: number;
  /** Nanoseconds that lie at least between two lines; 0 for all lines. */
  readonly interval?: bigint;
  readonly scope: Scope;
  readonly streams: Streams;
}

export interface Lines {
  readonly entries: readonly Entry[];
  /** Why there may be more than `limit` tells, for people; undefined if there is not. */
  readonly warning: string | undefined;
  /** Where the store stood: what it took later is not among them, all else was looked at. */
  readonly position: string;
}

/** The first lines, in the direction, that come through the query. */
export async function readLines(request: LinesRequest, asking: Asking): Promise<Lines> {
  const { expr, range, direction, limit, interval = 0n, scope, streams } = request;
  const { filter, rest } = selectionOf(expr);
  const pipeline = compilePipeline(rest);
  const question = {
    scope,
    filter,
    from: momentOf(range.start),
    to: momentOf(range.end),
    order: direction === "forward" ? "asc" : "desc",
  } as const;
  const entries: Entry[] = [];
  let units = 0;
  let position: string | undefined;
  let cursor: string | undefined;
  let refine: Refine | undefined;
  do {
    const all = (rest === undefined || refine !== undefined) && interval === 0n;
    const wanted = all ? limit - entries.length : LOKI_LIMITS.pageLines;
    const page = await unlessAway(
      searchPage(
        { ...question, limit: Math.min(wanted, LOKI_LIMITS.pageLines), cursor, refine },
        LOKI_LIMITS.pageUnits,
        asking,
      ),
    );
    if (page === undefined) break;
    position ??= writePositions(page.positions);
    for (const { record } of page.records) {
      const entry = streams.entryOf(record);
      if (!pipeline(entry) || isTooClose(entry, entries.at(-1), interval)) continue;
      entries.push(entry);
      units += entry.line.length + record.metadata.length;
      if (entries.length === limit) return { entries, warning: undefined, position };
      if (units > LOKI_LIMITS.answerUnits) {
        return { entries, warning: TOO_LONG, position };
      }
    }
    // Where a page of lines was not enough, most are left out: they are looked at by column from here.
    if (rest !== undefined) refine ??= refineBy(rest, streams);
    cursor = page.next === undefined ? undefined : cursorText(page.next, page.names, question);
    await asking.task.pause();
    if (cursor !== undefined && asking.task.spent) {
      return { entries, warning: TOO_MUCH, position };
    }
  } while (cursor !== undefined);
  return { entries, warning: undefined, position: position ?? "" };
}

/** Undefined where the archive failed: the question's warnings say so, and the lines before it are shown. */
async function unlessAway(page: Promise<PageOfRecords>): Promise<PageOfRecords | undefined> {
  try {
    return await page;
  } catch (error) {
    if (error instanceof ServiceError && error.code === "NL_ARCHIVE_UNAVAILABLE") return undefined;
    throw error;
  }
}

function isTooClose(entry: Entry, before: Entry | undefined, interval: bigint): boolean {
  if (interval === 0n || before === undefined) return false;
  const distance = BigInt(entry.time) - BigInt(before.time);
  return (distance < 0n ? -distance : distance) < interval;
}

const TOO_LONG = "the lines are so long that the answer ends before its limit";
const TOO_MUCH = "a limit on work ended the query early: narrow its time range or its selector";
