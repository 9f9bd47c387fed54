import { NeuralLogError, ResponseError } from "@neurallog/client";
import type { CallToolResult } from "@modelcontextprotocol/server";

import { ERRORS, ServiceError } from "../../errors.ts";

/** Told of failures that callers only hear of in general words. */
export type ReportFailure = (error: unknown) => void;

/** What callers hear of those. */
export const INTERNAL = `NL_INTERNAL: ${ERRORS.NL_INTERNAL.message}`;

/**
 * Runs a tool. What it throws reaches the model word for word in the SDK, so only errors whose
 * message is meant for callers pass as they are.
 * @param hints By code: what a model can do, where the message speaks of routes.
 */
export async function toolFailure(
  report: ReportFailure,
  run: () => Promise<CallToolResult>,
  hints: Readonly<Record<string, string>> = {},
): Promise<CallToolResult> {
  try {
    return await run();
  } catch (error) {
    const known = error instanceof ServiceError || error instanceof NeuralLogError;
    if (!known) report(error);
    const text = known
      ? [`${error.code}: ${error.message}`, hints[error.code] ?? [], again(error)].flat().join("\n")
      : INTERNAL;
    return { content: [{ type: "text", text }], isError: true };
  }
}

/** When to try again, where the service knows. */
function again(error: ServiceError | NeuralLogError): readonly string[] {
  const seconds =
    error instanceof ServiceError
      ? error.retryAfterSeconds
      : error instanceof ResponseError && error.retryAfterMs !== undefined
        ? error.retryAfterMs / 1000
        : undefined;
  return seconds === undefined ? [] : [`Try again in ${Math.max(1, Math.ceil(seconds))} s.`];
}
