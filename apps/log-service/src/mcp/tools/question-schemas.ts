import { z } from "zod";

import { MCP_LIMITS } from "../../limits.ts";
import { foundRecord, json } from "../answer/found-record.ts";
import { aboutInput } from "./schemas.ts";
import { warnings } from "./warnings.ts";

/** What the tools take and give that ask for more than records; strict, as all of them. */

const whole = (most: number, fallback: number) =>
  z.int().min(1).max(most).optional().describe(`${fallback} when left out`);

const notice = z.string();
const truncated = z.boolean().describe("A limit was reached: there is more than this");

export const countInput = z.strictObject({
  ...aboutInput,
  by: z
    .string()
    .optional()
    .describe("Field to count by: level (when left out), source, namespace, tags, metadata.<path>"),
  over_time: z.boolean().optional().describe("Count by time too"),
  interval: z.string().optional().describe("Of counts by time: 30s, 5m, 1h; chosen when left out"),
});

export const countOutput = z.strictObject({
  notice,
  count: z.int(),
  by: z.strictObject({
    field: z.string(),
    values: z.array(z.strictObject({ value: z.string(), count: z.int() })),
    more: z.boolean(),
  }),
  overTime: z
    .strictObject({
      interval: z.string(),
      buckets: z.array(
        z.strictObject({ start: z.string(), count: z.int(), warnings: z.int(), errors: z.int() }),
      ),
    })
    .optional(),
  truncated,
  warnings,
});

export const statsInput = z.strictObject({
  ...aboutInput,
  q: z
    .string()
    .describe(
      "Query language with pipes: level>=ERROR | stats count(), avg(metadata.ms) by source, bin(1h) | sort count desc | limit 20; or | top 10 metadata.path; | uniq source; | quantile(0.5, 0.99) of metadata.ms by source. Functions: count() sum min max avg count_uniq(field)",
    ),
});

export const statsOutput = z.strictObject({
  notice,
  columns: z.array(z.string()),
  rows: z.array(json),
  notes: z.array(z.string()).describe("What is estimated or left out, and why"),
  truncated,
  warnings,
});

export const patternsInput = z.strictObject({
  ...aboutInput,
  limit: whole(MCP_LIMITS.patterns, 20),
});

export const patternsOutput = z.strictObject({
  notice,
  count: z.int(),
  patterns: z.array(
    z.strictObject({
      pattern: z.string().describe("<*> stands for what differs"),
      count: z.int(),
      errors: z.int(),
      warnings: z.int(),
      example: z.string().describe("A record's id"),
      first: z.string(),
      last: z.string(),
    }),
  ),
  truncated,
  warnings,
});

const near = z.int().min(0).max(MCP_LIMITS.contextMost).optional().describe("5 when left out");

export const contextInput = z.strictObject({
  id: z.string().max(64).describe("A record's, of a search"),
  before: near,
  after: near,
  same: z
    .enum(["source", "namespace"])
    .optional()
    .describe("What the records around it share with it; source when left out"),
});

export const contextOutput = z.strictObject({
  notice,
  before: z.array(foundRecord).describe("Oldest first"),
  record: foundRecord,
  after: z.array(foundRecord).describe("Oldest first"),
  truncated,
  warnings,
});

export const traceInput = z.strictObject({
  trace_id: z.string().min(1),
  ...aboutInput,
  limit: whole(MCP_LIMITS.traceMost, 50),
});

const part = z.strictObject({
  name: z.string(),
  records: z.int(),
  afterMs: z.number().describe("From the trace's start"),
  tookMs: z.number(),
  errors: z.int(),
});

export const traceOutput = z.strictObject({
  notice,
  trace_id: z.string(),
  tookMs: z.number(),
  sources: z.array(part),
  spans: z.array(part),
  records: z.array(foundRecord).describe("In the order of time"),
  truncated,
  warnings,
});

export type CountInput = z.infer<typeof countInput>;
export type CountOutput = z.infer<typeof countOutput>;
export type StatsInput = z.infer<typeof statsInput>;
export type StatsOutput = z.infer<typeof statsOutput>;
export type PatternsInput = z.infer<typeof patternsInput>;
export type PatternsOutput = z.infer<typeof patternsOutput>;
export type ContextInput = z.infer<typeof contextInput>;
export type ContextOutput = z.infer<typeof contextOutput>;
export type TraceInput = z.infer<typeof traceInput>;
export type TraceOutput = z.infer<typeof traceOutput>;
