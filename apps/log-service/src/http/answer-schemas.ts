import { z } from "zod";

import { LEVELS } from "../record/level.ts";
import { errorCode, namespacesReply, record, warningList } from "./schemas.ts";
import { statsReply } from "./stats-schema.ts";

/** What questions about logs are answered with, for openapi.json. */

const time = z.string().describe("RFC 3339");
const levels = z.strictObject(Object.fromEntries(LEVELS.map((level) => [level, z.int().min(0)])));

const scanned = z
  .strictObject({
    blocks: z.int().describe("Blocks whose records were read"),
    records: z.int(),
    bytes: z.int().describe("After decompression"),
    skipped: z.int().describe("Blocks that headers and token filters ruled out"),
    counted: z.int().describe("Blocks that their headers answered for"),
    damaged: z.int().describe("Blocks that could not be read"),
  })
  .describe("The work that the answer took");

const warnings = warningList.optional().describe("What the answer lacks; left out if nothing");

const summed = {
  truncated: z
    .boolean()
    .describe("A limit on work ended it early: `covered` says what was counted"),
  covered: z
    .strictObject({ from: time, to: time })
    .nullable()
    .describe("The times that were counted in full"),
  scanned,
  warnings,
};

const facet = {
  field: z.string(),
  values: z.array(z.strictObject({ value: z.string(), count: z.int() })),
  more: z.boolean().describe("There are more values than are shown"),
  approximate: z.boolean().describe("Too many values to count each: these are estimates"),
};

const search = z
  .strictObject({
    records: z.array(record),
    next_cursor: z.string().nullable(),
    truncated: z
      .boolean()
      .describe("A limit on work, or the archive, ended the page early; go on with next_cursor"),
    scanned,
    warnings,
    position: z
      .string()
      .describe("Where the store stood: give it as `after` to get what came since then"),
  })
  .meta({ id: "SearchReply" });

const count = z
  .strictObject({ count: z.int(), by: z.strictObject(facet).optional(), ...summed })
  .meta({ id: "CountReply" });

const histogram = z
  .strictObject({
    interval_ms: z.int(),
    count: z.int(),
    buckets: z
      .array(z.strictObject({ start: time, count: z.int(), levels }))
      .describe("Without gaps, from the first that has records to the last"),
    ...summed,
  })
  .meta({ id: "HistogramReply" });

const facets = z
  .strictObject({ count: z.int(), facets: z.array(z.strictObject(facet)), ...summed })
  .meta({ id: "FacetsReply" });

const values = z.strictObject({ ...facet, ...summed }).meta({ id: "ValuesReply" });

const patterns = z
  .strictObject({
    count: z.int(),
    patterns: z.array(
      z.strictObject({
        pattern: z.string().describe("What the messages have in common; <*> for what differs"),
        count: z.int(),
        levels,
        example: z.strictObject({ id: z.string(), timestamp: time, message: z.string() }),
        first: time,
        last: time,
      }),
    ),
    more: z.boolean(),
    approximate: z.boolean(),
    ...summed,
  })
  .meta({ id: "PatternsReply" });

const context = z
  .strictObject({
    before: z.array(record).describe("Oldest first"),
    record,
    after: z.array(record).describe("Oldest first"),
    truncated: z.boolean(),
    scanned,
    warnings,
  })
  .meta({ id: "ContextReply" });

const part = z.strictObject({
  name: z.string(),
  records: z.int(),
  start: time,
  offset_ms: z.number().describe("From the trace's start"),
  duration_ms: z.number(),
  levels,
});

const trace = z
  .strictObject({
    trace_id: z.string(),
    records: z.array(record).describe("In the order of time, across sources and namespaces"),
    start: time.nullable(),
    end: time.nullable(),
    duration_ms: z.number(),
    sources: z.array(part),
    spans: z.array(part),
    truncated: z.boolean().describe("There are more records, or a limit on work was reached"),
    scanned,
    warnings,
  })
  .meta({ id: "TraceReply" });

const aggregate = z
  .strictObject({
    columns: z.array(z.string()),
    rows: z.array(z.record(z.string(), z.unknown())),
    approximate: z.boolean(),
    notes: z.array(z.string()).describe("What is estimated or left out, and why"),
    ...summed,
  })
  .meta({ id: "AggregateReply" });

const place = z.strictObject({ cursor: z.string().nullable(), records: z.int() });
const failed = place.extend({ code: errorCode, message: z.string() });

/** A line of an export. */
const exported = z
  .union([
    record,
    z.strictObject({ checkpoint: place }),
    z.strictObject({ end: place }),
    z.strictObject({ error: failed }),
  ])
  .meta({ id: "ExportLine" });

export const REPLIES = {
  SearchReply: search,
  CountReply: count,
  HistogramReply: histogram,
  FacetsReply: facets,
  ValuesReply: values,
  PatternsReply: patterns,
  ContextReply: context,
  TraceReply: trace,
  AggregateReply: aggregate,
  ExportLine: exported,
  NamespacesReply: namespacesReply,
  StatsReply: statsReply,
};
