import { NeuralLogError } from "@neurallog/client";
import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";

import type { ToolNames } from "../config/fields.ts";
import { ServiceError } from "../errors.ts";
import { MCP_LIMITS } from "../limits.ts";
import type { Call, LogApi } from "./log-api.ts";
import { INTERNAL, type ReportFailure } from "./tools/tool-failure.ts";
import type { ToolContext } from "./tools/tool.ts";

/** What resources and prompts work with. */
export interface Served {
  readonly api: LogApi;
  readonly toolNames: ToolNames;
  readonly report: ReportFailure;
  readonly callOf: (context: ToolContext) => Call;
}

/** As `toolFailure`, where the protocol has no result that says what went wrong, only an error. */
export async function guarded<T>(report: ReportFailure, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    if (error instanceof ServiceError || error instanceof NeuralLogError) {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `${error.code}: ${error.message}`);
    }
    report(error);
    throw new ProtocolError(ProtocolErrorCode.InternalError, INTERNAL);
  }
}

/** The call of a completion: it waits less long than a tool. */
export function completing(): Call {
  return { signal: AbortSignal.timeout(MCP_LIMITS.completionMs) };
}

/** What a completion offers; a failure offers nothing, as the person goes on typing. */
export async function offered(run: () => Promise<readonly string[]>): Promise<string[]> {
  try {
    return [...(await run())];
  } catch {
    return [];
  }
}
