import { ServiceError } from "../errors.ts";
import { namesOf, type Asking } from "../query/engine/asking.ts";
import type { ForeignQuestion } from "../query/engine/questions.ts";
import type { Reply } from "../query/engine/reply.ts";
import type { Call } from "./answers/call.ts";
import { answerDetectedFields, answerDetectedValues } from "./answers/detected.ts";
import {
  answerDetectedLabels,
  answerLabels,
  answerLabelValues,
  answerSeries,
} from "./answers/labels.ts";
import { answerLimits } from "./answers/limits.ts";
import { answerLokiPatterns } from "./answers/patterns.ts";
import { answerFormat, answerQuery, answerQueryRange } from "./answers/query.ts";
import { answerTailStart } from "./answers/tail.ts";
import { answerStats, answerVolume, answerVolumeRange } from "./answers/volume.ts";
import { Parameters } from "./parameters.ts";
import { Streams } from "./streams.ts";

/** Loki's calls by the end of their path below `/loki/api/v1/`. */
const ANSWERS: Readonly<Record<string, (call: Call) => Promise<object>>> = {
  query_range: answerQueryRange,
  query: answerQuery,
  labels: answerLabels,
  label: answerLabelValues,
  series: answerSeries,
  format_query: answerFormat,
  tail: answerTailStart,
  "index/stats": answerStats,
  "index/volume": answerVolume,
  "index/volume_range": answerVolumeRange,
  detected_fields: answerDetectedFields,
  detected_field: answerDetectedValues,
  detected_labels: answerDetectedLabels,
  patterns: answerLokiPatterns,
  "drilldown-limits": answerLimits,
};

/** Warnings are texts beside the answer, and more than one. */
function warned(answer: object, { warnings }: Asking): object {
  if (warnings.length === 0) return answer;
  const own = "warnings" in answer && Array.isArray(answer.warnings) ? answer.warnings : [];
  return { ...answer, warnings: [...own, ...warnings.map(({ message }) => message)] };
}

/** Answers one of Loki's calls on the thread that reads the store, as Loki's own JSON. */
export async function answerLoki(question: ForeignQuestion, asking: Asking): Promise<Reply> {
  const { call, argument, flags, nowMs } = question;
  const answer = Object.hasOwn(ANSWERS, call) ? ANSWERS[call] : undefined;
  if (answer === undefined) throw new ServiceError("NL_NOT_FOUND");
  const names = await namesOf(asking, question.scope);
  const scope = { names, carried: question.scope.carried };
  const parameters = new Parameters(question.parameters, nowMs);
  const streams = new Streams(names.length > 1);
  const rest = await answer({ parameters, scope, streams, asking, flags, argument });
  return { rest: warned(rest, asking) };
}
