import type { ToolNames } from "../../config/fields.ts";
import { deweyClearTool, loggerClearTool } from "./logger/clear-tool.ts";
import { loggerLogTool } from "./logger/log-tool.ts";
import { deweyQueryTool, loggerQueryTool } from "./logger/query-tool.ts";
import { setLevelTool } from "./logger/set-level-tool.ts";
import { logStatsTool } from "./logger/stats-tool.ts";
import { storeBatchTool } from "./logger/store-batch-tool.ts";
import { logTool, neurallogTools } from "./neurallog-tools.ts";
import type { Tool } from "./tool.ts";

/** Every tool, on every transport, always in this order. */
export const TOOLS: readonly Tool[] = [
  ...neurallogTools,
  loggerLogTool,
  loggerQueryTool,
  loggerClearTool,
  setLevelTool,
  storeBatchTool,
  deweyQueryTool,
  deweyClearTool,
  logStatsTool,
];

/** What programs call for each record. */
export const WRITING_TOOLS: readonly Tool[] = [logTool, loggerLogTool];

/** Some clients refuse a dot in a name, though the specification allows it. */
export function nameOf(tool: Tool, toolNames: ToolNames): string {
  return spelled(tool.name, toolNames);
}

export function spelled(name: string, toolNames: ToolNames): string {
  return toolNames === "dotted" ? name : name.replaceAll(".", "_");
}
