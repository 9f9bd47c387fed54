import { z } from "zod";

import { MCP_LIMITS, SEARCH_LIMITS } from "../../limits.ts";
import { LEVELS } from "../../record/level.ts";
import type { LogEntry } from "../log-api.ts";
import { foundRecord, json } from "../answer/found-record.ts";
import { warnings } from "./warnings.ts";

/**
 * What the tools take and give. All of it is strict: an argument that is silently dropped would
 * make a model believe that it had an effect.
 */

export const namespaceName = z.string().max(63);
export const oneOrMore = (item: z.ZodString) => z.union([item, z.array(item).min(1).max(64)]);

const recordFields = {
  level: z.enum(LEVELS).optional().describe("INFO when left out"),
  timestamp: z
    .union([z.string(), z.number()])
    .optional()
    .describe("When it happened: RFC 3339 or epoch; now when left out"),
  source: z.string().optional().describe("What it happened in: a service, agent or component"),
  trace_id: z.string().optional().describe("Joins records of one request or run"),
  span_id: z.string().optional(),
  tags: z.array(z.string()).optional(),
  metadata: json.optional().describe("Structured context, found again by path"),
};
const message = z.string().describe("What happened, in one line if possible");

const recordInput = z.strictObject({
  message,
  ...recordFields,
  namespace: namespaceName.optional().describe("Where this record goes, if elsewhere"),
});

/** One record, or many under `records`: most calls of an assistant write one. */
export const logInput = z
  .strictObject({
    message: message.optional(),
    ...recordFields,
    namespace: namespaceName
      .optional()
      .describe("Where the records go; the key's default when left out"),
    records: z
      .array(recordInput)
      .min(1)
      .max(MCP_LIMITS.logRecords)
      .optional()
      .describe("Several records at once, instead of message and its fields"),
  })
  .refine(({ message: one, records }) => (one === undefined) !== (records === undefined), {
    error: "give either message, for one record, or records",
  })
  .refine(
    (input) =>
      input.records === undefined ||
      Object.keys(input).every((field) => field === "records" || field === "namespace"),
    { error: "with records, the fields stand in each of them" },
  );

export type LogInput = z.infer<typeof logInput>;

/** What is to be stored, whichever way it was given. */
export function recordsOf({ records, ...record }: LogInput): readonly LogEntry[] {
  // The schema lets neither 'both' nor 'none' through, so an absent message means that there are records.
  return records ?? [{ ...record, message: record.message ?? "" }];
}

export const logOutput = z.strictObject({
  accepted: z.int(),
  rejected: z.array(z.strictObject({ index: z.int(), code: z.string(), message: z.string() })),
  ids: z.array(z.string().nullable()).describe("One for each record, null where it was rejected"),
});

const time = z.string().describe("RFC 3339, epoch, or how long ago: 90s, 15m, 24h, 7d");

/** Which records a question is about, in the language alone: a model pays for each argument of each tool. */
export const aboutInput = {
  q: z
    .string()
    .optional()
    .describe(
      'Query language: words and "phrases" of the message, prefix*, level>=WARN, source:checkout, tag:eu, trace_id:…, metadata.user.id=42, metadata.ms:[100 TO 500], metadata.path~"^/api", source in (a, b), joined by AND (or nothing), OR, NOT, ( )',
    ),
  from: time.optional(),
  to: time.optional(),
  namespace: oneOrMore(namespaceName).optional().describe("All that the key reaches when left out"),
};

/** The same and plain arguments, for the tool that is used most: all of it together. */
export const filterInput = {
  ...aboutInput,
  level: z
    .union([z.enum(LEVELS), z.array(z.enum(LEVELS)).min(1)])
    .optional()
    .describe("One: that level and all more severe ones. A list: exactly these"),
  source: oneOrMore(z.string()).optional().describe("Any of them"),
  tag: oneOrMore(z.string()).optional().describe("All of them"),
  trace_id: z.string().optional(),
  text: z.string().optional().describe("Part of the message, in any case"),
  metadata: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .describe('Dotted paths and their values: {"user.id": 42}'),
};

const filterSchema = z.strictObject(filterInput);
export type FilterInput = z.infer<typeof filterSchema>;

export const searchInput = z.strictObject({
  ...filterInput,
  order: z
    .enum(["asc", "desc"])
    .optional()
    .describe("By timestamp; desc, newest first, when left out"),
  limit: z
    .int()
    .min(1)
    .max(MCP_LIMITS.searchMost)
    .optional()
    .describe(`${MCP_LIMITS.searchDefault} when left out`),
  cursor: z
    .string()
    .max(2 * SEARCH_LIMITS.cursorUnits)
    .optional()
    .describe("nextCursor of the answer before, with the same other arguments"),
  after: z
    .string()
    .max(SEARCH_LIMITS.cursorUnits)
    .optional()
    .describe("position of an earlier answer: only what was stored since then"),
});

export const searchOutput = z.strictObject({
  notice: z.string(),
  records: z.array(foundRecord),
  truncated: z.boolean().describe("More matches; go on with nextCursor"),
  nextCursor: z.string().nullable(),
  position: z.string().describe("Give it as `after` to see only what comes later"),
  hint: z.string().optional(),
  warnings,
});

export const namespacesInput = z.strictObject({});

export const namespacesOutput = z.strictObject({
  namespaces: z.array(
    z.strictObject({
      name: z.string(),
      records: z.int(),
      bytes: z.int(),
      oldest: z.string().nullable(),
      newest: z.string().nullable(),
      archived: z
        .strictObject({
          records: z.int(),
          oldest: z.string().nullable(),
          newest: z.string().nullable(),
        })
        .optional()
        .describe("What the archive has of it, records that the store still has among it"),
    }),
  ),
});

export type SearchInput = z.infer<typeof searchInput>;
export type SearchOutput = z.infer<typeof searchOutput>;
