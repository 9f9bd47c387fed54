import type { CallToolResult } from "@modelcontextprotocol/server";

import type { ToolNames } from "../../config/fields.ts";
import { spelled } from "./all.ts";
import { toolFailure, type ReportFailure } from "./tool-failure.ts";
import type { ForModel } from "./tool.ts";

export interface RunDeps {
  readonly toolNames: ToolNames;
  readonly report: ReportFailure;
  readonly begin?: (() => () => void) | undefined;
}

/** A tool's work as the protocol's result, whatever becomes of it. */
export async function runTool(
  { toolNames, report, begin }: RunDeps,
  work: () => Promise<ForModel<object>>,
): Promise<CallToolResult> {
  const end = begin?.();
  try {
    return await toolFailure(report, async () => resultOf(await work()), {
      NL_QUERY_PIPES: `Queries with pipes are for ${spelled("neurallog.stats", toolNames)}.`,
    });
  } finally {
    end?.();
  }
}

function resultOf({ text, output, isError }: ForModel<object>): CallToolResult {
  return {
    content: [{ type: "text", text }],
    structuredContent: { ...output },
    ...(isError === true ? { isError } : {}),
  };
}
