import { z } from "zod";

import type { LogEntry } from "../../log-api.ts";
import { ADDS, defineTool } from "../tool.ts";
import { component, data, instantText, isoTime, levelInput, namespace, traceId } from "./fields.ts";

const createdAt = isoTime.nullish().describe("ISO 8601; now when left out");
const entry = {
  component,
  level: levelInput,
  message: z.string(),
  trace_id: traceId,
  data,
};

const input = z.strictObject({
  ...entry,
  created_at: createdAt,
  span_id: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
  namespace,
});

const output = z.strictObject({
  id: z.string().describe("The record's, for ever; empty if it was not stored"),
});

/** One record of a component. The service never calls it: what it does itself goes to its own log. */
export const loggerLogTool = defineTool({
  name: "logger_log",
  title: "Log one message",
  description:
    "Stores one log message of a component. Answered when it is kept. For programs: to search, use the other tools.",
  input,
  output,
  annotations: ADDS,
  answer: async (api, { namespace: place, ...record }, call) => {
    const { ids, rejected } = await api.log([entryOf(record)], place, call);
    const [id] = ids;
    if (typeof id === "string") return { text: `Stored as ${id}.`, output: { id } };
    const reasons = rejected.map(({ code, message }) => `${code}: ${message}`);
    const text = ["The message was not stored.", ...reasons].join("\n");
    return { text, output: { id: "" }, isError: true };
  },
});

/** What a batch for the archive is made of. */
export const archivedEntry = z.strictObject({
  ...entry,
  created_at: createdAt,
});

/** A record by the words that every other door knows. */
export function entryOf({ created_at, ...rest }: z.infer<typeof archivedEntry>): LogEntry {
  return typeof created_at === "string" ? { ...rest, timestamp: instantText(created_at) } : rest;
}
