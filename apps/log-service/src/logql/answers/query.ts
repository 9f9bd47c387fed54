import { ServiceError } from "../../errors.ts";
import { readLines } from "../lines.ts";
import { evaluate } from "../metric/evaluate.ts";
import { stepsOf } from "../metric/windows.ts";
import { parseQuery } from "../syntax/parse.ts";
import { printExpr } from "../syntax/print.ts";
import type { Call } from "./call.ts";
import { samplesOf, statsOf, streamsOf } from "./format.ts";

/** `query_range`: lines, or samples at each step. */
export async function answerQueryRange(call: Call): Promise<object> {
  const { parameters, scope, streams, asking } = call;
  const expr = parseQuery(parameters.query());
  const range = parameters.range();
  if (expr.kind !== "log") {
    const steps = stepsOf(range, parameters.step(range));
    const value = await evaluate(expr, { scope, steps, streams, asking });
    const returned = "series" in value ? value.series.length : 1;
    return success({ ...samplesOf(value, steps, "range"), stats: statsOf(asking.task, returned) });
  }
  const [limit, direction] = [parameters.lines(), parameters.direction()];
  const interval = parameters.interval();
  const request = { expr, range, direction, limit, interval, scope, streams };
  const { entries, warning } = await readLines(request, asking);
  const categorized = call.flags.includes(CATEGORIZE);
  const data = {
    resultType: "streams",
    ...(categorized && { encodingFlags: [CATEGORIZE] }),
    result: streamsOf(entries, categorized),
    stats: statsOf(asking.task, entries.length),
  };
  return { status: "success", ...(warning !== undefined && { warnings: [warning] }), data };
}

/** What a reader may ask for in `X-Loki-Response-Encoding-Flags`. */
const CATEGORIZE = "categorize-labels";

/** `query`: samples at one moment. */
export async function answerQuery(call: Call): Promise<object> {
  const { parameters, scope, streams, asking } = call;
  const expr = parseQuery(parameters.query());
  if (expr.kind === "log") {
    throw new ServiceError(
      "NL_LOGQL_INVALID",
      "log queries are not supported as an instant query type, please change your query to a range query type",
    );
  }
  const at = parameters.time();
  const steps = { start: at, step: 1_000_000_000n, count: 1 };
  const value = await evaluate(expr, { scope, steps, streams, asking });
  const returned = "series" in value ? value.series.length : 1;
  return success({ ...samplesOf(value, steps, "instant"), stats: statsOf(asking.task, returned) });
}

/** `format_query`: the query in one form. */
export async function answerFormat({ parameters }: Call): Promise<object> {
  return success(printExpr(parseQuery(parameters.query())));
}

export function success(data: unknown): object {
  return { status: "success", data };
}
