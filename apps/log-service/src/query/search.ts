import { ServiceError } from "../errors.ts";
import { SEARCH_LIMITS } from "../limits.ts";
import { presentRecord } from "../record/present.ts";
import type { LogRecord } from "../record/record.ts";
import type { LogStore } from "../store/port.ts";
import { readPositions, writePositions } from "../store/position.ts";
import { readCursor, searchFingerprint, writeCursor, type Cursor } from "./cursor.ts";
import type { Filter } from "./filter.ts";
import type { Order } from "./key.ts";
import { Scan, type Scanned, type SearchBudget } from "./scan.ts";

/** A moment to the nanosecond; `nanos` are those below the millisecond. */
export interface Moment {
  readonly ms: number;
  readonly nanos: number;
}

export interface SearchRequest {
  /** At most `SEARCH_LIMITS.searchNamespaces`. */
  readonly namespaces: readonly string[];
  readonly filter: Filter;
  /** The first moment that counts. A cursor carries its own times: these are ignored beside one. */
  readonly from?: Moment | undefined;
  /** The first moment that no longer counts. */
  readonly to?: Moment | undefined;
  /** By timestamp, then id. */
  readonly order: Order;
  /** 1 to `SEARCH_LIMITS.records`. */
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** Only what was committed after this: `position` of an earlier page. Ignored beside a cursor. */
  readonly after?: string | undefined;
}

export interface SearchPage {
  readonly records: readonly LogRecord[];
  /** For the next page; null if there is none. Pages together hold each record once. */
  readonly cursor: string | null;
  /** A limit on work ended the page early: there may be more even if it is short. */
  readonly truncated: boolean;
  /** What the search saw of the store: as `after` of another search, only later commits count. */
  readonly position: string;
  readonly scanned: Scanned;
}

export type { Scanned, SearchBudget } from "./scan.ts";

const DEFAULT_BUDGET: SearchBudget = {
  bytes: SEARCH_LIMITS.scannedBytes,
  ms: SEARCH_LIMITS.scanMs,
};

/**
 * Finds one page of records.
 * @throws ServiceError NL_CURSOR_INVALID or NL_PARAMETER_INVALID for a cursor or `after` that is
 * not one, and what the store throws; the signal's reason when aborted.
 */
export async function search(
  store: LogStore,
  request: SearchRequest,
  budget: SearchBudget = DEFAULT_BUDGET,
): Promise<SearchPage> {
  const fingerprint = searchFingerprint(request.namespaces, request.filter, request.order);
  const cursor = request.cursor === undefined ? undefined : readCursor(request.cursor, fingerprint);
  const { from, to } = cursor ?? request;
  const after = cursor === undefined ? readAfter(request.after) : cursor.after;
  const snapshot = await store.snapshot(request.namespaces, {
    ...(after !== undefined && { after }),
    ...(cursor !== undefined && { upTo: cursor.upTo }),
  });
  const base: Cursor = {
    search: fingerprint,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(after !== undefined && { after: [...after] }),
    upTo: [...snapshot.positions],
    ...(cursor?.key !== undefined && { key: cursor.key }),
    pending: [],
  };
  const { filter, order, limit } = request;
  const scan = new Scan({ filter, order, limit, base, resumed: cursor });
  const outcome = await scan.run(snapshot.blocks, budget);
  return {
    records: outcome.records.map(({ id, record }) => presentRecord(id, record)),
    cursor: outcome.next === undefined ? null : writeCursor(outcome.next),
    truncated: outcome.truncated,
    position: writePositions(snapshot.positions),
    scanned: scan.scanned,
  };
}

function readAfter(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const positions = readPositions(text);
  if (positions === undefined || positions.length > SEARCH_LIMITS.searchNamespaces) {
    throw new ServiceError("NL_PARAMETER_INVALID", "'after' is not a position that a search gave");
  }
  return positions;
}
