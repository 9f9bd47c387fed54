import { SEARCH_LIMITS } from "../../../limits.ts";
import { LEVELS } from "../../../record/level.ts";
import { writeInstant } from "../../../record/time.ts";
import { valueIs } from "../../filter.ts";
import type { Asking } from "../asking.ts";
import type { Part, TraceAnswer, TraceQuestion } from "../questions.ts";
import { recordJson, type Reply } from "../reply.ts";
import { levelCounts } from "../sums/levels.ts";
import { searchPage } from "./answer.ts";
import type { Found } from "./page.ts";

/** Everything of one trace in time order, whichever sources and namespaces it went through. */
export async function answerTrace(question: TraceQuestion, asking: Asking): Promise<Reply> {
  const filter = {
    kind: "all",
    of: [valueIs("trace_id", question.traceId), question.filter],
  } as const;
  const { records, next } = await searchPage(
    { ...question, filter, order: "asc" },
    SEARCH_LIMITS.pageUnits,
    asking,
  );
  const [first] = records;
  const last = records.at(-1);
  const rest: Omit<TraceAnswer, "records"> = {
    trace_id: question.traceId,
    start: first === undefined ? null : timeText(first),
    end: last === undefined ? null : timeText(last),
    duration_ms: first === undefined || last === undefined ? 0 : between(first, last),
    sources: parts(records, ({ record }) => record.source),
    spans: parts(records, ({ record }) => record.spanId),
    truncated: next !== undefined,
    scanned: asking.task.scanned,
  };
  return {
    lists: [{ name: "records", items: records.map(({ id, record }) => recordJson(id, record)) }],
    rest,
  };
}

/** What each source or span did, in the order of their first records; records without one are in none. */
function parts(records: readonly Found[], nameOf: (found: Found) => string): Part[] {
  const [start] = records;
  if (start === undefined) return [];
  const groups = Map.groupBy(records, nameOf);
  groups.delete("");
  return [...groups].map(([name, group]) => {
    const first = group[0] ?? start;
    const last = group.at(-1) ?? first;
    const levels = LEVELS.map(() => 0);
    for (const { record } of group) levels[record.level] = (levels[record.level] ?? 0) + 1;
    return {
      name,
      records: group.length,
      start: timeText(first),
      offset_ms: between(start, first),
      duration_ms: between(first, last),
      levels: levelCounts(levels),
    };
  });
}

function timeText({ record }: Found): string {
  return writeInstant(record.ms, record.nanos, record.digits);
}

/** Milliseconds, to the nanosecond. */
function between(a: Found, b: Found): number {
  return b.ms - a.ms + (b.nanos - a.nanos) / 1e6;
}
