import { z } from "zod";

import { TROUBLES } from "../archive/moving.ts";
import { errorCode } from "./schemas.ts";

/** What `GET /api/stats` answers, for openapi.json. */

const count = z.int().min(0);
const known = count.nullable().describe("null while the store cannot be asked");

const namespace = z.strictObject({
  name: z.string(),
  records: count,
  bytes: count.describe("Compressed, as stored, token filters included"),
  bytes_per_record: z.number().nullable(),
  oldest: z.string().nullable().describe("Timestamp of a record, RFC 3339"),
  newest: z.string().nullable(),
  blocks: z.strictObject({
    small: count.describe("As small writes came in"),
    large: count.describe("Merged, or come in large"),
  }),
});

const dropped = z.strictObject({
  namespace: z.string(),
  reason: z.enum(["age", "bytes", "memory", "cleared"]),
  blocks: count,
  records: count,
  bytes: count,
});

const server = z.strictObject({
  version: z.string(),
  role: z.string(),
  durability: z.enum(["always", "everysec", "none", "unknown"]),
  file_ok: z.boolean().describe("Its append-only file could be written when last tried"),
  replicas: count,
  memory: z.strictObject({
    used: count,
    data: count,
    max: count.describe("0: no limit"),
    policy: z.string(),
  }),
});

const store = z.strictObject({
  ready: z.boolean(),
  code: errorCode.nullable().describe("Why it is not ready"),
  durability: z
    .enum(["always", "everysec", "none", "unknown"])
    .nullable()
    .describe("What an acknowledged record survives"),
  records: known,
  bytes: known,
  merge: z
    .strictObject({
      records: known.describe("Records in small blocks that wait to be merged"),
      blocks: known,
      merged: z
        .strictObject({ blocks: count, into: count, records: count, cleared: count })
        .nullable(),
    })
    .describe("What this process merged, and what is left"),
  tombstones: known.describe("Clearings that still have something to take out"),
  dropped: z.array(dropped).describe("What this process dropped, by namespace and reason"),
  queue: z.strictObject({ records: count, text_units: count }).describe("Waiting for a commit"),
  commits: z.strictObject({
    blocks: count,
    records: count,
    bytes: count,
    retried: count,
    failed: count,
  }),
  held: z
    .strictObject({ headers: count, token_filters: count })
    .nullable()
    .describe("Bytes that the query thread keeps for reading"),
  servers: z.array(server),
});

const archive = z.strictObject({
  state: z
    .enum(["starting", "moving", "standby", "away", "elsewhere"])
    .describe("`standby`: another process moves records now; `elsewhere`: none of this one does"),
  bytes: known.describe("What it takes on disk, indexes included; null while it is away"),
  moving: z
    .strictObject({
      records: count.describe("Archived"),
      batches: count.describe("Transactions that did"),
      quarantined: count.describe("Put aside, as the archive cannot take them"),
      skipped: z
        .strictObject({ overflow: count, retention: count, damaged: count })
        .describe(
          "Never to be archived: too many waited, retention dropped them before, or their block cannot be read",
        ),
      cleared: count.describe("Taken out of the archive by clearings"),
      expired: count.describe("Dropped with days that are over"),
      troubles: z
        .array(
          z.strictObject({
            kind: z.enum(TROUBLES),
            reason: z.string().nullable().describe("null for keys that do not reach everything"),
          }),
        )
        .describe("What goes wrong while records are archived all the same"),
      last: z.string().nullable().describe("When records were last archived, RFC 3339"),
      backlog: z
        .strictObject({
          records: count,
          bytes: count,
          oldest: z.string().nullable().describe("When the first of them was received, RFC 3339"),
        })
        .nullable()
        .describe("What waits for the archive; null while that is not known"),
    })
    .nullable()
    .describe("What this process moved since it started"),
});

export const statsReply = z
  .strictObject({
    tenant: z.string().describe("The tenant's id"),
    version: z.string(),
    time: z.string().describe("The service's clock, RFC 3339"),
    uptime_seconds: count,
    everything: z
      .boolean()
      .describe("Whether the key reaches every namespace: role admin, and limited to none"),
    namespaces: z
      .array(namespace)
      .nullable()
      .describe("Those that the key reaches, by name; null while the store cannot be asked"),
    store,
    archive: archive.nullable().describe("null for a tenant without one"),
    followers: z.strictObject({ followers: count, filters: count, events: count, dropped: count }),
    process: z.strictObject({
      event_loop_delay_ms: z
        .strictObject({ p50: z.number(), p99: z.number(), max: z.number() })
        .describe("Of the last minute or two"),
      memory: z.strictObject({ rss: count, heap_used: count, external: count }),
    }),
  })
  .meta({ id: "StatsReply" });
