import { readLines } from "../lines.ts";
import { parseLogQuery } from "../syntax/parse.ts";
import type { Call } from "./call.ts";
import { streamsOf } from "./format.ts";

/** The newest lines before a tail, oldest first, and the position from which it goes on without a gap. */
export async function answerTailStart(call: Call): Promise<object> {
  const { parameters, scope, streams, asking } = call;
  const expr = parseLogQuery(parameters.query());
  const { start, end } = parameters.range();
  // A line whose sender's clock is ahead was stored before, and is never followed.
  const range = { start, end: end + FAR };
  const request = {
    expr,
    range,
    direction: "backward",
    limit: parameters.lines(),
    scope,
    streams,
  } as const;
  const { entries, position } = await readLines(request, asking);
  const shown = streamsOf(entries.toReversed(), false);
  return { streams: shown, position, tenants: streams.withTenant };
}

const FAR = 365n * 86_400_000_000_000n;
