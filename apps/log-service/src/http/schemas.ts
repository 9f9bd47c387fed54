import { z } from "zod";

import { ERRORS, type ErrorCode } from "../errors.ts";
import { LEVELS } from "../record/level.ts";

/** What goes in and comes out over HTTP, for openapi.json. The service itself checks by hand-written code. */

const timestampIn = z
  .union([z.string(), z.number()])
  .describe(
    "RFC 3339 with up to nine fractional digits, or time since the epoch in s, ms, us or ns by magnitude",
  );

const metadata = z.record(z.string(), z.unknown());

export const recordInput = z
  .strictObject({
    message: z.string(),
    timestamp: timestampIn.optional(),
    level: z
      .union([z.string(), z.number()])
      .optional()
      .describe(
        "A level's name in any case, or a syslog, pino or bunyan number; INFO when left out",
      ),
    source: z.string().optional().describe("What wrote the record; alias: component"),
    component: z.string().optional().describe("Alias of source"),
    trace_id: z.string().optional(),
    span_id: z.string().optional(),
    tags: z.array(z.string()).optional(),
    metadata: metadata.optional().describe("Any JSON object; alias: data"),
    data: metadata.optional().describe("Alias of metadata"),
    namespace: z.string().optional().describe("A logical namespace of the tenant"),
  })
  .meta({ id: "RecordInput" });

export const record = z
  .strictObject({
    id: z.string().describe("The record's commit position: stable for ever"),
    timestamp: z.string().describe("The sender's time, RFC 3339 with the sender's precision"),
    received: z.string().describe("When the service took the record in"),
    level: z.enum(LEVELS),
    message: z.string(),
    source: z.string().optional(),
    trace_id: z.string().optional(),
    span_id: z.string().optional(),
    tags: z.array(z.string()).optional(),
    metadata: metadata.optional(),
    namespace: z.string(),
  })
  .meta({ id: "Record" });

const codes = Object.keys(ERRORS).filter((code): code is ErrorCode => Object.hasOwn(ERRORS, code));

/** One place for them all: each reply that has one would list every code. */
export const errorCode = z.enum(codes).meta({ id: "ErrorCode" });

export const errorReply = z
  .strictObject({
    error: z.strictObject({
      code: errorCode,
      message: z.string(),
      details: z.unknown().optional(),
    }),
  })
  .meta({ id: "Error" });

export const writeReply = z
  .strictObject({
    accepted: z.int().min(0),
    rejected: z.array(
      z.strictObject({
        index: z.int().min(0).describe("Place in the batch, from 0"),
        code: errorCode,
        message: z.string(),
      }),
    ),
    ids: z
      .array(z.string().nullable())
      .describe("One for each record, in order; null where it was rejected"),
  })
  .meta({ id: "WriteReply" });

export const archiveReply = z
  .strictObject({ ids: z.array(z.string()).describe("One for each record, in order") })
  .meta({ id: "ArchiveReply" });

export const rejectedReply = writeReply
  .extend({ error: errorReply.shape.error })
  .meta({ id: "RejectedReply" });

/** What an answer lacks, beside what it says. */
export const warningList = z.array(
  z.strictObject({
    code: z.literal("NL_ARCHIVE_UNAVAILABLE"),
    message: z.string(),
  }),
);

export const namespacesReply = z
  .strictObject({
    namespaces: z.array(
      z.strictObject({
        name: z.string(),
        records: z.int(),
        bytes: z.int().describe("Compressed, as stored"),
        oldest: z.string().nullable(),
        newest: z.string().nullable(),
        archived: z
          .strictObject({
            records: z.int().describe("An estimate, where counting would read everything"),
            oldest: z.string().nullable(),
            newest: z.string().nullable(),
          })
          .optional()
          .describe("What the archive has of it, records that the store still has among it"),
      }),
    ),
  })
  .meta({ id: "NamespacesReply" });

export const liveReply = z.strictObject({ live: z.literal(true) }).meta({ id: "LiveReply" });

export const readyReply = z
  .discriminatedUnion("ready", [
    z.strictObject({
      ready: z.literal(true),
      durability: z
        .enum(["always", "everysec", "none", "unknown"])
        .optional()
        .describe("What an acknowledged record survives"),
      degraded: z
        .array(z.strictObject({ code: errorCode, reason: z.string() }))
        .optional()
        .describe("What fails although requests are answered"),
    }),
    z.strictObject({ ready: z.literal(false), code: errorCode, reason: z.string() }),
  ])
  .meta({ id: "ReadyReply" });
