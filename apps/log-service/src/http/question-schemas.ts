import { z } from "zod";

import { ENGINE_LIMITS, SEARCH_LIMITS } from "../limits.ts";

/** What the questions about logs take, for openapi.json and for telling parameters that are not known. */

const time = z
  .string()
  .describe("RFC 3339, epoch (s, ms, us, ns by magnitude), or how long ago: 90s, 15m, 24h, 7d, 2w");

/** `metadata.<path>` comes on top. All of them have to match. */
const filter = {
  q: z
    .string()
    .optional()
    .describe('A query: level>=WARN source:checkout "connection reset" metadata.user_id=42'),
  from: time.optional(),
  to: time.optional(),
  level: z
    .string()
    .optional()
    .describe("The least level wanted; or the exact levels, separated by commas"),
  source: z.string().optional().describe("May be repeated: any of them"),
  tag: z.string().optional().describe("May be repeated: all of them"),
  trace_id: z.string().optional(),
  text: z.string().optional().describe("Part of the message, in any case"),
  namespace: z
    .string()
    .optional()
    .describe("May be repeated; all that the key reaches when left out"),
};

const order = z.enum(["asc", "desc"]).optional();
const field = z.string().describe("A record's field, level among them, or metadata.<path>");
const values = z.int().min(1).max(ENGINE_LIMITS.values).optional();
const near = z.int().min(0).max(ENGINE_LIMITS.context).optional().describe("10 when left out");
const { from: _from, to: _to, ...filterWithoutTimes } = filter;

export const PARAMETERS = {
  search: z.strictObject({
    ...filter,
    order: order.describe("By timestamp; desc when left out"),
    limit: z.int().min(1).max(SEARCH_LIMITS.records).optional().describe("100 when left out"),
    cursor: z
      .string()
      .optional()
      .describe("next_cursor of the page before, with the same parameters"),
    after: z
      .string()
      .optional()
      .describe("position of an earlier answer: only what was stored since then"),
  }),
  stream: z.strictObject({
    ...filterWithoutTimes,
    after: z
      .string()
      .optional()
      .describe("An event's id, or position of a search: what was stored since comes first"),
  }),
  count: z.strictObject({ ...filter, by: field.optional() }),
  histogram: z.strictObject({
    ...filter,
    interval: z
      .string()
      .optional()
      .describe("30s, 5m, 1h, or milliseconds; chosen when left out, widened where it has to be"),
    buckets: z
      .int()
      .min(1)
      .max(ENGINE_LIMITS.buckets)
      .optional()
      .describe("How many to aim at when the interval is chosen; 60 when left out"),
  }),
  facets: z.strictObject({
    ...filter,
    field: field.optional().describe("May be repeated; level, source and namespace when left out"),
    limit: values.describe("Values of each field; 10 when left out"),
  }),
  values: z.strictObject({
    ...filter,
    field,
    prefix: z.string().optional().describe("Only values that start so"),
    limit: values.describe("100 when left out"),
  }),
  patterns: z.strictObject({
    ...filter,
    limit: z.int().min(1).max(ENGINE_LIMITS.patterns).optional().describe("20 when left out"),
  }),
  context: z.strictObject({
    ...filterWithoutTimes,
    id: z.string().describe("The record's"),
    before: near,
    after: near,
    same: z
      .enum(["source", "namespace"])
      .optional()
      .describe("What the records around it have in common with it; source when left out"),
  }),
  trace: z.strictObject({
    ...filter,
    trace_id: z.string(),
    limit: z
      .int()
      .min(1)
      .max(SEARCH_LIMITS.records)
      .optional()
      .describe(`${SEARCH_LIMITS.records} when left out`),
  }),
  aggregate: z.strictObject({
    ...filter,
    q: z.string().describe("A query with pipes: level:error | stats count() by source"),
  }),
  export: z.strictObject({
    ...filter,
    order: order.describe("By timestamp; asc when left out"),
    limit: z.int().min(1).optional().describe("All when left out"),
    cursor: z.string().optional().describe("Of a line of an export with the same parameters"),
  }),
};
