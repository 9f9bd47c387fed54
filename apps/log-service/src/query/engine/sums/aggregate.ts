import { createAggregation } from "../../pipes/create.ts";
import type { Asking } from "../asking.ts";
import type { AggregateQuestion } from "../questions.ts";
import type { Reply } from "../reply.ts";
import { sumUp } from "./sum.ts";

/** What pipes make of the records. */
export async function answerAggregate(question: AggregateQuestion, asking: Asking): Promise<Reply> {
  const aggregation = createAggregation(question.pipes);
  const { headerNeeds } = aggregation;
  const summed = await sumUp(question, asking, () => ({
    headerNeeds,
    addHeader: ({ header, namespace }, levels) => aggregation.addHeader(header, levels, namespace),
    addRows: (block, rows, selection) => aggregation.addBlock(block, rows, selection),
  }));
  const { columns, rows, approximate, truncated, notes } = aggregation.result();
  return {
    lists: [{ name: "rows", items: rows.map((row) => JSON.stringify(row)) }],
    rest: { columns, approximate, notes, ...summed, truncated: truncated || summed.truncated },
  };
}
