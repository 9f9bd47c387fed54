import { z } from "zod";

import type { LogEntry } from "../../log-api.ts";
import { ADDS, defineTool } from "../tool.ts";
import { component, data, instantText, isoTime, levelInput, namespace, traceId } from "./fields.ts";

/** What an entry has whichever tool stores it. */
export const sharedEntry = z.strictObject({
  component,
  level: levelInput,
  message: z.string(),
  trace_id: traceId,
  data,
  created_at: isoTime.nullish().describe("ISO 8601; now when left out"),
});

const input = z.strictObject({
  ...sharedEntry.shape,
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

/** A record by the words that every other door knows. */
export function entryOf({ created_at, ...rest }: z.infer<typeof sharedEntry>): LogEntry {
  return typeof created_at === "string" ? { ...rest, timestamp: instantText(created_at) } : rest;
}
