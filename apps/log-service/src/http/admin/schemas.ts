import { z } from "zod";

import { LEVELS } from "../../record/level.ts";

/** What goes in and comes out of the administrators' routes, for their checks and for openapi.json. */

const oneOrMore = z
  .union([z.string(), z.array(z.string()).max(64)])
  .transform((value) => (typeof value === "string" ? [value] : value));

/** `POST /api/admin/clear`: records that meet all of it. */
export const clearInput = z.strictObject({
  namespace: oneOrMore.optional().describe("Logical namespaces; needed where the tenant has them"),
  from: z.string().optional().describe("The first timestamp that counts"),
  to: z.string().optional().describe("The first timestamp that no longer counts"),
  level: oneOrMore.optional().describe("One: the least level. Several: exactly these"),
  source: oneOrMore.optional().describe("Any of them"),
  tag: oneOrMore.optional().describe("All of them"),
  trace_id: z.string().optional(),
  text: z.string().optional().describe("Part of the message, in any case"),
  q: z.string().optional().describe("A filter of the query language"),
  everything: z.boolean().optional().describe("Has to be true where no condition is given"),
  dry_run: z.boolean().optional().describe("Count the records and clear none"),
});

export const levelInput = z.strictObject({
  source: z.string().describe("`*` for every source without a level of its own"),
  namespace: z.string().default("*").describe("`*` for every logical namespace"),
  level: z.string(),
});

export const sourceLevel = z.strictObject({
  source: z.string(),
  namespace: z.string(),
  level: z.enum(LEVELS),
});

export const setLevel = sourceLevel.extend({ since: z.string(), by: z.string() });

export const levelsReply = z
  .strictObject({
    levels: z.array(sourceLevel),
    default_namespace: z.string().describe("Where the key's records go that name no namespace"),
  })
  .meta({ id: "LevelsReply" });

export const setLevelsReply = z
  .strictObject({ levels: z.array(setLevel) })
  .meta({ id: "SetLevelsReply" });

export const keyState = z
  .strictObject({
    name: z.string(),
    kind: z.enum(["key", "certificate"]),
    roles: z.array(z.string()),
    namespaces: z.array(z.string()),
    expires: z.string().optional(),
    state: z.enum(["active", "expired", "revoked", "missing"]),
  })
  .meta({ id: "KeyState" });

export const keysReply = z.strictObject({ keys: z.array(keyState) }).meta({ id: "KeysReply" });

export const clearReply = z
  .union([
    z.strictObject({
      namespaces: z.array(z.string()),
      records: z.int().describe("Records that match now; none was cleared"),
      truncated: z.boolean(),
    }),
    z.strictObject({
      tombstones: z.array(z.strictObject({ id: z.string(), namespace: z.string() })),
    }),
  ])
  .meta({ id: "ClearReply" });

export const tombstonesReply = z
  .strictObject({
    tombstones: z.array(
      z.strictObject({
        id: z.string(),
        namespace: z.string(),
        filter: z.unknown().describe("What it covers, as the service keeps it"),
        from: z.string().nullable(),
        to: z.string().nullable(),
        created: z.string(),
        by: z.string(),
      }),
    ),
  })
  .meta({ id: "TombstonesReply" });
