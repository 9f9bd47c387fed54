import { ARCHIVED_QUERY_LIMITS } from "../../../archive/limits.ts";
import { ServiceError } from "../../../errors.ts";
import { SEARCH_LIMITS } from "../../../limits.ts";
import { readPositions, writePositions } from "../../../store/position.ts";
import { open, type Asking } from "../asking.ts";
import type { SearchQuestion } from "../questions.ts";
import { recordJson, type Reply } from "../reply.ts";
import type { Refine } from "../selector.ts";
import { readCursor, searchFingerprint, writeCursor, type Cursor } from "./cursor.ts";
import { Scan, type Outcome } from "./scan.ts";

/** A page as values: what other answers are made of. */
export interface PageOfRecords extends Outcome {
  /** Where the lanes stood. */
  readonly positions: readonly string[];
  readonly names: readonly string[];
}

export interface PageQuestion extends Omit<SearchQuestion, "kind"> {
  readonly refine?: Refine | undefined;
}

/** @throws ServiceError NL_CURSOR_INVALID, NL_PARAMETER_INVALID, and what the store throws. */
export async function answerSearch(question: SearchQuestion, asking: Asking): Promise<Reply> {
  const page = await searchPage(question, SEARCH_LIMITS.pageUnits, asking);
  return {
    lists: [
      { name: "records", items: page.records.map(({ id, record }) => recordJson(id, record)) },
    ],
    rest: {
      next_cursor: page.next === undefined ? null : cursorText(page.next, page.names, question),
      truncated: page.truncated,
      scanned: asking.task.scanned,
      position: writePositions(page.positions),
    },
  };
}

export function cursorText(
  cursor: Cursor,
  names: readonly string[],
  { scope }: Pick<PageQuestion, "scope">,
): string {
  return writeCursor(cursor, scope.carried ? names : undefined);
}

/** @param units Text of the page's records. */
export async function searchPage(
  question: PageQuestion,
  units: number,
  asking: Asking,
): Promise<PageOfRecords> {
  const { filter, order, limit, refine } = question;
  const resumed = question.cursor === undefined ? undefined : readCursor(question.cursor);
  const { from, to } = resumed ?? question;
  const after = resumed === undefined ? readAfter(question.after) : resumed.after;
  const bounds = {
    ...(after !== undefined && { after }),
    ...(resumed !== undefined && { upTo: resumed.upTo }),
  };
  const wanted = { filter, from, to, refine };
  const missesLanes = resumed?.missed === "lanes";
  const opened = await open(question.scope, wanted, bounds, asking, { missesLanes });
  const { names, snapshot, selector } = opened;
  if (snapshot.positions.length > SEARCH_LIMITS.positions) throw tooManyLanes();
  const search = searchFingerprint(names, filter, order);
  if (resumed !== undefined && resumed.search !== search) {
    throw new ServiceError("NL_CURSOR_INVALID");
  }
  const base: Cursor = {
    search,
    ...(question.nowMs !== undefined && { now: question.nowMs }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(after !== undefined && { after: [...after] }),
    upTo: [],
    ...(resumed?.key !== undefined && { key: resumed.key }),
    pending: [],
  };
  const scan = new Scan({ selector, order, limit, units, base, resumed });
  const outcome = await scan.run(opened, asking);
  if (outcome.isPartial && !mayLack(outcome, resumed)) throw unavailable();
  // Known by now: the archive's own lanes were asked for beside the hot store's blocks.
  const positions = await opened.positions;
  if (positions.length > SEARCH_LIMITS.positions) throw tooManyLanes();
  const isBlind = (await opened.archived) === undefined && (resumed === undefined || missesLanes);
  const missed = isBlind ? "lanes" : "records";
  const next = outcome.next && {
    ...outcome.next,
    upTo: [...positions],
    ...(outcome.isPartial && ({ missed } as const)),
  };
  return { ...outcome, next, positions, names };
}

/**
 * Whether a page may be given out although it lacks what only the archive has. A search's first may,
 * with a warning, and what goes on from such a page, as long as there is anything to give. Whoever goes
 * on from a page that lacks nothing gets the next one like it, or an error and tries again.
 */
function mayLack({ records, next }: Outcome, resumed: Cursor | undefined): boolean {
  if (resumed === undefined) return true;
  const hasMoved = records.length > 0 || next?.scanned !== undefined;
  return resumed.missed !== undefined && hasMoved;
}

export function unavailable(): ServiceError {
  return new ServiceError(
    "NL_ARCHIVE_UNAVAILABLE",
    "The archive did not answer, and what was asked for may be there: ask for the same again later",
    { retryAfterSeconds: ARCHIVED_QUERY_LIMITS.restMs / 1000 },
  );
}

function readAfter(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const positions = readPositions(text);
  if (positions === undefined || positions.length > SEARCH_LIMITS.positions) {
    throw new ServiceError("NL_PARAMETER_INVALID", "'after' is not a position that a search gave");
  }
  return positions;
}

function tooManyLanes(): ServiceError {
  return new ServiceError(
    "NL_PARAMETER_INVALID",
    `namespace has to name fewer namespaces: they have more than ${SEARCH_LIMITS.positions} lanes`,
    { details: { parameter: "namespace" } },
  );
}
