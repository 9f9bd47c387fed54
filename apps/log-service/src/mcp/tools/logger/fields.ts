import { z } from "zod";

import { RECORD_LIMITS } from "../../../limits.ts";
import { LEVELS, type Level } from "../../../record/level.ts";
import { readInstant } from "../../../record/time.ts";
import { json } from "../../answer/found-record.ts";
import { namespaceName } from "../schemas.ts";

/**
 * The words of components that log over MCP: `component` is a record's source, `data` its metadata,
 * `created_at` its timestamp.
 */

/** Their five levels; FATAL is taken too and is ERROR to who knows five. */
export const FIVE_LEVELS = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"] as const;
export type FiveLevel = (typeof FIVE_LEVELS)[number];

export function fiveLevel(level: Level): FiveLevel {
  return level === "FATAL" ? "ERROR" : level;
}

export const levelInput = z.enum(LEVELS, {
  error: `is one of ${FIVE_LEVELS.join(", ")}, or FATAL`,
});

export const component = z
  .string()
  .min(1)
  .max(RECORD_LIMITS.sourceUnits)
  .describe("Name of the program: relay, gates, …");

const TRACE_ID =
  /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?!0{32})[0-9a-f]{32})$/i;

/** Stored and looked for as it is given: the two forms of one id are not the same text. */
const traceIdText = z
  .string()
  .regex(TRACE_ID, { error: "is a UUID, or a W3C trace id of 32 hexadecimal digits" })
  .describe("UUID, or W3C trace id of 32 hexadecimal digits");

export const traceId = traceIdText.nullish();

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** ISO 8601 with its zone, or a date, which is midnight UTC. */
export const isoTime = z.string().superRefine((text, context) => {
  const problem = text.includes("-") ? readInstant(instantText(text)) : "format";
  if (typeof problem !== "string") return;
  const message = {
    format: "is no time: give ISO 8601, as 2026-01-31T12:00:00Z",
    offset: "needs a time zone: give ISO 8601, as 2026-01-31T12:00:00Z",
    range: "is out of range: give ISO 8601 from 1970 on, as 2026-01-31T12:00:00Z",
  }[problem];
  context.addIssue({ code: "custom", message });
});

export function instantText(text: string): string {
  return DATE.test(text) ? `${text}T00:00:00Z` : text;
}

export const data = json.nullish().describe("Structured context, found again by its values");

export const namespace = namespaceName
  .optional()
  .describe("Logical namespace; the key's default when left out");
