import type { SearchQuery } from "../../operations/search-query.ts";
import { fitting } from "../answer/fit.ts";
import type { FoundRecord } from "../answer/found-record.ts";
import { recordText, shorten } from "../answer/shorten.ts";
import type { Call, LogApi, SearchPageAnswer } from "../log-api.ts";

export interface FittingPage {
  readonly page: SearchPageAnswer;
  readonly records: FoundRecord[];
}

/**
 * A page for a model. One that is too large is asked for again with fewer records, so that its cursor fits
 * what is shown; one record is shown however large.
 * @param bytes As of `fitting`.
 */
export async function fittingPage(
  api: LogApi,
  query: SearchQuery,
  call: Call,
  bytes?: number,
): Promise<FittingPage> {
  let asked = query;
  for (;;) {
    const page = await api.search(asked, call);
    const records = page.records.map(shorten);
    const room = fitting(records, recordText, bytes);
    if (records.length <= 1 || room === records.length) return { page, records };
    asked = { ...query, limit: Math.max(1, room) };
  }
}

/** How a model goes on behind a page. */
export function moreLines({ next_cursor: cursor }: SearchPageAnswer): readonly string[] {
  return cursor === null
    ? []
    : [`There may be more: call again with the same arguments and cursor ${cursor}`];
}
