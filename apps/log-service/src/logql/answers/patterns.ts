import { LOKI_LIMITS } from "../../limits.ts";
import { answerPatterns } from "../../query/engine/sums/patterns.ts";
import { readInstant } from "../../record/time.ts";
import { selectionOf } from "../select.ts";
import { parseLogQuery } from "../syntax/parse.ts";
import { momentOf } from "../time.ts";
import type { Call } from "./call.ts";
import { success } from "./query.ts";

/** `patterns`: how often each came, as one sample at the last time it did. */
export async function answerLokiPatterns({ parameters, scope, asking }: Call): Promise<object> {
  const { start, end } = parameters.range();
  const { filter } = selectionOf(parseLogQuery(parameters.query()));
  const { patterns } = await answerPatterns(
    {
      kind: "patterns",
      scope,
      filter,
      from: momentOf(start),
      to: momentOf(end),
      limit: LOKI_LIMITS.shownPatterns,
    },
    asking,
  );
  return success(
    patterns.map(({ pattern, count, last }) => {
      const instant = readInstant(last);
      const seconds = typeof instant === "string" ? 0 : Math.floor(instant.ms / 1000);
      return { pattern: pattern.replaceAll("<*>", "<_>"), samples: [[seconds, count]] };
    }),
  );
}
