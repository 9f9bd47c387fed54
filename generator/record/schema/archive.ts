import { z } from "zod";
import * as limits from "../../limits.ts";
import { amounts } from "./resources.ts";
import { bytes, durationText, objectName } from "./scalars.ts";

/** Where a tenant's logs are kept for longer than in Redis, which is then the buffer before it. */

export const archive = z
  .strictObject({
    enabled: z.boolean().meta({ description: "Whether there is one. On, it stays on." }).optional(),
    retention: durationText("Archived records received longer ago are dropped.").optional(),
    fullText: z
      .boolean()
      .meta({
        description:
          "Whether words of messages are indexed. Off: about twice as fast to write, slow to search by words.",
      })
      .optional(),
    buffer: z
      .strictObject({
        records: z
          .int()
          .min(limits.MIN_BUFFER_RECORDS)
          .max(limits.MAX_BUFFER_RECORDS)
          .meta({ description: "Records that wait while the archive is away." })
          .optional(),
        bytes: bytes("Bytes that wait.").optional(),
      })
      .meta({
        description: "What waits in Redis to be archived; beyond it the oldest are passed over.",
      })
      .optional(),
    storage: z
      .strictObject({
        size: bytes(
          "Size of the volume. It can grow where the class allows it, never shrink.",
        ).optional(),
        class: objectName(
          "One of the cluster's storage classes; it must retain volumes. Never changes.",
        ).optional(),
      })
      .meta({ description: "The volume of the tenant's own PostgreSQL." })
      .optional(),
    resources: z
      .strictObject({
        requests: amounts("What the scheduler sets aside.").optional(),
        limits: amounts("The most that the container gets.").optional(),
      })
      .meta({ description: "Resources of the tenant's own PostgreSQL." })
      .optional(),
  })
  .meta({ description: "The archive behind the store: PostgreSQL." });
