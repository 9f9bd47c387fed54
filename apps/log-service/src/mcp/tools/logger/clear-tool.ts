import { z } from "zod";

import { MCP_LIMITS } from "../../../limits.ts";
import { namespaceName, oneOrMore } from "../schemas.ts";
import { CLEARS, defineTool } from "../tool.ts";
import { toList } from "../filter.ts";
import { component, instantText, isoTime, levelInput } from "./fields.ts";

const input = z.strictObject({
  before_time: isoTime
    .nullish()
    .describe("Entries before it go, ISO 8601; 7 days ago when left out"),
  component: component.nullish().describe("Only this component's"),
  level: levelInput.nullish().describe("Only of exactly this level; FATAL goes with ERROR"),
  namespace: oneOrMore(namespaceName)
    .optional()
    .describe("Logical namespaces; the key's default one when left out"),
});

const output = z.strictObject({
  cleared: z
    .int()
    .nullable()
    .describe("Entries that matched; null if there were too many to count"),
  before_time: z.string(),
  namespaces: z.array(z.string()),
});

/** One tool under both of its names. */
function clearTool(name: string) {
  return defineTool({
    name,
    title: "Clear old log entries",
    description:
      "Deletes log entries for ever, archived ones too: those older than 7 days, or before a time, of a component, of a level. Needs an administrator's key, and is written to the audit.",
    input,
    output,
    annotations: CLEARS,
    answer: async (api, { before_time, component: source, level, namespace }, call) => {
      const before =
        typeof before_time === "string"
          ? instantText(before_time)
          : new Date(Date.now() - MCP_LIMITS.clearOlderMs).toISOString();
      const { namespaces, records } = await api.clear(
        {
          to: before,
          source: toList(source ?? undefined),
          q: levelQuery(level ?? undefined),
          namespace: toList(namespace),
        },
        call,
      );
      const count = records === undefined ? "Too many entries to count" : `${records} entries`;
      return {
        text: `${count} from before ${before} cleared in ${namespaces.join(", ")}.`,
        output: { cleared: records ?? null, before_time: before, namespaces: [...namespaces] },
      };
    },
  });
}

export const loggerClearTool = clearTool("logger_clear");
export const deweyClearTool = clearTool("dewey_clear_logs");

/** Exactly the level: who clears DEBUG means to keep the errors. */
function levelQuery(level: string | undefined): string | undefined {
  if (level === undefined) return undefined;
  return level === "ERROR" || level === "FATAL" ? "level:(ERROR OR FATAL)" : `level:${level}`;
}
