import { ServiceError } from "../../errors.ts";
import { QUERY_LIMITS } from "../../limits.ts";
import type { Filter } from "../filter.ts";
import type { Pipe } from "../pipe.ts";
import { FilterParser } from "./filters.ts";
import { Lost } from "./mistakes.ts";
import { PipeParser } from "./pipes.ts";
import { Reader } from "./reader.ts";

export interface Query {
  readonly filter: Filter;
  readonly pipes: readonly Pipe[];
}

/**
 * Reads a query: docs/query-language.md.
 * @param nowMs What relative times count from.
 * @throws ServiceError NL_QUERY_INVALID telling every mistake that could be told apart; `details` has
 * `line`, `column` and `excerpt` of the first, and all of them as `mistakes`.
 */
export function parseQuery(text: string, nowMs: number): Query {
  if (text.length > QUERY_LIMITS.textUnits) {
    throw new ServiceError(
      "NL_QUERY_INVALID",
      `The query is not valid: it is longer than ${QUERY_LIMITS.textUnits} characters`,
    );
  }
  const reader = new Reader(text);
  try {
    const filter = new FilterParser(reader, nowMs).filter();
    const pipes = new PipeParser(reader).pipes();
    reader.mistakes.check();
    return { filter, pipes };
  } catch (error) {
    if (error instanceof Lost) reader.mistakes.check();
    throw error;
  }
}

/**
 * Reads a filter without pipes, for those who cannot have them: followers, clearing.
 * @throws ServiceError NL_QUERY_INVALID.
 */
export function parseFilter(text: string, nowMs: number): Filter {
  const { filter, pipes } = parseQuery(text, nowMs);
  if (pipes.length > 0) {
    throw new ServiceError(
      "NL_QUERY_INVALID",
      "The query is not valid: pipes are not possible here",
    );
  }
  return filter;
}
