import { ServiceError } from "../../errors.ts";
import { QUERY_LIMITS } from "../../limits.ts";
import type { Expr, LogExpr, Matcher } from "./ast.ts";
import { parseSelector } from "./parse-log.ts";
import { parseExpr } from "./parse-metric.ts";
import { Tokens } from "./tokens.ts";

/**
 * Reads a LogQL query.
 * @throws ServiceError NL_LOGQL_INVALID with line and column of what is wrong.
 */
export function parseQuery(text: string): Expr {
  return whole(text, parseExpr);
}

/** Reads a query that has to be one for logs. */
export function parseLogQuery(text: string): LogExpr {
  const expr = parseQuery(text);
  if (expr.kind === "log") return expr;
  throw new ServiceError("NL_LOGQL_INVALID", "parse error : only log queries are supported here");
}

/** Reads `{…}` alone. */
export function parseMatchers(text: string): readonly Matcher[] {
  return whole(text, parseSelector);
}

function whole<T>(text: string, read: (input: Tokens) => T): T {
  if (text.length > QUERY_LIMITS.textUnits) {
    throw new ServiceError(
      "NL_LOGQL_INVALID",
      `query too long: it has at most ${QUERY_LIMITS.textUnits} characters`,
    );
  }
  const input = new Tokens(text);
  if (input.ended) throw input.unexpected("expecting a query");
  const value = read(input);
  if (!input.ended) throw input.unexpected("expecting the query's end");
  return value;
}
