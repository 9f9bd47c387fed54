import { createHash } from "node:crypto";

import { z } from "zod";

import { MCP_LIMITS } from "../../../limits.ts";
import type { LogEntry } from "../../log-api.ts";
import { ADDS, defineTool } from "../tool.ts";
import { namespace } from "./fields.ts";
import { entryOf, sharedEntry } from "./log-tool.ts";

const entry = z
  .strictObject({
    id: z
      .uuid()
      .nullish()
      .describe("The entry's own, kept and found as data.entry_id; the record gets one too"),
    ...sharedEntry.shape,
  })
  .refine(({ id, data }) => typeof id !== "string" || data?.["entry_id"] === undefined, {
    path: ["id"],
    error: "is kept as data.entry_id, which the entry has already",
  });

const input = z.strictObject({
  logs: z
    .array(entry)
    .min(1)
    .max(MCP_LIMITS.logRecords, { error: `has at most ${MCP_LIMITS.logRecords} entries` }),
  namespace,
});

const output = z.strictObject({
  stored: z.int(),
  ids: z.array(z.string()).describe("One for each entry, in order"),
});

export const storeBatchTool = defineTool({
  name: "dewey_store_logs_batch",
  title: "Store a batch in the archive",
  description: `Stores up to ${MCP_LIMITS.logRecords} log entries in the archive in one transaction: all of them or, if one is not valid, none; sent again with the same ids within an hour, they are stored once. Searches find them at once; neurallog.follow does not give them. An error where the tenant has no archive.`,
  input,
  output,
  annotations: ADDS,
  answer: async (api, { logs, namespace: place }, call) => {
    const { ids } = await api.archive(logs.map(recordOf), place, call, keyOf(logs));
    return {
      text: `${ids.length} stored in the archive: searches find them, following does not give them.`,
      output: { stored: ids.length, ids: [...ids] },
    };
  },
});

/** A batch whose entries all have ids is the same batch when it comes again, as after a lost answer. */
function keyOf(logs: readonly z.infer<typeof entry>[]): string | undefined {
  const ids = logs.flatMap(({ id }) => id ?? []);
  if (ids.length < logs.length) return undefined;
  return createHash("sha256").update(ids.join(" ")).digest("hex");
}

/** The service gives each record an id of its own, of which it makes the order of storing. */
function recordOf({ id, ...rest }: z.infer<typeof entry>): LogEntry {
  return entryOf(typeof id === "string" ? { ...rest, data: { ...rest.data, entry_id: id } } : rest);
}
