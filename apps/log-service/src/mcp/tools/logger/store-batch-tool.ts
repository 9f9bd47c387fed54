import { z } from "zod";

import { MCP_LIMITS } from "../../../limits.ts";
import { ADDS, defineTool } from "../tool.ts";
import { namespace } from "./fields.ts";
import { archivedEntry, entryOf } from "./log-tool.ts";

const input = z.strictObject({
  logs: z
    .array(archivedEntry)
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
  description: `Stores up to ${MCP_LIMITS.logRecords} log entries in the archive in one transaction: all of them or, if one is not valid, none. Searches find them at once. An error where the tenant has no archive.`,
  input,
  output,
  annotations: ADDS,
  answer: async (api, { logs, namespace: place }, call) => {
    const { ids } = await api.archive(logs.map(entryOf), place, call);
    return {
      text: `${ids.length} stored in the archive.`,
      output: { stored: ids.length, ids: [...ids] },
    };
  },
});
